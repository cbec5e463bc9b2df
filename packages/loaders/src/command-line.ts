/** The command line: text to the zero-terminated bytes that a kernel reads. */
import { LoaderError } from './loader-error.js';

/** The longest command line, without its zero, before protocol 2.06. @see boot.rst "cmdline_size" */
export const OLD_CMDLINE_SIZE = 255;

/**
 * Encodes a command line as UTF-8 with its terminating zero.
 *
 * Departure: kexec-tools counts the zero too and so refuses a line of exactly `cmdline_size` bytes;
 * boot.rst, "cmdline_size", says "without the terminating zero".
 *
 * @param limit - the most bytes before the zero
 * @throws LoaderError `COMMAND_LINE_TOO_LONG`, `COMMAND_LINE_NUL`
 */
export function encodeCommandLine(text: string, limit: number): Uint8Array {
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    throw new LoaderError('COMMAND_LINE_NUL', `the command line has a NUL at offset ${nul}`, {
      details: { rule: 'the command line ends at its first NUL', offset: nul },
      remedy: 'remove it',
    });
  }
  const bytes = new TextEncoder().encode(`${text}\0`);
  const length = bytes.length - 1;
  if (length > limit) {
    throw new LoaderError(
      'COMMAND_LINE_TOO_LONG',
      `the command line has ${length} bytes, this kernel takes ${limit}`,
      {
        details: { rule: 'cmdline_size', length, limit },
        remedy: `shorten it by ${length - limit} bytes`,
      },
    );
  }
  return bytes;
}

/** Reading images from disk; a gzipped one is unpacked, as kexec(8) does. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

/** The most that a gzipped image may unpack to, against a file made to fill memory. */
const UNPACKED_LIMIT_BYTES = 2 ** 30;

/** A kernel image's bytes. */
export function readImage(path: string): Uint8Array {
  const bytes = readFile(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(path, bytes) : bytes;
}

/** Any file's bytes. @throws CliError when it cannot be read */
export function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.IO, 'READ', `cannot read ${path}: ${reason}`);
  }
}

function gunzip(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_LIMIT_BYTES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(
      EXIT.LOAD_REFUSED,
      'GZIP',
      `${path} begins like gzip, but does not unpack: ${reason}`,
      {
        remedy: 'Check the file with gzip -t.',
      },
    );
  }
}

/** `kexec extract FILE -o OUTPUT`: the vmlinux of a bzImage, by its header, by magic, or by its own decompressor. */
import { existsSync, writeFileSync } from 'node:fs';
import { bzImagePayload, extractVmlinux, LoaderError, searchVmlinux, unpackImage } from '@kexec/loaders';
import { runDecompressor } from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { readFile } from '../image-file.js';
import { replaceFile } from '../replace-file.js';

/** Options as commander names them. */
export interface ExtractFlags {
  /** A path, or `-` for stdout. */
  readonly output: string;
  /** Left out, the header is asked first. */
  readonly by?: 'header' | 'magic';
  readonly emulate?: boolean;
  readonly memory?: number;
  readonly jit?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** What was taken out, and from where. */
interface Extracted {
  readonly method: 'header' | 'magic' | 'emulate';
  readonly bytes: Uint8Array;
  /** For people. */
  readonly how: string;
  /** For programs. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** @returns the exit code */
export function extractCommand(file: string, flags: ExtractFlags): number {
  const { output, json } = flags;
  if (output === '-' && json) {
    throw new CliError(EXIT.USAGE, 'USAGE', '--json and -o - both want stdout', { remedy: 'Name a file.' });
  }
  // Before the work, for the user's sake; and again when it is written, for the file's.
  if (output !== '-' && !flags.force && existsSync(output)) throw exists(output);
  const image = readFile(file);
  const { method, bytes, how, details } = extracted(file, image, flags);
  write(output, bytes, flags);
  if (json) {
    const result = { exitCode: EXIT.OK, method, output, bytes: bytes.length, ...details };
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...result })}\n`);
  } else process.stderr.write(`kexec: ${bytes.length} bytes, ${how}\n`);
  return EXIT.OK;
}

function extracted(file: string, image: Uint8Array, { by, emulate, memory, jit }: ExtractFlags): Extracted {
  if (emulate) {
    const { elf, start, instructions } = runDecompressor(unpackImage(image).image, {
      ...(memory === undefined ? {} : { memory }),
      ...(jit === undefined ? {} : { translator: jit }),
    });
    const how = `the memory at ${hex(start)}, to which the kernel's decompressor jumped after ${instructions} instructions`;
    return { method: 'emulate', bytes: elf, how, details: { start, instructions } };
  }
  return by === 'magic' ? byMagic(file, image) : byHeader(file, image, by === undefined);
}

/** @param mayByMagic - where the header does not help, a search may */
function byHeader(file: string, image: Uint8Array, mayByMagic: boolean): Extracted {
  try {
    const bzImage = unpackImage(image).image;
    const bytes = extractVmlinux(bzImage);
    const { offset = 0, length = 0, codec } = bzImagePayload(bzImage) ?? {};
    const how = `${codec} payload at offset ${hex(offset)}, as the setup header says`;
    return { method: 'header', bytes, how, details: { codec, offset, length } };
  } catch (error) {
    if (!mayByMagic || !(error instanceof LoaderError)) throw error;
    return byMagic(file, image);
  }
}

function byMagic(file: string, image: Uint8Array): Extracted {
  const found = searchVmlinux(image);
  if (!found) {
    throw new CliError(EXIT.UNKNOWN_IMAGE, 'NO_VMLINUX', `${file}: nothing in it unpacks to a vmlinux`, {
      remedy: 'kexec inspect FILE says what it is; --emulate runs its own decompressor.',
    });
  }
  const { codec, offset, bytes } = found;
  const how = `${codec} data found at offset ${hex(offset)}`;
  return { method: 'magic', bytes, how, details: { codec, offset } };
}

function write(output: string, bytes: Uint8Array, { force = false }: ExtractFlags): void {
  if (output === '-') process.stdout.write(bytes);
  else if (force) replaceFile(output, bytes);
  else {
    try {
      writeFileSync(output, bytes, { flag: 'wx' });
    } catch (error) {
      throw error instanceof Error && 'code' in error && error.code === 'EEXIST' ? exists(output) : error;
    }
  }
}

function exists(output: string): CliError {
  return new CliError(EXIT.IO, 'EXISTS', `${output} is there already`, {
    remedy: 'Say --force to overwrite it.',
  });
}

const hex = (value: number) => `0x${value.toString(16)}`;

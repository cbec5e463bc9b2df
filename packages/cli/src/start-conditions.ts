/** How the machine of a run was made, so that it can be made again: of what, with which options, from which files. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { refuseRecord } from '@kexec/machine';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import type { KexecFlags } from './kexec-flags.js';
import { LOAD_NAMES, MACHINE_OPTIONS } from './kexec-usage.js';
import type { LoadFlags } from './load-flags.js';

/** Options that decide what the machine is when its run begins. */
export type StartFlags = LoadFlags & Pick<KexecFlags, (typeof MACHINE_OPTIONS)[number] | 'disk'>;

/** Where a run begins. */
export interface Start {
  readonly from: 'file' | 'demo' | 'snapshot' | 'bios';
  /** A path, the demo's name, or `builtin` for a BIOS. */
  readonly name: string;
  /** A demo without the command line and the initrd that it has of its own. */
  readonly bare?: boolean;
  /** What a machine from a snapshot does first. */
  readonly first?: 'exec' | 'crash';
  readonly flags: StartFlags;
}

/** A file that a start reads. */
export interface StartFile {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A start and its files, as a record keeps them. */
export interface StartConditions {
  readonly start: Start;
  readonly files: readonly StartFile[];
}

/** Our own BIOS, which is no file. */
export const BUILT_IN_BIOS = 'builtin';

const START_OPTIONS: readonly (keyof StartFlags)[] = [...LOAD_NAMES, ...MACHINE_OPTIONS, 'disk'];

/** The options of a start among all. */
export function startFlags(flags: KexecFlags): StartFlags {
  return Object.fromEntries(
    START_OPTIONS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  );
}

/**
 * The conditions of a start, with absolute paths.
 *
 * @throws CliError when a file cannot be read, or a disk will be written to
 */
export function startConditions(start: Start): StartConditions {
  const written = start.flags.disk?.find(({ copyOnWrite }) => !copyOnWrite);
  if (written) {
    throw new CliError(
      EXIT.USAGE,
      'USAGE',
      `--record: the run writes to ${written.path}, and a replay would begin with another disk`,
      { remedy: 'Add ",cow" to the disk.' },
    );
  }
  const paths = new Set<string>();
  const absolute = withPaths(start, (path) => {
    paths.add(resolve(path));
    return resolve(path);
  });
  return { start: absolute, files: [...paths].map((path) => ({ path, ...digestOf(path) })) };
}

/**
 * The start of a record, its files found where they were or beside the record.
 *
 * @throws KexecError `RECORD_FILE` for a file that is not as it was, `RECORD_FORMAT`
 */
export function foundStart(conditions: unknown, record: string): Start {
  const { start, files } = readConditions(conditions);
  const places = new Map(files.map((file) => [file.path, placeOf(file, record)]));
  return withPaths(start, (path) => {
    const place = places.get(path);
    if (place === undefined) throw refuseRecord('RECORD_FORMAT', `the record has no checksum of ${path}`);
    return place;
  });
}

/** @returns the file's path: its own, or else beside the record */
function placeOf({ path, bytes, sha256 }: StartFile, record: string): string {
  const beside = join(dirname(resolve(record)), basename(path));
  const place = [path, beside].find((each) => existsSync(each));
  if (place === undefined) {
    throw refuseRecord(
      'RECORD_FILE',
      `${path}, which the recorded run began with, is not there`,
      `Put it there, or beside the record: ${beside}.`,
    );
  }
  const found = digestOf(place);
  if (found.sha256 === sha256) return place;
  throw refuseRecord(
    'RECORD_FILE',
    `${place} is not the file that the recorded run began with: ${found.bytes} bytes, SHA-256 ${found.sha256}; it was ${bytes} bytes, ${sha256}`,
    'Bring that file back, or record the run again with this one.',
  );
}

const CHUNK_BYTES = 1 << 20;

function digestOf(path: string): { readonly bytes: number; readonly sha256: string } {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let bytes = 0; ; ) {
      const length = readSync(file, chunk);
      if (length === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, length));
      bytes += length;
    }
  } finally {
    closeSync(file);
  }
}

/** A start with each path replaced. */
function withPaths(start: Start, place: (path: string) => string): Start {
  const { from, name, flags } = start;
  const isFile = from === 'file' || from === 'snapshot' || (from === 'bios' && name !== BUILT_IN_BIOS);
  const { initrd, ramdisk, module, disk } = flags;
  // `FILE arg1 arg2`: as in readModule().
  const modulePath = (text: string) => text.replace(/^[^ ]*/, place);
  return {
    ...start,
    name: isFile ? place(name) : name,
    flags: {
      ...flags,
      ...(initrd === undefined ? {} : { initrd: place(initrd) }),
      ...(ramdisk === undefined ? {} : { ramdisk: place(ramdisk) }),
      ...(module === undefined ? {} : { module: module.map(modulePath) }),
      ...(disk === undefined ? {} : { disk: disk.map((each) => ({ ...each, path: place(each.path) })) }),
    },
  };
}

/** The checksums of a record prove no origin: what is looked at here is looked at no more. */
function readConditions(conditions: unknown): StartConditions {
  const { start, files } = (conditions ?? {}) as Partial<StartConditions>;
  const isStart = typeof start?.name === 'string' && typeof start.flags === 'object' && start.flags !== null;
  const areFiles =
    Array.isArray(files) && files.every((file: Partial<StartFile> | null) => typeof file?.path === 'string');
  if (isStart && areFiles && ['file', 'demo', 'snapshot', 'bios'].includes(start.from))
    return { start, files };
  throw refuseRecord('RECORD_FORMAT', 'the record does not say how its machine was made');
}

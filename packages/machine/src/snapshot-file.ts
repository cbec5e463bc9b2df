/** The snapshot file: versioned, checksummed; state as JSON, RAM as runs of pages that are not all zero. */
import { crc32 } from '@kexec/loaders';
import { KexecError, PAGE_SIZE } from '@kexec/phys-mem';

/*
 * All words little-endian:
 *
 *   +0   8 bytes  magic "KEXECSNP"
 *   +8   u32      version
 *   +c   u32      CRC-32 of everything from +10 on
 *   +10  u32      bytes of JSON
 *   +14  u32      number of page runs
 *   +18  JSON, UTF-8
 *   ...  runs: u32 first page frame number, u32 pages, then their bytes
 */
const MAGIC = 'KEXECSNP';
const HEADER_BYTES = 0x18;
const CHECKED_FROM = 0x10;
const RUN_HEADER_BYTES = 8;

/** Version written, and the only one read. */
export const SNAPSHOT_VERSION = 2;

/** A run of pages with something in them. */
export interface PageRun {
  readonly pfn: number;
  readonly bytes: Uint8Array;
}

/** What a snapshot holds. */
export interface Snapshot {
  /** Everything but RAM: any JSON value. */
  readonly state: unknown;
  readonly runs: readonly PageRun[];
}

/** Pages of `ram` that are not all zero, as runs that share its bytes. */
export function pageRuns(ram: Uint8Array): PageRun[] {
  const words = new Uint32Array(ram.buffer, ram.byteOffset, ram.byteLength >>> 2);
  const pages = ram.length / PAGE_SIZE;
  const runs: PageRun[] = [];
  for (let pfn = 0; pfn < pages; pfn++) {
    const first = pfn;
    while (pfn < pages && !isZeroPage(words, pfn)) pfn++;
    if (pfn > first) runs.push({ pfn: first, bytes: ram.subarray(first * PAGE_SIZE, pfn * PAGE_SIZE) });
  }
  return runs;
}

function isZeroPage(words: Uint32Array, pfn: number): boolean {
  const end = (pfn + 1) * (PAGE_SIZE / 4);
  for (let i = end - PAGE_SIZE / 4; i < end; i++) if (words[i] !== 0) return false;
  return true;
}

/** Lays a snapshot out as a file. */
export function encodeSnapshot({ state, runs }: Snapshot): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(state));
  const size = runs.reduce(
    (sum, { bytes }) => sum + RUN_HEADER_BYTES + bytes.length,
    HEADER_BYTES + json.length,
  );
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(MAGIC));
  view.setUint32(0x08, SNAPSHOT_VERSION, true);
  view.setUint32(0x10, json.length, true);
  view.setUint32(0x14, runs.length, true);
  file.set(json, HEADER_BYTES);
  let at = HEADER_BYTES + json.length;
  for (const { pfn, bytes } of runs) {
    view.setUint32(at, pfn, true);
    view.setUint32(at + 4, bytes.length / PAGE_SIZE, true);
    file.set(bytes, at + RUN_HEADER_BYTES);
    at += RUN_HEADER_BYTES + bytes.length;
  }
  view.setUint32(0x0c, crc32(file.subarray(CHECKED_FROM)), true);
  return file;
}

/**
 * Reads a snapshot file.
 *
 * @throws KexecError SNAPSHOT_MAGIC, SNAPSHOT_VERSION, SNAPSHOT_CHECKSUM or SNAPSHOT_TRUNCATED
 */
export function decodeSnapshot(file: Uint8Array): Snapshot {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || new TextDecoder('latin1').decode(file.subarray(0, 8)) !== MAGIC) {
    throw refuseSnapshot('SNAPSHOT_MAGIC', `not a snapshot: it does not begin with "${MAGIC}"`);
  }
  const version = view.getUint32(0x08, true);
  if (version !== SNAPSHOT_VERSION) {
    throw refuseSnapshot(
      'SNAPSHOT_VERSION',
      `snapshot version ${version}; this program reads version ${SNAPSHOT_VERSION}`,
    );
  }
  const expected = view.getUint32(0x0c, true);
  const found = crc32(file.subarray(CHECKED_FROM));
  if (expected !== found) {
    throw refuseSnapshot(
      'SNAPSHOT_CHECKSUM',
      `the checksum says ${hex(expected)}, the content has ${hex(found)}: the file is damaged or cut short`,
    );
  }
  return decodeChecked(file, view);
}

/** The checksum holds, but it proves no origin: every length is checked against the file. */
function decodeChecked(file: Uint8Array, view: DataView): Snapshot {
  let at = HEADER_BYTES + view.getUint32(0x10, true);
  if (at > file.length) throw truncated(at, file.length);
  const state = parseState(file.subarray(HEADER_BYTES, at));
  const runs: PageRun[] = [];
  for (let left = view.getUint32(0x14, true); left > 0; left--) {
    if (at + RUN_HEADER_BYTES > file.length) throw truncated(at + RUN_HEADER_BYTES, file.length);
    const end = at + RUN_HEADER_BYTES + view.getUint32(at + 4, true) * PAGE_SIZE;
    if (end > file.length) throw truncated(end, file.length);
    runs.push({ pfn: view.getUint32(at, true), bytes: file.subarray(at + RUN_HEADER_BYTES, end) });
    at = end;
  }
  if (at !== file.length) {
    throw refuseSnapshot('SNAPSHOT_STATE', `${file.length - at} bytes follow the last page`);
  }
  return { state, runs };
}

function parseState(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuseSnapshot('SNAPSHOT_STATE', `the snapshot's state is no JSON: ${reason}`);
  }
}

function truncated(wanted: number, have: number): KexecError {
  return refuseSnapshot('SNAPSHOT_TRUNCATED', `the snapshot needs ${wanted} bytes, the file has ${have}`);
}

/** The error for a snapshot that cannot be used. */
export function refuseSnapshot(code: string, message: string): KexecError {
  return new KexecError(code, message, { remedy: 'Remove the saved machine and load the image again.' });
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;

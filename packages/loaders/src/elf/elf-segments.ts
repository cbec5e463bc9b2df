/** ELF segments: PT_LOAD program headers to whole pages that no two of them share. */
import { PAGE_SIZE, type PhysAddr, pageDown, pageUp } from '@kexec/phys-mem';
import { hexAddress, rangeText } from '../address-text.js';
import { LoaderError } from '../loader-error.js';
import type { Segment } from '../placement.js';
import { KEXEC_SEGMENT_MAX } from '../segment-rules.js';
import { isLoaded, type ProgramHeader } from './program-header.js';
import type { ElfFile } from './read-elf.js';

/** Bytes of a file and where they go: a PT_LOAD, or what another format has like it. */
export interface FileLoad {
  readonly name: string;
  readonly row: Pick<ProgramHeader, 'p_offset' | 'p_paddr' | 'p_filesz' | 'p_memsz'>;
}

/**
 * The segments of an ELF file, ascending by address.
 *
 * @param base - is added to every p_paddr
 * @throws LoaderError as {@link pageSegments}
 */
export function elfSegments(file: ElfFile, base = 0): Segment[] {
  const loads = file.programHeaders.flatMap((row, index): FileLoad[] =>
    isLoaded(row) ? [{ name: `PT_LOAD ${index}`, row: { ...row, p_paddr: row.p_paddr + base } }] : [],
  );
  return pageSegments(file.image, loads);
}

/**
 * Whole pages from parts of a file, ascending by address.
 *
 * A PT_LOAD may begin and end anywhere in a page, and two may share one. kexec_load takes whole pages only:
 * the start of the first page is zero-filled, and a shared page goes to the later segment.
 *
 * Departure: kexec-tools refuses a p_paddr that is not page-aligned.
 *
 * @throws LoaderError `OVERLAP` when two have a byte in common, `TOO_MANY_SEGMENTS`, `FILE_LOADED_TWICE`
 */
export function pageSegments(image: Uint8Array, unsorted: readonly FileLoad[]): Segment[] {
  const loads = [...unsorted].sort((a, b) => a.row.p_paddr - b.row.p_paddr);
  requireDisjoint(loads);
  requireFew(loads);
  requireOnce(loads, image.length);
  const segments: Segment[] = [];
  for (const load of loads) appendLoad(segments, load, image);
  return segments.map((segment) => ({ ...segment, memsz: pageUp(segment.memsz) }));
}

function requireDisjoint(loads: readonly FileLoad[]): void {
  const at = loads.findIndex(({ row }, index) => {
    const next = loads[index + 1];
    return next !== undefined && row.p_paddr + row.p_memsz > next.row.p_paddr;
  });
  const [load, next] = loads.slice(at, at + 2);
  if (at < 0 || !load || !next) return;
  const range = { start: load.row.p_paddr, end: load.row.p_paddr + load.row.p_memsz };
  throw new LoaderError(
    'OVERLAP',
    `${load.name} ${rangeText(range)} overlaps ${next.name} at ${hexAddress(next.row.p_paddr)}`,
    {
      details: {
        rule: 'segments do not overlap',
        segment: load.name,
        range,
        other: next.name,
        limit: next.row.p_paddr,
      },
      remedy: 'link the kernel so that its PT_LOAD ranges are disjoint',
    },
  );
}

// Counted, and weighed, before any byte is copied, so that a hostile table costs no memory.
function requireFew(loads: readonly FileLoad[]): void {
  const count = loads.filter(({ row }, index) => {
    const next = loads[index + 1];
    return !next || pageDown(next.row.p_paddr) > pageDown(row.p_paddr);
  }).length;
  if (count <= KEXEC_SEGMENT_MAX) return;
  throw new LoaderError(
    'TOO_MANY_SEGMENTS',
    `the file has ${count} segments, kexec_load takes ${KEXEC_SEGMENT_MAX}`,
    {
      details: { rule: 'nr_segments <= KEXEC_SEGMENT_MAX', found: count, limit: KEXEC_SEGMENT_MAX },
      remedy: `link the kernel with at most ${KEXEC_SEGMENT_MAX} PT_LOAD program headers`,
    },
  );
}

// Segments may share the pages of the file at their edges; no linker makes them share more.
function requireOnce(loads: readonly FileLoad[], fileBytes: number): void {
  const total = loads.reduce((sum, { row }) => sum + row.p_filesz, 0);
  if (total <= 2 * fileBytes) return;
  throw new LoaderError(
    'FILE_LOADED_TWICE',
    `the PT_LOADs take ${total} bytes out of a file of ${fileBytes}`,
    {
      details: { rule: 'the sum of p_filesz', found: total, limit: 2 * fileBytes },
      remedy: 'the header is damaged; fetch or build the file again',
    },
  );
}

// Until the last line of pageSegments, memsz is exact, not rounded: it tells whether the next one shares the page.
function appendLoad(segments: Segment[], load: FileLoad, image: Uint8Array): void {
  const { p_offset, p_paddr, p_filesz, p_memsz } = load.row;
  const page = pageDown(p_paddr);
  const data = image.subarray(p_offset, p_offset + p_filesz);
  const shared = cutAt(segments, page);
  segments.push({
    name: shared ? `${shared.name}+${load.name}` : load.name,
    bytes: join(shared?.bytes ?? new Uint8Array(0), data, p_paddr - page),
    mem: page,
    memsz: p_paddr - page + p_memsz,
  });
}

/** Takes what the last segment has at `page` and above away from it; undefined when that is nothing. */
function cutAt(segments: Segment[], page: PhysAddr): { name: string; bytes: Uint8Array } | undefined {
  const last = segments.at(-1);
  if (!last || last.mem + last.memsz <= page) return undefined;
  const kept = page - last.mem;
  segments.pop();
  if (kept > 0) segments.push({ ...last, bytes: last.bytes.subarray(0, kept), memsz: kept });
  return { name: last.name, bytes: last.bytes.subarray(kept, kept + PAGE_SIZE) };
}

/** `head`, zeros up to `offset`, then `data`; a view of `data` when there is nothing before it. */
function join(head: Uint8Array, data: Uint8Array, offset: number): Uint8Array {
  if (offset === 0 || (data.length === 0 && head.length === 0)) return data;
  if (data.length === 0) return head;
  const bytes = new Uint8Array(offset + data.length);
  bytes.set(head);
  bytes.set(data, offset);
  return bytes;
}

/** What a hostile guest has in memory: random programs, descriptor tables and page tables, some of them spoiled. */
import type { PhysMem } from '@kexec/phys-mem';
import { CODE, GDT, type Guest, HANDLERS, IDT, INNER_STACK_TOP, KERNEL_CS, STACK_TOP, TSS } from './guest.js';
import { LoopPrograms } from './loop-program.js';
import { pick, type Random } from './random.js';

/*
 * Beside what testing/guest.ts lays out:
 *
 *   0A00 LDT   3100 TSS of 32 bits   3200 TSS of 16 bits   5000 programs below 64 KB   10000 programs
 *   100000 page directory   101000 page table   102000 the four PDPTEs   103000 PAE directory   104000 two PAE tables
 */
export const RAM_BYTES = 0x12_0000;
export const PAGE_DIRECTORY = 0x10_0000;
const PAGE_TABLE = 0x10_1000;
export const PAE_POINTERS = 0x10_2000;
const PAE_DIRECTORY = 0x10_3000;
const PAE_TABLES = 0x10_4000;
const PAE_TABLES_END = 0x10_6000;
const LDT = 0xa00;
const OTHER_TSS = { 32: 0x3100, 16: 0x3200 } as const;
const TABLES = { first: 0xa00, bytes: 0x3600 };
export const LOW_CODE = 0x5000;
export const PROGRAM_BYTES = 0x1000;
const LAST_PROGRAM_END = CODE + PROGRAM_BYTES;
/** Where in the upper program loops stand. */
export const LOOPS = [0x000, 0x400, 0x800, 0xf40] as const;
const LOOP_BYTES = 0x100;
const LAST_PFN = RAM_BYTES >>> 12;
const FLAT = 0xf_ffff;

/** Selector of a flat segment: code or data, of 16 or 32 bits, for a privilege level; its RPL is that level. */
export function flatSelector(kind: 'code' | 'data', size: 16 | 32, level: number): number {
  const index = (kind === 'code' ? 0 : 1) | (size === 32 ? 2 : 0) | (level << 2);
  return (0x100 + index * 8) | level;
}

/** Attributes of that segment, as in a descriptor cache. */
export function flatAttributes(kind: 'code' | 'data', size: 16 | 32, level: number): number {
  return (kind === 'code' ? 0x9b : 0x93) | 0x8000 | (size === 32 ? 0x4000 : 0) | (level << 5);
}

/** Everything but registers, anew. */
export function layOutMemory(guest: Guest, zeroes: Uint8Array, next: Random): void {
  const { mem } = guest;
  mem.writeBytes(0, zeroes);
  guest.writeTables();
  writeDescriptors(guest, next);
  writeHandlers(guest, next);
  writePageTables(mem, next);
  for (const at of [LOW_CODE, CODE]) mem.writeBytes(at, program(next));
  writeLoops(mem, next);
  for (let flaws = next() % 8; flaws > 0; flaws--) {
    mem.write8(TABLES.first + (next() % TABLES.bytes), next() & 0xff);
  }
}

/** Random bytes; those that lead to the other opcode maps, and prefixes, more often than by chance. */
function program(next: Random): Uint8Array {
  const leading = [0x0f, 0x66, 0xf2, 0xf3, 0xd8, 0xd9, 0xdb, 0xdd, 0xdf];
  return Uint8Array.from({ length: PROGRAM_BYTES }, () =>
    next() % 8 === 0 ? pick(next, leading) : next() >>> 24,
  );
}

/** Loops, so that there is something to translate; their pointers are to RAM, or into the programs. */
function writeLoops(mem: PhysMem, next: Random): void {
  const pointer = () => (next() % 8 === 0 ? CODE + (next() & 0xfff) : LAST_PROGRAM_END + (next() & 0x3fff));
  for (const offset of LOOPS) {
    const pointers = { esp: STACK_TOP, ebp: pointer(), esi: pointer(), edi: pointer() };
    const loop = new LoopPrograms(next, next()).make(pointers);
    mem.writeBytes(CODE + offset, Uint8Array.from(loop.slice(0, LOOP_BYTES)));
    // The count of its rounds is where EBP points.
    mem.write32(pointers.ebp, next() & 0xff);
  }
}

function writeDescriptors(guest: Guest, next: Random): void {
  const { mem } = guest;
  for (const level of [0, 1, 2, 3]) {
    for (const kind of ['code', 'data'] as const) {
      for (const size of [16, 32] as const) {
        guest.describe(flatSelector(kind, size, level), 0, FLAT, flatAttributes(kind, size, level));
      }
    }
    // The stacks that a change of privilege switches to.
    if (level === 3) continue;
    mem.write32(TSS + 4 + 8 * level, INNER_STACK_TOP - 0x100 * level);
    mem.write32(TSS + 8 + 8 * level, flatSelector('data', 32, level));
  }
  guest.describe(0x200, LDT, 0x7f, 0x0082);
  guest.describe(0x208, OTHER_TSS[32], 0x67, 0x00e9);
  guest.describe(0x210, OTHER_TSS[16], 0x2b, 0x00e1);
  guest.gate(GDT, 0x218, KERNEL_CS, HANDLERS + (next() & 0x7f8), 0xec, next() & 3);
  guest.gate(GDT, 0x220, KERNEL_CS, HANDLERS + (next() & 0x7f8), 0xe4, next() & 3);
  guest.gate(GDT, 0x228, 0x208, 0, 0xe5);
  for (let at = 0; at < 0x80; at += 8) mem.writeBytes(LDT + at, mem.readBytes(GDT + 0x100 + at, 8));
  for (const base of [OTHER_TSS[32], OTHER_TSS[16]]) {
    mem.writeBytes(base, mem.readBytes(TSS, 0x68));
    for (let at = 0x20; at < 0x60; at += 4) if (next() & 1) mem.write32(base + at, next() % RAM_BYTES);
  }
}

/** HLT, or a way back to the program, or anything; gates of every kind. */
function writeHandlers(guest: Guest, next: Random): void {
  const { mem } = guest;
  for (let vector = 0; vector < 256; vector++) {
    const handler = HANDLERS + vector * 8;
    // ADD dword [ESP], imm8; IRET: on past what faulted.
    const skip = [0x83, 0x04, 0x24, next() & 0xff, 0xcf];
    const choice = next() % 8;
    if (choice < 3) mem.writeBytes(handler, Uint8Array.from(skip));
    else if (choice === 3) mem.write32(handler, next());
    mem.write32(vector * 4, choice === 4 ? next() : handler);
    if (choice === 5) {
      const attributes = pick(next, [0xee, 0xef, 0x8f, 0xe6, 0xe7, 0x86, 0xe5]);
      const target = (attributes & 7) === 5 ? 0x208 : KERNEL_CS;
      guest.gate(IDT, vector * 8, target, handler, attributes);
    }
  }
}

/**
 * Identity for the first megabytes, most pages usable, some not; with and without PAE. The tables themselves are not
 * mapped: a change without an invalidation may be seen or not (SDM Vol. 3A, 4.10.4.3), and the reference interpreter,
 * which caches nothing, always sees it.
 */
function writePageTables(mem: PhysMem, next: Random): void {
  mem.write32(PAGE_DIRECTORY, PAGE_TABLE | 7);
  for (let flaws = next() % 4; flaws > 0; flaws--) mem.write32(PAGE_DIRECTORY + 4 * (next() & 0x3ff), next());
  mem.write32(PAE_POINTERS, PAE_DIRECTORY | 1);
  if (next() & 1) mem.write32(PAE_POINTERS + 8 * (next() & 3), PAE_DIRECTORY | 1);
  mem.write32(PAE_DIRECTORY, PAE_TABLES | 7);
  mem.write32(PAE_DIRECTORY + 8, (PAE_TABLES + 0x1000) | 7);
  for (let flaws = next() % 4; flaws > 0; flaws--) mem.write32(PAE_DIRECTORY + 8 * (next() & 0x1ff), next());
  for (let pfn = 0; pfn < LAST_PFN; pfn++) {
    const chosen = pfn < 0x10 ? 7 : pick(next, [7, 7, 7, 7, 5, 3, 0x107, 0]);
    const rights = pfn >= PAGE_DIRECTORY >>> 12 && pfn < PAE_TABLES_END >>> 12 ? 0 : chosen;
    mem.write32(PAGE_TABLE + pfn * 4, (pfn << 12) | rights);
    mem.write32(PAE_TABLES + pfn * 8, (pfn << 12) | rights);
    if (next() % 16 === 0) mem.write32(PAE_TABLES + pfn * 8 + 4, 0x8000_0000);
  }
}

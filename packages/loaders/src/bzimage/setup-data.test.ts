/** More than 128 E820 entries: the rest goes into a node of setup_data (boot.rst, "setup_data"; asm/bootparam.h). */
import { type E820Entry, e820Entry } from '@kexec/phys-mem';
import { describe, expect, test } from 'vitest';
import { planLoad } from '../plan.js';
import { bzImage } from '../testing/images.js';
import { refusal } from '../testing/refusal.js';

const MB = 0x10_0000;
const RAM = 1;
const RESERVED = 2;
/** boot_params.e820_entries, .e820_table and .hdr.setup_data. */
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const SETUP_DATA = 0x250;

/** So many entries: RAM below 64 MB, and above it pages that are now reserved, now RAM. */
function map(count: number): E820Entry[] {
  const rest = Array.from({ length: count - 2 }, (_, i) => {
    const start = 64 * MB + i * 0x1000;
    return e820Entry(start, start + 0x1000, i % 2 === 0 ? RESERVED : RAM);
  });
  return [e820Entry(0, 0x9_fc00, RAM), e820Entry(MB, 64 * MB, RAM), ...rest];
}

/** The memory map as the new kernel reads it: the table, then each node that the list leads to. */
function told(memoryRanges: readonly E820Entry[], version: number) {
  const image = bzImage({ fields: { version } });
  const { segments, linux } = planLoad({ image, memoryRanges });
  const at = (paddr: number, bytes: number) => {
    const segment = segments.find(({ mem, memsz }) => mem <= paddr && paddr + bytes <= mem + memsz);
    if (!segment) throw new Error(`nothing is loaded at ${paddr.toString(16)}`);
    const page = new Uint8Array(segment.memsz);
    page.set(segment.bytes);
    return new DataView(page.buffer, paddr - segment.mem, bytes);
  };
  const entries = (paddr: number, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const view = at(paddr + 20 * i, 20);
      return {
        addr: Number(view.getBigUint64(0, true)),
        size: Number(view.getBigUint64(8, true)),
        type: view.getUint32(16, true),
      };
    });
  const params = linux?.bootParams ?? 0;
  const inTable = at(params + E820_ENTRIES, 1).getUint8(0);
  const nodes: { type: number; count: number }[] = [];
  const all = entries(params + E820_TABLE, inTable);
  for (let node = Number(at(params + SETUP_DATA, 8).getBigUint64(0, true)); node !== 0; ) {
    const header = at(node, 16);
    const count = header.getUint32(12, true) / 20;
    nodes.push({ type: header.getUint32(8, true), count });
    all.push(...entries(node + 16, count));
    node = Number(header.getBigUint64(0, true));
  }
  return { inTable, nodes, all };
}

describe('a memory map', () => {
  test.each([3, 127, 128])('of %i entries is in boot_params, and there is no node', (count) => {
    expect(told(map(count), 0x20f)).toEqual({ inTable: count, nodes: [], all: map(count) });
  });

  test.each([129, 130, 200, 1000])('of %i entries goes on in one node of SETUP_E820_EXT', (count) => {
    expect(told(map(count), 0x20f)).toEqual({
      inTable: 128,
      nodes: [{ type: 1, count: count - 128 }],
      all: map(count),
    });
  });

  test('of 129 entries is for protocol 2.09 and later; an older kernel is refused rather than told half', () => {
    expect(told(map(129), 0x209).all.length).toBe(129);
    expect(told(map(128), 0x208).all.length).toBe(128);
    refusal('BAD_MEMORY_MAP', () => told(map(129), 0x208));
  });

  test('of many entries that touch is joined before it is counted', () => {
    const pieces = Array.from({ length: 500 }, (_, i) =>
      e820Entry(64 * MB + i * 0x1000, 64 * MB + (i + 1) * 0x1000, RAM),
    );
    expect(told([...map(2), ...pieces], 0x208).all.length).toBe(2);
  });
});

/** The MP table: its pointer, its sums, and who interrupts where. */
import { createPhysMem } from '@kexec/phys-mem';
import { expect, it } from 'vitest';
import { createPc } from '../pc.js';
import { checksum } from './table-bytes.js';

function mpTables() {
  const mem = createPhysMem({ ramBytes: 16 << 20 });
  createPc({ mem, model: '686' });
  const rom = mem.readBytes(0xf_0000, 0x1_0000);
  const text = (at: number, length: number) => String.fromCharCode(...rom.subarray(at, at + length));
  let pointer = 0;
  while (text(pointer, 4) !== '_MP_') pointer += 16;
  const paddr = mem.read32(0xf_0000 + pointer + 4);
  return { pointer: rom.slice(pointer, pointer + 16), table: mem.readBytes(paddr, mem.read16(paddr + 4)) };
}

it('the floating pointer lies at a paragraph of F0000–FFFFF, and it and the table sum up to zero', () => {
  const { pointer, table } = mpTables();
  expect([checksum(pointer), checksum(table), String.fromCharCode(...table.subarray(0, 4))]).toEqual([
    0,
    0,
    'PCMP',
  ]);
});

it('as many entries as the header counts tell of one processor, IRQ0 at input 2, and INTA# of slot 3 at input 11', () => {
  const { table } = mpTables();
  const entries: number[][] = [];
  for (let at = 44; at < table.length; ) {
    const bytes = table[at] === 0 ? 20 : 8;
    entries.push([...table.subarray(at, at + bytes)]);
    at += bytes;
  }
  expect(entries.length).toBe(new DataView(table.buffer).getUint16(34, true));
  expect(entries.filter(([type]) => type === 0).length).toBe(1);
  // Type, INT, flags (2), source bus, source, I/O APIC, input.
  expect(entries).toContainEqual([3, 0, 0, 0, 1, 0, 1, 2]);
  expect(entries).toContainEqual([3, 0, 0x0d, 0, 0, 3 << 2, 1, 11]);
  // The 8259s at LINT0.
  expect(entries).toContainEqual([4, 3, 0, 0, 1, 0, 0, 0]);
});

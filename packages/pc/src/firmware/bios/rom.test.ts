/** BIOS ROM: where things lie in it. */
import { disassemble } from '@kexec/x86-cpu';
import { describe, expect, it } from 'vitest';
import { createBios } from './rom.js';

const { rom, vectorTable, labels } = createBios();

/** The handler's offset in the BIOS segment. */
function handler(vector: number): number {
  const view = new DataView(vectorTable.buffer);
  expect(view.getUint16(4 * vector + 2, true)).toBe(0xf000);
  return view.getUint16(4 * vector, true);
}

describe('BIOS ROM', () => {
  it('jumps from the reset vector to the self-test, where every AT has it', () => {
    expect(rom).toHaveLength(0x10000);
    expect(disassemble(rom.subarray(0xfff0), { bits: 16 }).text).toMatch(/jmp.*0xf000:0xe05b/);
    expect(labels.get('post')).toBe(0xe05b);
  });

  it('says AT in its model byte, and its date before it', () => {
    expect(rom[0xfffe]).toBe(0xfc);
    expect(String.fromCharCode(...rom.subarray(0xfff5, 0xfffd))).toBe('11/17/02');
  });

  it('has a handler for each of the 256 vectors, in its upper half', () => {
    for (let vector = 0; vector < 0x100; vector++) {
      expect(handler(vector)).toBeGreaterThanOrEqual(0xe000);
      expect(handler(vector)).toBeLessThan(0xfff0);
    }
  });

  it('has one handler for all calls that are not supported', () => {
    expect(handler(0x20)).toBe(handler(0x80));
    for (const vector of [0x08, 0x10, 0x13, 0x15, 0x1a, 0x70])
      expect(handler(vector)).not.toBe(handler(0x80));
  });
});

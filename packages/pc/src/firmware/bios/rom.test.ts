/** BIOS ROM: where things lie in it. */
import { disassemble } from '@kexec/x86-cpu';
import { describe, expect, it } from 'vitest';
import { createBios } from './bios.js';

const { rom, vectorTable } = createBios();

/** The handler's offset in the BIOS segment. */
function handler(vector: number): number {
  const view = new DataView(vectorTable.buffer);
  expect(view.getUint16(4 * vector + 2, true)).toBe(0xf000);
  return view.getUint16(4 * vector, true);
}

describe('BIOS ROM', () => {
  it('halts at the reset vector', () => {
    expect(rom).toHaveLength(0x10000);
    expect(disassemble(rom.subarray(0xfff0), { bits: 16 }).text).toBe('hlt');
  });

  it('says AT in its model byte', () => {
    expect(rom[0xfffe]).toBe(0xfc);
  });

  it('has a handler for each of the 256 vectors, in its upper half', () => {
    for (let vector = 0; vector < 0x100; vector++) {
      expect(handler(vector)).toBeGreaterThanOrEqual(0xe000);
      expect(handler(vector)).toBeLessThan(0xfff0);
      expect(rom[handler(vector)]).not.toBe(0xff);
    }
  });

  it('has one handler for all calls that are not supported', () => {
    expect(handler(0x12)).toBe(handler(0x15));
    expect(handler(0x15)).toBe(handler(0x80));
    expect(handler(0x08)).not.toBe(handler(0x15));
  });
});

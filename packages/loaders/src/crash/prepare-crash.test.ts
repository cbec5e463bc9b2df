/** What a crash kernel is given: elfcorehdr, room for low memory, its own memory map. */
import { E820_TYPE, pcE820Map } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { Placement } from '../placement.js';
import type { CrashContext } from './crash-context.js';
import { prepareCrash } from './prepare-crash.js';

const MB = 2 ** 20;
const MAP = pcE820Map(64 * MB);
const context: CrashContext = {
  crashkernel: { start: 16 * MB, end: 32 * MB },
  notes: [{ paddr: 0x12_3000, size: 176 }],
  vmcoreinfo: { paddr: 0x12_4000, size: 4132 },
  pageOffset: 0xc000_0000,
  lowmemEnd: 48 * MB,
};

function prepared() {
  const placement = new Placement([context.crashkernel]);
  const result = prepareCrash(context, MAP, placement);
  const [header, backup] = placement.segments;
  if (!header || !backup) throw new Error('two segments are placed');
  return { ...result, header, backupSegment: backup };
}

describe('elfcorehdr', () => {
  const { header, backup } = prepared();
  const view = new DataView(header.bytes.buffer, header.bytes.byteOffset, header.bytes.length);
  const phdr = (i: number) =>
    Array.from({ length: 8 }, (_, word) => view.getUint32(52 + 32 * i + 4 * word, true));

  it('is an ELF core file for the 386', () => {
    expect([...header.bytes.subarray(0, 7)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    expect([view.getUint16(16, true), view.getUint16(18, true)]).toEqual([4, 3]);
    expect([view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)]).toEqual([
      52, 32, 5,
    ]);
    expect(header.bytes.length).toBe(52 + 5 * 32);
  });

  it('has a note for each CPU and one of vmcoreinfo', () => {
    expect(phdr(0)).toEqual([4, 0x12_3000, 0, 0x12_3000, 176, 176, 0, 0]);
    expect(phdr(1)).toEqual([4, 0x12_4000, 0, 0x12_4000, 4132, 4132, 0, 0]);
  });

  it('has all RAM outside the reservation: low memory where it is saved, the rest where it is', () => {
    const low = 0x9_f000;
    expect(phdr(2)).toEqual([1, backup.to, 0xc000_0000, 0, low, low, 7, 0]);
    expect(phdr(3)).toEqual([1, MB, 0xc010_0000, MB, 15 * MB, 15 * MB, 7, 0]);
  });

  it('gives no linear address to memory that is not mapped for good', () => {
    expect(phdr(4)).toEqual([1, 32 * MB, 0xffff_ffff, 32 * MB, 32 * MB, 32 * MB, 7, 0]);
  });
});

it('keeps the backup and the header at the top of the reservation, out of the crash kernel’s map', () => {
  const { backup, header, backupSegment, memoryRanges, append } = prepared();
  expect(backup).toEqual({ bytes: 0x9_f000, to: 32 * MB - 0x9_f000 });
  expect([backupSegment.mem, backupSegment.memsz]).toEqual([backup.to, 0x9_f000]);
  expect(header.mem + header.memsz).toBe(backup.to);
  expect(append).toBe(`elfcorehdr=${header.mem / 1024}K`);
  const ram = memoryRanges.filter(({ type }) => type === E820_TYPE.RAM);
  expect(ram).toEqual([
    { addr: 0, size: 0x9_f000, type: 1 },
    { addr: 16 * MB, size: header.mem - 16 * MB, type: 1 },
  ]);
  expect(memoryRanges.filter(({ type }) => type !== E820_TYPE.RAM)).toEqual(
    MAP.filter(({ type }) => type !== E820_TYPE.RAM),
  );
});

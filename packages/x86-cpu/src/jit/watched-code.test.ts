/** Translated code is watched for changes: every byte that it was made of. */
import { createPhysMem } from '@kexec/phys-mem';
import { expect, it } from 'vitest';
import { createCpu } from '../cpu.js';
import { CS, DS, SS } from '../state/layout.js';

const FLAT = { base: 0, limit: 0xffff_ffff };
const EAGER = { arrivals: 2, batch: 1, patience: 0 };
/** Three bytes before the end of a page. */
const AT = 0x2ffd;
const TURNS = 100;

it('a change is seen where an instruction stood that crossed into the next page before', () => {
  const mem = createPhysMem({ ramBytes: 0x1_0000 });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  let regions = 0;
  const cpu = createCpu({ mem, board, translator: { ...EAGER, onRegion: () => regions++ } });
  cpu.cr0 = 1;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [DS, SS]) cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });

  // MOV EAX,5 across the boundary, HLT.
  mem.writeBytes(AT, Uint8Array.of(0xb8, 5, 0, 0, 0, 0xf4));
  cpu.eip = AT;
  expect(cpu.run(10).kind).toBe('halt');
  expect(cpu.eax).toBe(5);

  // INC EAX, JMP to it: a loop that ends with the page.
  mem.writeBytes(AT, Uint8Array.of(0x40, 0xeb, 0xfd));
  cpu.eip = AT;
  cpu.run(2 * TURNS);
  expect(cpu.eax).toBe(5 + TURNS);
  expect(regions).toBeGreaterThan(0);

  // DEC EAX in its place.
  mem.writeBytes(AT, Uint8Array.of(0x48));
  cpu.run(2 * TURNS);
  expect(cpu.eax).toBe(5);
});

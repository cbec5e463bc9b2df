/** What regions hold on to must go with them: a guest may have code translated for ever. */
/// <reference types="node" />
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { CODE, protectedGuest } from '../testing/guest.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
/** At most so many regions at one time. */
const REGIONS = 20;
const WARM = 100;
const PROGRAMS = 500;
/** An instance holds some 70 KB. */
const GROWTH_BYTES = 10 << 20;

it('regions that were dropped leave nothing on the heap', () => {
  let regions = 0;
  const guest = protectedGuest('mov ecx, 5\nagain: add eax, 0\ndec ecx\njnz again\nhlt', {
    translator: { arrivals: 2, batch: 1, patience: 0, regions: REGIONS, onRegion: () => regions++ },
  });
  const heapAfter = (programs: number) => {
    for (let i = 0; i < programs; i++) {
      guest.mem.write8(guest.label('again') + 2, i & 0x7f);
      guest.cpu.eip = CODE;
      expect(guest.cpu.run(1000)).toEqual({ kind: 'halt' });
    }
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const warm = heapAfter(WARM);
  const before = regions;
  const growth = heapAfter(PROGRAMS) - warm;
  expect(regions - before).toBeGreaterThan(PROGRAMS / 2);
  expect(growth).toBeLessThan(GROWTH_BYTES);
});

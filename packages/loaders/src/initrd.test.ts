/** The initrd: as high as RAM and initrd_addr_max allow. */
import { expect, test } from 'vitest';
import { OLD_INITRD_ADDR_MAX, placeInitrd } from './initrd.js';
import { Placement } from './placement.js';
import { refusal } from './testing/refusal.js';

const placement = (end: number) => new Placement([{ start: 0x10_0000, end }]);

test('an initrd ends at the last page of RAM', () => {
  const segment = placeInitrd(placement(0x400_0000), new Uint8Array(0x1001), 0x7fff_ffff);
  expect(segment).toMatchObject({ mem: 0x3ff_e000, memsz: 0x2000 });
});

test('no byte of an initrd lies above initrd_addr_max', () => {
  const segment = placeInitrd(placement(0x8000_0000), new Uint8Array(0x1000), OLD_INITRD_ADDR_MAX);
  expect(segment.mem + segment.memsz - 1).toBe(OLD_INITRD_ADDR_MAX);
});

test('an initrd larger than RAM, and an empty one, are refused', () => {
  refusal('TOO_LITTLE_MEMORY', () =>
    placeInitrd(placement(0x20_0000), new Uint8Array(0x10_0001), 0x7fff_ffff),
  );
  refusal('INITRD_EMPTY', () => placeInitrd(placement(0x20_0000), new Uint8Array(0), 0x7fff_ffff));
});

test('an initrd that initrd_addr_max leaves no room for is refused', () => {
  refusal('NO_HOLE', () => placeInitrd(placement(0x400_0000), new Uint8Array(0x1000), 0x10_0ffe));
});

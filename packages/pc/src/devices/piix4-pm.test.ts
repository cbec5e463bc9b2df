/** The PIIX4's power management base: where firmware moves it, the registers of ACPI answer. */
import { expect, it } from 'vitest';
import { createPiix4Pm } from './piix4-pm.js';

it('answers at PMBA while PMIOSE and the I/O decoder are on', () => {
  const device = { read: () => 0x5a, write: () => undefined };
  const pm = createPiix4Pm(device);
  expect(pm.ranges('io')).toEqual([]);
  pm.write(0x04, 1, 2);
  expect(pm.ranges('io')).toEqual([{ first: 0x600, bytes: 12, device }]);
  pm.write(0x40, 0xffff_b001, 4);
  expect(pm.ranges('io')).toEqual([{ first: 0xb000, bytes: 12, device }]);
  expect(pm.read(0x40, 4)).toBe(0xb001);
  expect(pm.ranges('memory')).toEqual([]);
  pm.write(0x80, 0, 1);
  expect(pm.ranges('io')).toEqual([]);
});

/** The demo kernels are what their formats say they are. */
import { expect, test } from 'vitest';
import { createBzImageGuest } from './bzimage-guest.js';
import { createElfGuest } from './elf-guest.js';
import { LOAD_ADDRESS } from './report.js';

test('the ELF guest is a static i386 executable with one PT_LOAD at its entry', () => {
  const view = new DataView(createElfGuest().buffer);
  expect(view.getUint32(0)).toBe(0x7f454c46);
  expect(view.getUint16(0x12, true)).toBe(3);
  expect(view.getUint32(0x18, true)).toBe(LOAD_ADDRESS);
  expect(view.getUint16(0x2c, true)).toBe(1);
});

test('the bzImage guest has its setup header where boot.rst says', () => {
  const file = createBzImageGuest();
  const view = new DataView(file.buffer);
  expect(view.getUint16(0x1fe, true)).toBe(0xaa55);
  expect(String.fromCharCode(...file.subarray(0x202, 0x206))).toBe('HdrS');
  expect(view.getUint16(0x206, true)).toBe(0x020f);
  expect(view.getUint8(0x211) & 1).toBe(1);
  expect(file.length).toBe((view.getUint8(0x1f1) + 1) * 512 + view.getUint32(0x1f4, true) * 16);
  const version = view.getUint16(0x20e, true) + 0x200;
  expect(String.fromCharCode(...file.subarray(version, version + 5))).toBe('1.0.0');
});

/** Tests of registers as a debugger's bytes. */
import { expect, it } from 'vitest';
import { registerBytes } from './register-bytes.js';
import { type Guest, protectedGuest, realGuest } from './testing/guest.js';

const get = ({ cpu }: Guest, name: string) => Array.from(registerBytes(name)?.get(cpu) ?? []);
const set = ({ cpu }: Guest, name: string, ...bytes: number[]) =>
  registerBytes(name)?.set(cpu, Uint8Array.from(bytes));

it('words are little-endian, and there is no register of another name', () => {
  const guest = protectedGuest('mov eax, 0x12345678\nhlt');
  guest.run();
  expect(get(guest, 'eax')).toEqual([0x78, 0x56, 0x34, 0x12]);
  expect(set(guest, 'edi', 1, 2, 3, 0x84)).toBe(true);
  expect(guest.cpu.edi).toBe(0x8403_0201);
  expect(registerBytes('rax')).toBeUndefined();
});

it('ST(0) is ten bytes, relative to TOP: FLDPI loads 4000 C90FDAA2 2168C235', () => {
  const guest = protectedGuest('fninit\nfld1\nfldpi\nhlt');
  guest.run();
  expect(get(guest, 'st0')).toEqual([0x35, 0xc2, 0x68, 0x21, 0xa2, 0xda, 0x0f, 0xc9, 0x00, 0x40]);
  expect(get(guest, 'st1')).toEqual([0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f]);
  expect(get(guest, 'ftag')).toEqual([0xff, 0x0f, 0, 0]);
  set(guest, 'st0', 0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0xc0);
  expect(guest.cpu.fpu.read(0)).toEqual({ negative: true, exponent: 0x4000, significand: 1n << 63n });
});

it('an XMM register is sixteen bytes, the lowest first', () => {
  const guest = protectedGuest('hlt');
  const bytes = Array.from({ length: 16 }, (_, i) => i + 1);
  expect(set(guest, 'xmm7', ...bytes)).toBe(true);
  expect(get(guest, 'xmm7')).toEqual(bytes);
  expect(get(guest, 'xmm6')).toEqual(new Array(16).fill(0));
});

it('a selector can be set in real-address mode alone, where its base follows', () => {
  const real = realGuest('hlt');
  expect(set(real, 'ds', 0x34, 0x12, 0, 0)).toBe(true);
  expect(real.cpu.getSegment(3).base).toBe(0x1_2340);
  const guest = protectedGuest('hlt');
  expect([set(guest, 'ds', 0x34, 0x12, 0, 0), set(guest, 'ds', 0x10, 0, 0, 0)]).toEqual([false, true]);
});

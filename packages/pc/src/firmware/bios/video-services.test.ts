/** INT 10: text mode as programs use it. */
import { expect, it } from 'vitest';
import { BUFFER, biosCaller } from '../../testing/bios-call.js';

const VIDEO = 0x10;

/** A PC, INT 10 on it, and its screen. */
function screen() {
  const { pc, call } = biosCaller();
  const lines = () => pc.devices.vga.text().split('\n');
  const type = (text: string) => {
    for (const char of text) call(VIDEO, { eax: 0x0e00 | char.charCodeAt(0) });
  };
  return { pc, call, lines, type, cursor: () => call(VIDEO, { eax: 0x0300 }).dx };
}

it('0F: mode 3 of 80 columns, page 0; 00 sets it anew and clears the screen', () => {
  const { pc, call, lines, type, cursor } = screen();
  type('text');
  call(VIDEO, { eax: 0x0003 });
  expect(call(VIDEO, { eax: 0x0f00, ebx: 0x1234 })).toMatchObject({ ax: 0x5003, bx: 0x0034 });
  expect([lines()[0], cursor(), pc.mem.read16(0xb8000)]).toEqual(['', 0, 0x0720]);
});

it('00 with bit 7 keeps the screen, and mode 1 has 40 columns', () => {
  const { pc, call, lines, type } = screen();
  type('text');
  call(VIDEO, { eax: 0x0083 });
  expect(lines()[0]).toBe('text');
  call(VIDEO, { eax: 0x0001 });
  expect([pc.devices.vga.columns, call(VIDEO, { eax: 0x0f00 }).ax]).toEqual([40, 0x2801]);
});

it('0E: a teletype that obeys BS, CR and LF, wraps, and scrolls', () => {
  const { lines, type, cursor, pc } = screen();
  type(`ab\bc\r\n${'x'.repeat(81)}`);
  expect([lines()[0], lines()[1], lines()[2]]).toEqual(['ac', 'x'.repeat(80), 'x']);
  expect(cursor()).toBe(0x0201);
  expect(pc.devices.vga.cursor).toMatchObject({ row: 2, column: 1 });
  type('\n'.repeat(23));
  expect([lines()[0], cursor()]).toEqual(['x'.repeat(80), 0x1801]);
});

it('01, 02, 03: the cursor’s shape and place, a place for each page', () => {
  const { pc, call } = screen();
  call(VIDEO, { eax: 0x0200, edx: 0x050a });
  call(VIDEO, { eax: 0x0200, ebx: 0x0100, edx: 0x0102 });
  call(VIDEO, { eax: 0x0100, ecx: 0x0607 });
  expect(call(VIDEO, { eax: 0x0300 })).toMatchObject({ cx: 0x0607, dx: 0x050a });
  expect(call(VIDEO, { eax: 0x0300, ebx: 0x0100 }).dx).toBe(0x0102);
  expect(pc.devices.vga.cursor).toEqual({ row: 5, column: 10, start: 13, end: 14, visible: true });
  call(VIDEO, { eax: 0x0100, ecx: 0x2000 });
  expect(pc.devices.vga.cursor.visible).toBe(false);
});

it('05: another page is shown, with its own cursor', () => {
  const { pc, call, lines } = screen();
  call(VIDEO, { eax: 0x0200, ebx: 0x0100, edx: 0x0003 });
  call(VIDEO, { eax: 0x0941, ebx: 0x011f, ecx: 2 });
  expect(lines()[0]).toBe('');
  call(VIDEO, { eax: 0x0501 });
  expect([lines()[0], pc.devices.vga.cursor.column]).toEqual(['   AA', 3]);
  expect(call(VIDEO, { eax: 0x0f00 }).bx).toBe(0x0100);
});

it('06, 07: a window moves up and down; 0 lines blank it with the attribute', () => {
  const { pc, call, lines, type } = screen();
  type('one\r\ntwo\r\nthree');
  call(VIDEO, { eax: 0x0601, ebx: 0x0700, ecx: 0x0001, edx: 0x0202 });
  expect(lines().slice(0, 3)).toEqual(['owo', 'thr', 't  ee']);
  call(VIDEO, { eax: 0x0701, ebx: 0x0700, ecx: 0x0000, edx: 0x184f });
  expect(lines().slice(0, 4)).toEqual(['', 'owo', 'thr', 't  ee']);
  call(VIDEO, { eax: 0x0600, ebx: 0x1e00, ecx: 0x0000, edx: 0x184f });
  expect([pc.devices.vga.text().trim(), pc.devices.vga.attributes(24)[79]]).toEqual(['', 0x1e]);
});

it('08, 09, 0A: read and write at the cursor, which stays', () => {
  const { pc, call, lines, cursor } = screen();
  call(VIDEO, { eax: 0x0958, ebx: 0x004e, ecx: 3 });
  call(VIDEO, { eax: 0x0a59, ebx: 0x0011, ecx: 1 });
  expect([lines()[0], pc.devices.vga.attributes(0)[0], cursor()]).toEqual(['YXX', 0x4e, 0]);
  expect(call(VIDEO, { eax: 0x0800 }).ax).toBe(0x4e59);
});

it('13: a string, with an attribute for all or one for each, and the cursor moved or not', () => {
  const { pc, call, lines, cursor } = screen();
  pc.mem.writeBytes(BUFFER, new TextEncoder().encode('A\x1fB\x2f'));
  call(VIDEO, { eax: 0x1302, ebx: 0x0000, ecx: 2, edx: 0x0305, ebp: BUFFER });
  expect([lines()[3], cursor()]).toEqual(['     AB', 0]);
  expect(pc.devices.vga.attributes(3).slice(5, 7)).toEqual([0x1f, 0x2f]);
  pc.mem.writeBytes(BUFFER, new TextEncoder().encode('xyz'));
  call(VIDEO, { eax: 0x1301, ebx: 0x0070, ecx: 3, edx: 0x0400, ebp: BUFFER });
  expect([lines()[4], cursor(), pc.devices.vga.attributes(4)[2]]).toEqual(['xyz', 0x0403, 0x70]);
});

it('tells by 1A00 a VGA with a colour monitor, by 12/10 an EGA and more, by 1130 25 rows of 16 lines', () => {
  const { call } = screen();
  expect(call(VIDEO, { eax: 0x1a00 })).toMatchObject({ ax: 0x1a1a, bx: 0x0008 });
  expect(call(VIDEO, { eax: 0x1200, ebx: 0xff10 }).bx).toBe(0x0003);
  expect(call(VIDEO, { eax: 0x1130 })).toMatchObject({ cx: 16, dx: 24 });
});

it('knows no VESA: 4F00 leaves AX as it was', () => {
  expect(screen().call(VIDEO, { eax: 0x4f00 }).ax).toBe(0x4f00);
});

it('10: palette registers, the border and the DAC', () => {
  const { call } = screen();
  call(VIDEO, { eax: 0x1000, ebx: 0x3f01 });
  call(VIDEO, { eax: 0x1001, ebx: 0x0500 });
  expect(call(VIDEO, { eax: 0x1007, ebx: 0x0001 }).bx).toBe(0x3f01);
  expect(call(VIDEO, { eax: 0x1008 }).bx).toBe(0x0500);
  call(VIDEO, { eax: 0x1010, ebx: 20, ecx: 0x0203, edx: 0x0100 });
  expect(call(VIDEO, { eax: 0x1015, ebx: 20 })).toMatchObject({ cx: 0x0203, dx: 0x0100 });
});

it('1B: the state of the display in 64 bytes', () => {
  const { pc, call } = screen();
  expect(call(VIDEO, { eax: 0x1b00, edi: BUFFER }).ax & 0xff).toBe(0x1b);
  expect([pc.mem.read8(BUFFER + 4), pc.mem.read16(BUFFER + 5), pc.mem.read8(BUFFER + 0x22)]).toEqual([
    3, 80, 25,
  ]);
  // Static functionality table: text modes 0 to 3 and 7.
  const table = 16 * pc.mem.read16(BUFFER + 2) + pc.mem.read16(BUFFER);
  expect(pc.mem.read8(table)).toBe(0x8f);
});

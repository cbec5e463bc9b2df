/** INT 16 behind IRQ 1: keys as programs read them. */
import { describe, expect, it } from 'vitest';
import { biosCaller } from '../../testing/bios-call.js';
import { boot } from '../../testing/real-mode.js';
import { keyCode } from './key-codes.js';

/** Presses keys by their scan codes of set 1, lets the interrupts come, and reads the buffer by function `ah`. */
function typed(scanCodes: readonly number[], ah = 0x10): number[] {
  const program = `
        sti
        mov di, 0x600
      next: mov ah, ${ah + 1}
        int 0x16
        jz idle
        mov ah, ${ah}
        int 0x16
        mov [di], ax
        add di, 2
        jmp next
      idle: hlt
        jmp next`;
  const { pc } = boot(program);
  for (const code of scanCodes) {
    pc.devices.keyboard.input([code]);
    pc.run({ nanoseconds: 60_000_000 });
  }
  return Array.from({ length: (pc.cpu.edi - 0x600) / 2 }, (_, i) => pc.mem.read16(0x600 + 2 * i));
}

describe('INT 16', () => {
  it('00 waits for a key; its release is none', () => {
    expect(typed([0x1e, 0x9e, 0x30, 0xb0], 0x00)).toEqual([0x1e61, 0x3062]);
    const { pc } = boot('mov ah, 0\n int 0x16\n mov [0x500], ax\n cli\n hlt');
    expect(pc.run({ nanoseconds: 1_000_000_000 })).toEqual({ kind: 'budget' });
    pc.devices.keyboard.input([0x1c, 0x9c]);
    expect(pc.run({ nanoseconds: 1_000_000_000 })).toEqual({ kind: 'halted-forever' });
    expect(pc.mem.read16(0x500)).toBe(0x1c0d);
  });

  it('knows Shift, CapsLock, Ctrl and Alt', () => {
    expect(
      typed([0x2a, 0x1e, 0xaa, 0x9e, 0x3a, 0xba, 0x1e, 0x3a, 0x1d, 0x1e, 0x9d, 0x38, 0x1e, 0xb8]),
    ).toEqual([0x1e41, 0x1e41, 0x1e01, 0x1e00]);
  });

  it('gives cursor keys as E0 by 10, and as 00 by 00; keys of a keyboard of 101 only by 10', () => {
    expect(typed([0xe0, 0x48, 0xe0, 0xc8, 0x57, 0xe0, 0x1c])).toEqual([0x48e0, 0x8500, 0xe00d]);
    expect(typed([0xe0, 0x48, 0xe0, 0xc8, 0x57, 0xe0, 0x1c], 0x00)).toEqual([0x4800, 0x1c0d]);
  });

  it('takes no NumLock out of the Pause key', () => {
    expect(typed([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x47])).toEqual([0x4700]);
    expect(typed([0x45, 0xc5, 0x47])).toEqual([0x4737]);
  });

  it('05 puts a key into the buffer, until that is full of 15; 02 and 12 tell the shifts', () => {
    const { call } = biosCaller();
    expect(call(0x16, { eax: 0x1100 }).zero).toBe(true);
    for (let i = 0; i < 15; i++) expect(call(0x16, { eax: 0x0500, ecx: 0x1e61 + i }).ax).toBe(0x0500);
    expect(call(0x16, { eax: 0x0500, ecx: 0x1234 }).ax).toBe(0x0501);
    expect(call(0x16, { eax: 0x0100 })).toMatchObject({ ax: 0x1e61, zero: false });
    expect([call(0x16, { eax: 0x0000 }).ax, call(0x16, { eax: 0x0000 }).ax]).toEqual([0x1e61, 0x1e62]);
    expect(call(0x16, { eax: 0x0200 }).ax).toBe(0x0200);
    expect(call(0x16, { eax: 0x1200 }).ax).toBe(0);
  });

  it('0305 sets the repeat rate', () => {
    expect(biosCaller().call(0x16, { eax: 0x0305, ebx: 0 }).ax).toBe(0x0305);
  });
});

describe('IRQ 1', () => {
  it('shows each scan code to INT 15/4F, which may change it or swallow it', () => {
    const { pc } = boot(`
        mov word [4 * 0x15], hook
        mov word [4 * 0x15 + 2], 0
        sti
      next: hlt
        jmp next
      hook: push bp
        mov bp, sp
        cmp al, 0x1e
        jne keep
        mov al, 0x30            ; a becomes b
      keep: cmp al, 0x2e
        jne done
        and byte [bp + 6], 0xfe ; c is swallowed
      done: pop bp
        iret`);
    for (const code of [0x1e, 0x9e, 0x2e, 0xae, 0x20]) {
      pc.devices.keyboard.input([code]);
      pc.run({ nanoseconds: 60_000_000 });
    }
    expect([pc.mem.read16(0x41e), pc.mem.read16(0x420), pc.mem.read16(0x41c)]).toEqual([
      0x3062, 0x2064, 0x22,
    ]);
  });

  it('resets the machine at Ctrl-Alt-Del', () => {
    const { pc } = boot('sti\n next: hlt\n jmp next');
    pc.devices.keyboard.input([0x1d, 0x38, 0x53]);
    expect(pc.run({ nanoseconds: 1_000_000_000 })).toEqual({ kind: 'reset', by: 'i8042' });
  });
});

describe('key codes', () => {
  it('are those of the IBM table', () => {
    const CTRL = 4;
    const ALT = 8;
    const SHIFT = 2;
    expect(keyCode(0x3b, false, 0)).toBe(0x3b00);
    expect(keyCode(0x3b, false, SHIFT)).toBe(0x5400);
    expect(keyCode(0x44, false, CTRL)).toBe(0x6700);
    expect(keyCode(0x3b, false, ALT)).toBe(0x6800);
    expect(keyCode(0x58, false, ALT)).toBe(0x8c00);
    expect(keyCode(0x0f, false, SHIFT)).toBe(0x0f00);
    expect(keyCode(0x0f, false, 0)).toBe(0x0f09);
    expect(keyCode(0x02, false, ALT)).toBe(0x7800);
    expect(keyCode(0x03, false, CTRL)).toBe(0x0300);
    expect(keyCode(0x1c, false, CTRL)).toBe(0x1c0a);
    expect(keyCode(0x4b, true, CTRL)).toBe(0x73e0);
    expect(keyCode(0x4e, false, 0)).toBe(0x4e2b);
    expect(keyCode(0x2b, false, SHIFT)).toBe(0x2b7c);
    expect(keyCode(0x00, false, 0)).toBeUndefined();
  });
});

/** PAM: shadow RAM beneath the BIOS, as a program on the processor switches it. */
import { describe, expect, it } from 'vitest';
import { boot, run } from '../testing/real-mode.js';
import { pamPieces } from './i440fx-pam.js';

/** Writes a configuration byte of the host bridge. */
const setPam = (register: number, value: number) => `
        mov eax, 0x80000000 | ${register & 0xfc}
        mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc + ${register & 3}
        mov al, ${value}
        out dx, al`;

describe('the programmable attribute map', () => {
  it('has thirteen pieces: F0000, and 16 KB each from C0000 to EFFFF', () => {
    const config = new Uint8Array(0x100);
    config[0x59] = 0x30;
    config[0x5a] = 0x21;
    config[0x5f] = 0x10;
    const on = pamPieces(config).filter(({ read, write }) => read || write);
    expect(on).toEqual([
      { start: 0xf0000, end: 0x100000, read: true, write: true },
      { start: 0xc0000, end: 0xc4000, read: true, write: false },
      { start: 0xc4000, end: 0xc8000, read: false, write: true },
      { start: 0xec000, end: 0xf0000, read: true, write: false },
    ]);
    expect(pamPieces(config)).toHaveLength(13);
  });

  it('shadows the BIOS: writes go to RAM, reads to the ROM; then reads to RAM; then neither changes it', () => {
    const { machine } = run(`
        mov ax, 0xf000
        mov es, ax
        mov bl, [es:0xfffe]
        mov [0x500], bl
        ${setPam(0x59, 0x20)}
        mov byte [es:0xfffe], 0x55
        mov bl, [es:0xfffe]
        mov [0x501], bl
        ${setPam(0x59, 0x10)}
        mov bl, [es:0xfffe]
        mov [0x502], bl
        mov byte [es:0xfffe], 0x66
        mov bl, [es:0xfffe]
        mov [0x503], bl
        ${setPam(0x59, 0x00)}
        mov bl, [es:0xfffe]
        mov [0x504], bl
        hlt`);
    const bytes = [0x500, 0x501, 0x502, 0x503, 0x504].map((paddr) => machine.pc.mem.read8(paddr));
    expect(bytes).toEqual([0xfc, 0xfc, 0x55, 0x55, 0xfc]);
  });

  it('makes RAM of what is nothing, runs code from it, and gives it up at a reset', () => {
    const { machine, stop } = run(`
        ${setPam(0x5a, 0x33)}
        mov ax, 0xc000
        mov es, ax
        mov byte [es:0], 0xf4   ; hlt
        jmp 0xc000:0`);
    expect([stop.kind, machine.pc.cpu.eip]).toEqual(['halted-forever', 1]);
    machine.pc.reset();
    expect(machine.pc.mem.read8(0xc0000)).toBe(0xff);
  });

  it('is part of the state', () => {
    const first = boot(`${setPam(0x5a, 0x33)}\n hlt`);
    first.pc.run({ instructions: 100 });
    const copy = boot('hlt');
    copy.pc.mem.write8(0xc0000, 1);
    copy.pc.loadState(first.pc.saveState());
    copy.pc.mem.write8(0xc0000, 2);
    expect(copy.pc.mem.read8(0xc0000)).toBe(2);
  });
});

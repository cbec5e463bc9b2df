/** INT 11, 12, 14, 15, 17 and 1A. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { type BiosCaller, BUFFER, biosCaller } from '../../testing/bios-call.js';
import { run } from '../../testing/real-mode.js';

const SMAP = 0x534d4150;

describe('INT 15', () => {
  it('E820: entries of 20 bytes, one a call, EBX 0 with the last', () => {
    const { pc, call } = biosCaller();
    const entries: number[][] = [];
    let ebx = 0;
    do {
      const result = call(0x15, { eax: 0xe820, ebx, ecx: 24, edx: SMAP, edi: BUFFER });
      expect(result).toMatchObject({ eax: SMAP, ecx: 20, carry: false });
      entries.push([0, 8, 16].map((offset) => pc.mem.read32(BUFFER + offset)));
      ebx = result.ebx;
    } while (ebx !== 0 && entries.length < 10);
    expect(entries).toEqual([
      [0, 0x9fc00, 1],
      [0x9fc00, 0x400, 2],
      [0xf0000, 0x10000, 2],
      [0x100000, 0x100000, 1],
    ]);
  });

  it('E820 refuses another signature, too small a buffer, and an entry beyond the last', () => {
    const { call } = biosCaller();
    for (const registers of [
      { edx: 0, ecx: 20, ebx: 0 },
      { edx: SMAP, ecx: 19, ebx: 0 },
      { edx: SMAP, ecx: 20, ebx: 4 },
    ]) {
      expect(call(0x15, { eax: 0xe820, edi: BUFFER, ...registers })).toMatchObject({
        ax: 0x8620,
        carry: true,
      });
    }
  });

  it('E801 and 88: KB from 1 to 16 MB, blocks of 64 KB above; KB above 1 MB, at most FC00', () => {
    const small = biosCaller();
    expect(small.call(0x15, { eax: 0xe801 })).toMatchObject({
      ax: 1024,
      bx: 0,
      cx: 1024,
      dx: 0,
      carry: false,
    });
    expect(small.call(0x15, { eax: 0x8800 })).toMatchObject({ ax: 1024, carry: false });
    const large = biosCaller({ mem: createPhysMem({ ramBytes: 128 << 20 }) });
    expect(large.call(0x15, { eax: 0xe801 })).toMatchObject({ ax: 0x3c00, bx: 0x700, cx: 0x3c00, dx: 0x700 });
    expect(large.call(0x15, { eax: 0x8800 }).ax).toBe(0xfc00);
  });

  it('2400 to 2403: A20 off, on, told, and how it can be set', () => {
    const { pc, call } = biosCaller();
    const isOn = () => {
      pc.mem.write8(0x500, 0x11);
      pc.mem.write8(0x100500, 0x22);
      return pc.cpu.readLinear(0x100500, 1)?.[0] === 0x22;
    };
    expect([call(0x15, { eax: 0x2400 }).carry, isOn(), call(0x15, { eax: 0x2402 }).ax]).toEqual([
      false,
      false,
      0,
    ]);
    expect([call(0x15, { eax: 0x2401 }).carry, isOn(), call(0x15, { eax: 0x2402 }).ax]).toEqual([
      false,
      true,
      1,
    ]);
    expect(call(0x15, { eax: 0x2403 })).toMatchObject({ ax: 0x0003, bx: 3, carry: false });
  });

  it('C0 points to a table that says AT; C1 to the extended BIOS data area', () => {
    const { pc, call } = biosCaller();
    const { es, ebx, carry } = call(0x15, { eax: 0xc000 });
    const table = 16 * es + (ebx & 0xffff);
    expect([carry, pc.mem.read16(table), pc.mem.read8(table + 2)]).toEqual([false, 8, 0xfc]);
    expect(call(0x15, { eax: 0xc100 }).es).toBe(0x9fc0);
  });

  it('87 moves words between addresses above 1 MB', () => {
    const { pc, call } = biosCaller();
    pc.mem.writeBytes(0x110000, Uint8Array.of(1, 2, 3, 4, 5, 6));
    const descriptor = (paddr: number) => [
      0xff,
      0xff,
      paddr & 0xff,
      (paddr >> 8) & 0xff,
      paddr >> 16,
      0x93,
      0,
      0,
    ];
    pc.mem.writeBytes(BUFFER + 0x10, Uint8Array.of(...descriptor(0x110000), ...descriptor(0x120000)));
    expect(call(0x15, { eax: 0x8700, ecx: 2, esi: BUFFER })).toMatchObject({ ax: 0, carry: false });
    expect([...pc.mem.readBytes(0x120000, 6)]).toEqual([1, 2, 3, 4, 0, 0]);
  });

  it('86 waits so many microseconds', () => {
    const { pc, call } = biosCaller();
    const before = pc.clock.now();
    expect(call(0x15, { eax: 0x8600, ecx: 0, edx: 20_000 }).carry).toBe(false);
    const waited = pc.clock.now() - before;
    expect(waited).toBeGreaterThan(20_000_000);
    expect(waited).toBeLessThan(20_400_000);
  });

  it('53: APM 1.2 connects, disconnects, and turns the machine off', () => {
    const { pc, call } = biosCaller();
    expect(call(0x15, { eax: 0x5300 })).toMatchObject({ ax: 0x0102, bx: 0x504d, carry: false });
    for (const eax of [0x5304, 0x5301, 0x5308]) expect(call(0x15, { eax, ebx: 1, ecx: 1 }).carry).toBe(false);
    expect(call(0x15, { eax: 0x5307, ebx: 1, ecx: 1 })).toMatchObject({ ax: 0x0a07, carry: true });
    pc.cpu.eip = 0x8000;
    pc.cpu.eax = 0x5307;
    pc.cpu.ebx = 1;
    pc.cpu.ecx = 3;
    expect(pc.run({ instructions: 1000 })).toEqual({ kind: 'power-off' });
  });

  it('answers 86 with CF to what it does not know', () => {
    expect(biosCaller().call(0x15, { eax: 0x1234 })).toMatchObject({ ax: 0x8634, carry: true });
  });
});

describe('INT 11 and 12', () => {
  it('tell the equipment and 639 KB', () => {
    const { call } = biosCaller();
    expect([call(0x11, {}).ax, call(0x12, {}).ax]).toEqual([0x0426, 639]);
  });
});

describe('INT 14', () => {
  it('sends on ttyS0, receives, and times out without a byte or a port', () => {
    const { pc, call, text } = biosCaller();
    call(0x14, { eax: 0x00e3 });
    expect(call(0x14, { eax: 0x0141 }).eax & 0x8000).toBe(0);
    expect(text()).toBe('A');
    expect(call(0x14, { eax: 0x0200 }).eax & 0x8000).toBe(0x8000);
    pc.devices.uart.input([0x42]);
    pc.clock.advance(10_000_000);
    expect(call(0x14, { eax: 0x0200 }).ax).toBe(0x0042);
    expect(call(0x14, { eax: 0x0141, edx: 3 }).ax).toBe(0x8041);
  });
});

describe('INT 1A', () => {
  it('00 and 01 read and set the ticks', () => {
    const { call } = biosCaller();
    call(0x1a, { eax: 0x0100, ecx: 0x0012, edx: 0x3456 });
    expect(call(0x1a, { eax: 0x0000 })).toMatchObject({ ax: 0, cx: 0x0012, dx: 0x3456 });
  });

  it('02 and 04 tell time and date in BCD; 03 and 05 set them', () => {
    const { call } = biosCaller();
    expect(call(0x1a, { eax: 0x0200 })).toMatchObject({ cx: 0x0000, carry: false });
    expect(call(0x1a, { eax: 0x0400 })).toMatchObject({ cx: 0x2002, dx: 0x1117, carry: false });
    call(0x1a, { eax: 0x0300, ecx: 0x2359, edx: 0x3000 });
    call(0x1a, { eax: 0x0500, ecx: 0x2024, edx: 0x0229 });
    expect(call(0x1a, { eax: 0x0200 })).toMatchObject({ cx: 0x2359, dx: 0x3000 });
    expect(call(0x1a, { eax: 0x0400 })).toMatchObject({ cx: 0x2024, dx: 0x0229 });
  });

  it('06 calls INT 4A at the alarm; 07 takes the alarm back', () => {
    const { machine } = run(`
        mov word [4 * 0x4a], alarm
        mov word [4 * 0x4a + 2], 0
        mov ah, 6
        mov cx, 0
        mov dx, 0x0200          ; at 00:00:02
        int 0x1a
        sti
      wait: hlt
        cmp byte [0x500], 1
        jne wait
        mov ah, 7
        int 0x1a
        cli
        hlt
      alarm: inc byte [0x500]
        iret`);
    expect(machine.word(0x500)).toBe(1);
    expect(Math.floor(machine.pc.clock.now() / 1e9)).toBe(2);
  });

  it('B101 to B10D: the PCI BIOS finds the host bridge and reads and writes its registers', () => {
    const { call } = biosCaller();
    expect(call(0x1a, { eax: 0xb101 })).toMatchObject({ edx: 0x20494350, bx: 0x0210, carry: false });
    expect(call(0x1a, { eax: 0xb102, ecx: 0x1237, edx: 0x8086 })).toMatchObject({
      ax: 0x0002,
      bx: 0,
      carry: false,
    });
    expect(call(0x1a, { eax: 0xb102, ecx: 0x1111, edx: 0x2222 })).toMatchObject({ ax: 0x8602, carry: true });
    expect(call(0x1a, { eax: 0xb103, ecx: 0x060000 })).toMatchObject({ bx: 0, carry: false });
    expect(call(0x1a, { eax: 0xb109, edi: 0 }).cx).toBe(0x8086);
    expect(call(0x1a, { eax: 0xb10a, edi: 0 }).ecx).toBe(0x12378086);
    call(0x1a, { eax: 0xb10b, edi: 0x0d, ecx: 0x40 });
    expect(call(0x1a, { eax: 0xb108, edi: 0x0d }).ecx).toBe(0x40);
    expect(call(0x1a, { eax: 0xb109, edi: 1 })).toMatchObject({ ax: 0x8709, carry: true });
    expect(call(0x1a, { eax: 0xb10e })).toMatchObject({ ax: 0x810e, carry: true });
  });
});

describe('the service port', () => {
  it('answers all ones to code outside the BIOS', () => {
    const { machine } = run('mov dx, 0x4b0\n in al, dx\n mov [0x500], al\n hlt');
    expect(machine.word(0x500)).toBe(0xff);
  });

  it('serves with interrupts as the caller had them, and with A20 off', () => {
    const caller: BiosCaller = biosCaller();
    caller.call(0x15, { eax: 0x2400 });
    expect(caller.call(0x12, {}).ax).toBe(639);
    expect(caller.pc.cpu.eflags & 0x200).toBe(0);
  });
});

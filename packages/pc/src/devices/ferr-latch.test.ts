/** FERR#, port F0, IRQ 13 and IGNNE#. */
import { createPhysMem } from '@kexec/phys-mem';
import { assemble } from '@kexec/x86-cpu';
import { describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { createPc } from '../pc.js';
import { FerrLatch } from './ferr-latch.js';

describe('the FERR# latch', () => {
  it('raises IRQ 13 until port F0 is written, which asserts IGNNE# until FERR# goes away', () => {
    const irq = new Wire();
    const latch = new FerrLatch({ irq });
    latch.setFerr(true);
    expect([irq.level, latch.isErrorIgnored]).toEqual([true, false]);
    latch.write(0, 0);
    expect([irq.level, latch.isErrorIgnored]).toEqual([false, true]);
    latch.setFerr(false);
    expect([irq.level, latch.isErrorIgnored]).toEqual([false, false]);
  });

  it('does nothing on a write without an error', () => {
    const latch = new FerrLatch({ irq: new Wire() });
    latch.write(0, 0);
    expect(latch.isErrorIgnored).toBe(false);
  });

  it('is part of a saved machine: IGNNE# is still there when it goes on', () => {
    const saved = createPc({ mem: createPhysMem({ ramBytes: 1 << 20 }) });
    saved.devices.ferr.setFerr(true);
    saved.ports.write(0xf0, 0, 1);
    const other = createPc({ mem: createPhysMem({ ramBytes: 1 << 20 }) });
    other.loadState(structuredClone(saved.saveState()));
    expect(other.devices.ferr.isErrorIgnored).toBe(true);
    other.reset();
    expect(other.devices.ferr.isErrorIgnored).toBe(false);
  });

  it('brings a program with CR0.NE clear to the handler of INT 75, and back', () => {
    const mem = createPhysMem({ ramBytes: 1 << 20 });
    const pc = createPc({ mem });
    const text = `
        cli
        mov word [0x75 * 4], handler
        mov word [0x75 * 4 + 2], 0
        mov al, 0xdf
        out 0xa1, al
        mov al, 0xfb
        out 0x21, al
        sti
        fninit
        mov word [0x700], 0x340
        fldcw [0x700]
        fld1
        fldz
        fdivp st1, st0
        fld1
        mov bx, 0x1234
        cli
        hlt
handler: out 0xf0, al
        fnstsw [0x702]
        fnclex
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        iret`;
    mem.writeBytes(0x1000, assemble(text, { origin: 0x1000, bits: 16 }).bytes);
    pc.cpu.setSegment(1, { ...pc.cpu.getSegment(1), selector: 0, base: 0 });
    pc.cpu.eip = 0x1000;
    pc.cpu.esp = 0x8000;
    expect(pc.run({ instructions: 10_000 }).kind).toBe('halted-forever');
    expect([pc.cpu.ebx & 0xffff, mem.read16(0x702) & 0x80ff]).toEqual([0x1234, 0x8084]);
  });
});

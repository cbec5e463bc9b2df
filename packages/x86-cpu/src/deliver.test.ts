/** Tests of interrupt and exception delivery. */
import { describe, expect, it } from 'vitest';
import { CpuException, combineExceptions } from './exception.js';
import { IF, NT, RF, TF } from './state/eflags.js';
import {
  CODE,
  FREE_SELECTOR,
  HANDLERS,
  IDT,
  INNER_STACK_TOP,
  KERNEL_CS,
  KERNEL_DS,
  protectedGuest,
  realGuest,
  STACK_TOP,
  TSS,
  USER_CS,
  USER_DS,
  USER_STACK_TOP,
} from './testing/guest.js';

/** Goes to ring 3 at label user. */
const TO_RING_3 = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser:\n';

describe('real-address mode', () => {
  it('pushes FLAGS, CS and IP, and clears IF and TF', () => {
    const guest = realGuest('sti\nint 0x40\nafter: hlt');
    expect(guest.run().kind).toBe('halt');
    expect(guest.cpu.eip).toBe(HANDLERS + 0x40 * 8 + 1);
    expect(guest.cpu.esp).toBe(0x8000 - 6);
    expect(guest.mem.read16(0x7ffa)).toBe(guest.label('after'));
    expect(guest.mem.read16(0x7ffe) & IF).toBe(IF);
    expect(guest.cpu.eflags & IF).toBe(0);
  });

  it('restarts the faulting instruction: the pushed IP of #DE is its own', () => {
    const guest = realGuest('xor cx, cx\nhere: div cx\nhlt');
    guest.run();
    expect(guest.cpu.eip).toBe(HANDLERS + 1);
    expect(guest.mem.read16(0x7ffa)).toBe(guest.label('here'));
  });

  it('pushes no error code for a word access at offset FFFF, which is #GP', () => {
    const guest = realGuest('mov ax, [0xffff]\nhlt');
    guest.run();
    expect(guest.cpu.eip).toBe(HANDLERS + 13 * 8 + 1);
    expect(guest.cpu.esp).toBe(0x7ffa);
  });

  it('IRET takes back what INT pushed', () => {
    const guest = realGuest('mov word [0x100], handler\nint 0x40\nmov bx, 7\nhlt\nhandler: mov ax, 5\niret');
    guest.run();
    expect([guest.cpu.eax, guest.cpu.ebx, guest.cpu.esp]).toEqual([5, 7, 0x8000]);
  });

  it('shuts down when the IDT limit leaves no vector to deliver', () => {
    const guest = realGuest('lidt [table]\nbang: int3\ntable: dw 0\ndd 0');
    const stop = guest.run();
    expect(stop.kind).toBe('triple-fault');
    if (stop.kind !== 'triple-fault') return;
    expect(stop.report).toMatchObject({ eip: guest.label('bang'), cs: 0, vectors: [13, 13, 8, 13] });
    expect(stop.report.disassembly).toBe('int3');
    expect(guest.run()).toEqual(stop);
  });
});

describe('protected mode', () => {
  it('an interrupt gate clears IF, a trap gate keeps it; both clear TF and NT', () => {
    for (const [attributes, kept] of [
      [0x8e, 0],
      [0x8f, IF],
    ] as const) {
      const guest = protectedGuest('push dword 0x4202\npopfd\nint 0x40\nafter:');
      guest.gate(IDT, 0x40 * 8, KERNEL_CS, HANDLERS + 0x40 * 8, attributes);
      guest.run();
      const frame = guest.delivered();
      expect(frame).toMatchObject({
        vector: 0x40,
        errorCode: undefined,
        cs: KERNEL_CS,
        eip: guest.label('after'),
      });
      expect(frame.eflags & (NT | IF)).toBe(NT | IF);
      expect(guest.cpu.eflags & (IF | NT | TF)).toBe(kept);
    }
  });

  it('a fault pushes RF set and the address of the instruction that faulted', () => {
    const guest = protectedGuest('nop\nhere: ud2');
    guest.run();
    const frame = guest.delivered();
    expect(frame).toMatchObject({ vector: 6, eip: guest.label('here') });
    expect(frame.eflags & RF).toBe(RF);
  });

  it('from ring 3, SS:ESP come from the TSS and the old ones are pushed', () => {
    const guest = protectedGuest(`${TO_RING_3} int 0x40\nafter:`);
    guest.gate(IDT, 0x40 * 8, KERNEL_CS, HANDLERS + 0x40 * 8, 0xee);
    guest.run();
    expect(guest.delivered()).toMatchObject({
      cs: USER_CS,
      eip: guest.label('after'),
      ss: USER_DS,
      esp: USER_STACK_TOP,
    });
    expect(guest.cpu.esp).toBe(INNER_STACK_TOP - 20);
    expect(guest.cpu.cpl).toBe(0);
  });

  it('INT n needs CPL ≤ the gate’s DPL: #GP with vector · 8 + 2', () => {
    const guest = protectedGuest(`${TO_RING_3} here: int 0x40`);
    guest.run();
    expect(guest.delivered()).toMatchObject({
      vector: 13,
      errorCode: 0x40 * 8 + 2,
      eip: guest.label('here'),
    });
  });

  it('the DPL is not checked for exceptions and external interrupts', () => {
    const guest = protectedGuest(`${TO_RING_3} ud2`);
    guest.run();
    expect(guest.delivered().vector).toBe(6);
  });

  it('a gate that is not present is #NP with the IDT bit; EXT only for what the program did not ask for', () => {
    const asked = protectedGuest('int 0x40');
    asked.gate(IDT, 0x40 * 8, KERNEL_CS, HANDLERS, 0x0e);
    asked.run();
    expect(asked.delivered()).toMatchObject({ vector: 11, errorCode: 0x40 * 8 + 2 });
    const unasked = protectedGuest('ud2');
    unasked.gate(IDT, 6 * 8, KERNEL_CS, HANDLERS, 0x0e);
    unasked.run();
    expect(unasked.delivered()).toMatchObject({ vector: 11, errorCode: 6 * 8 + 3 });
  });

  it('a vector beyond the IDT limit is #GP with the vector', () => {
    const guest = protectedGuest('int 0x80');
    guest.cpu.idtr = { base: IDT, limit: 0x80 * 8 + 6 };
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0x80 * 8 + 2 });
  });

  it('a 16-bit gate pushes words', () => {
    const guest = protectedGuest('int 0x40\nafter:');
    guest.gate(IDT, 0x40 * 8, KERNEL_CS, HANDLERS + 0x40 * 8, 0x86);
    guest.run();
    expect(guest.cpu.esp).toBe(STACK_TOP - 6);
    expect(guest.mem.read16(STACK_TOP - 6)).toBe(guest.label('after') & 0xffff);
  });

  it('a bad inner stack selector is #TS with that selector and EXT', () => {
    const guest = protectedGuest(`${TO_RING_3} ud2`);
    guest.mem.write32(TSS + 8, USER_DS);
    // #TS itself is delivered to ring 3, where its handler needs no inner stack.
    guest.describe(FREE_SELECTOR, 0, 0xf_ffff, 0xc0ff);
    guest.gate(IDT, 10 * 8, FREE_SELECTOR | 3, guest.label('user'), 0x8e);
    guest.load('ts_handler: mov eax, 0x12345678\njmp $', 0x5000, 32);
    guest.gate(IDT, 10 * 8, FREE_SELECTOR | 3, 0x5000, 0x8e);
    guest.run(100);
    expect(guest.cpu.eax).toBe(0x12345678);
    expect(guest.mem.read32(guest.cpu.esp)).toBe((USER_DS & 0xfffc) | 1);
  });

  it('an exception while delivering a contributory one is a double fault with error code 0', () => {
    const guest = protectedGuest('xor ecx, ecx\nhere: div ecx');
    guest.gate(IDT, 0, KERNEL_CS, HANDLERS, 0x0e);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 8, errorCode: 0, eip: guest.label('here') });
  });

  it('a third one shuts the CPU down, and the report tells the chain', () => {
    const guest = protectedGuest('here: mov eax, [fs:0x10000]\n');
    guest.cpu.setSegment(4, { selector: 0, attributes: 0, base: 0, limit: 0 });
    guest.cpu.idtr = { base: 0, limit: 0 };
    const stop = guest.run();
    expect(stop.kind).toBe('triple-fault');
    if (stop.kind !== 'triple-fault') return;
    expect(stop.report).toMatchObject({ eip: guest.label('here'), cs: KERNEL_CS, vectors: [13, 13, 8, 13] });
    expect([...stop.report.bytes]).toEqual([0x64, 0xa1, 0, 0, 1, 0]);
    guest.cpu.reset();
    expect(guest.cpu.run(0).kind).toBe('budget');
  });

  it('a page fault while delivering a page fault is a double fault; a benign one first is not', () => {
    const pageFault = new CpuException(14, 0);
    expect(combineExceptions(14, pageFault)).toMatchObject({ vector: 8, errorCode: 0 });
    expect(combineExceptions(13, pageFault)).toBe(pageFault);
    expect(combineExceptions(6, new CpuException(11, 0))).toMatchObject({ vector: 11 });
    expect(combineExceptions(13, new CpuException(10, 0))).toMatchObject({ vector: 8 });
    expect(combineExceptions(8, pageFault)).toBe('triple fault');
  });

  it('INT3 and INTO are traps, BOUND is a fault', () => {
    const trap = protectedGuest('int3\nafter:');
    trap.run();
    expect(trap.delivered()).toMatchObject({ vector: 3, eip: trap.label('after') });
    const overflow = protectedGuest('mov al, 0x7f\ninc al\ninto\nafter:');
    overflow.run();
    expect(overflow.delivered()).toMatchObject({ vector: 4, eip: overflow.label('after') });
    const range = protectedGuest('mov eax, -6\nhere: bound eax, [bounds]\nbounds: dd -5, 5');
    range.run();
    expect(range.delivered()).toMatchObject({ vector: 5, eip: range.label('here') });
    const inside = protectedGuest('mov eax, -5\nbound eax, [bounds]\nhlt\nbounds: dd -5, 5');
    inside.run();
    expect(inside.cpu.eip).toBe(CODE + 5 + 6 + 1);
  });

  it('#SS on a same-level frame that does not fit has error code EXT, and pushes nothing', () => {
    const guest = protectedGuest('mov esp, 4\nud2');
    guest.describe(FREE_SELECTOR, 0, 0xf_ffff, 0xc093);
    guest.cpu.setSegment(2, { selector: KERNEL_DS, attributes: 0x4093, base: 0x6000, limit: 0xfff });
    const stop = guest.run();
    // #SS cannot be pushed either, nor can #DF.
    expect(stop.kind === 'triple-fault' && stop.report.vectors).toEqual([6, 12, 12, 8, 12]);
  });
});

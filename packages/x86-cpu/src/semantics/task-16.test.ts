/** Tests of 16-bit TSSs and gates, of task gates, and of what a task switch takes along. */
import { describe, expect, it } from 'vitest';
import { NT } from '../state/eflags.js';
import { CS, FS, GS, LDTR, TR } from '../state/layout.js';
import {
  FREE_SELECTOR,
  GDT,
  type Guest,
  IDT,
  KERNEL_CS,
  KERNEL_DS,
  protectedGuest,
  TSS,
} from '../testing/guest.js';

const NEW_TSS = 0x3400;
const NEW_STACK = 0x6800;
const OLD_TASK = 0x28;
const CODE_16 = 0x48;
const GATE = 0x50;
const LDT = 0x58;
const TASK_TEXT_AT = 0x5000;

/** A ring 0 task with a 16-bit TSS; its text is 16-bit code at 5000. */
function with16BitTask(text: string, task: string): Guest {
  const guest = protectedGuest(text);
  guest.describe(FREE_SELECTOR, NEW_TSS, 0x2b, 0x81);
  guest.describe(CODE_16, 0, 0xffff, 0x009b);
  guest.load(task, TASK_TEXT_AT, 16);
  const words = [0, 0, 0, 0, 0, 0, 0, TASK_TEXT_AT, 2, 0xa, 0xc, 0xd, 0xb, NEW_STACK, 0xe, 0xf, 0x10];
  for (const [i, word] of words.entries()) guest.mem.write16(NEW_TSS + 2 * i, word);
  for (const [offset, selector] of [
    [0x22, KERNEL_DS],
    [0x24, CODE_16],
    [0x26, KERNEL_DS],
    [0x28, KERNEL_DS],
    [0x2a, 0],
  ] as const) {
    guest.mem.write16(NEW_TSS + offset, selector);
  }
  return guest;
}

/** A ring 0 task with a 32-bit TSS, entered at label task. */
function with32BitTask(text: string): Guest {
  const guest = protectedGuest(text);
  guest.describe(FREE_SELECTOR, NEW_TSS, 0x67, 0x89);
  const words: Readonly<Record<number, number>> = {
    32: guest.label('task'),
    36: 2,
    56: NEW_STACK,
    72: KERNEL_DS,
    76: KERNEL_CS,
    80: KERNEL_DS,
    84: KERNEL_DS,
  };
  for (const [offset, word] of Object.entries(words)) guest.mem.write32(NEW_TSS + Number(offset), word);
  return guest;
}

const isBusy = (guest: Guest, selector: number) => (guest.mem.read8(GDT + selector + 5) & 2) !== 0;
const task = (guest: Guest) => guest.cpu.getSegment(TR).selector;

describe('a 16-bit TSS', () => {
  it('gives 16-bit registers, ES CS SS DS, and no FS and GS', () => {
    const guest = with16BitTask(`jmp ${FREE_SELECTOR}:0`, 'mov [0x9000], ax\nhlt');
    expect(guest.run()).toEqual({ kind: 'halt' });
    const { cpu, mem } = guest;
    expect([cpu.eax, cpu.ecx, cpu.edx, cpu.ebx].map((word) => word & 0xffff)).toEqual([0xa, 0xc, 0xd, 0xb]);
    expect([cpu.ebp, cpu.esi, cpu.edi, cpu.esp].map((word) => word & 0xffff)).toEqual([
      0xe,
      0xf,
      0x10,
      NEW_STACK,
    ]);
    expect([cpu.getSegment(CS).selector, cpu.getSegment(FS).selector, cpu.getSegment(GS).selector]).toEqual([
      CODE_16,
      0,
      0,
    ]);
    expect([mem.read16(0x9000), task(guest), isBusy(guest, FREE_SELECTOR)]).toEqual([
      0xa,
      FREE_SELECTOR,
      true,
    ]);
  });

  it('is saved in words: CALL out of it and IRET back', () => {
    const guest = with16BitTask(
      `call ${FREE_SELECTOR}:0\nhlt`,
      `mov ax, 0x1234\nmov bx, 0x5678\niret\nmov cx, 0x77\niret`,
    );
    guest.run();
    const { mem } = guest;
    expect([mem.read16(NEW_TSS), mem.read16(NEW_TSS + 0x12), mem.read16(NEW_TSS + 0x18)]).toEqual([
      OLD_TASK,
      0x1234,
      0x5678,
    ]);
    // IP after the IRET, and FLAGS without NT, which IRET has cleared.
    expect(mem.read16(NEW_TSS + 0x0e)).toBe(TASK_TEXT_AT + 7);
    expect(mem.read16(NEW_TSS + 0x10) & NT).toBe(0);
    expect([task(guest), isBusy(guest, FREE_SELECTOR)]).toEqual([OLD_TASK, false]);
  });

  it('with a limit below 2B is #TS with its selector', () => {
    const guest = with16BitTask(`jmp ${FREE_SELECTOR}:0`, 'hlt');
    guest.describe(FREE_SELECTOR, NEW_TSS, 0x2a, 0x81);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 10, errorCode: FREE_SELECTOR });
  });

  it('holds the inner stacks as SP and SS words', () => {
    const guest = protectedGuest(
      'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: ud2',
    );
    guest.mem.write16(NEW_TSS + 2, 0x6000);
    guest.mem.write16(NEW_TSS + 4, KERNEL_DS);
    guest.cpu.setSegment(TR, { selector: FREE_SELECTOR, attributes: 0x83, base: NEW_TSS, limit: 0x2b });
    guest.run();
    expect(guest.delivered().vector).toBe(6);
    expect(guest.cpu.esp).toBe(0x6000 - 20);
  });
});

describe('task gates', () => {
  it('JMP and CALL through one reach its TSS whatever the offset; CALL leaves the back link', () => {
    for (const [text, link] of [
      ['jmp', 0],
      ['call', OLD_TASK],
    ] as const) {
      const guest = with32BitTask(`${text} ${GATE}:0x12345678\ntask: hlt`);
      guest.gate(GDT, GATE, FREE_SELECTOR, 0, 0x85);
      expect(guest.run()).toEqual({ kind: 'halt' });
      expect([text, task(guest), guest.mem.read16(NEW_TSS)]).toEqual([text, FREE_SELECTOR, link]);
      expect((guest.cpu.eflags & NT) !== 0).toBe(text === 'call');
    }
  });

  it('the gate’s DPL counts and the TSS’s does not', () => {
    const ring3 = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: ';
    const allowed = with32BitTask(`${ring3}jmp ${GATE}:0\ntask: hlt`);
    allowed.gate(GDT, GATE, FREE_SELECTOR, 0, 0xe5);
    expect(allowed.run()).toEqual({ kind: 'halt' });
    expect(task(allowed)).toBe(FREE_SELECTOR);
    const refused = with32BitTask(`${ring3}jmp ${GATE}:0\ntask: hlt`);
    refused.gate(GDT, GATE, FREE_SELECTOR, 0, 0x85);
    refused.run();
    expect(refused.delivered()).toMatchObject({ vector: 13, errorCode: GATE });
  });

  it('INT n through one nests, and IRET comes back after the INT', () => {
    const guest = with32BitTask('mov ebx, 1\nint 0x40\nadd ebx, 1\nhlt\ntask: mov ebx, 0x99\niretd');
    guest.gate(IDT, 0x40 * 8, FREE_SELECTOR, 0, 0x85);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect([guest.cpu.ebx, task(guest), isBusy(guest, OLD_TASK)]).toEqual([2, OLD_TASK, true]);
  });

  it('an absent gate is #NP with the gate’s selector, an absent TSS #NP with the TSS’s', () => {
    const gate = with32BitTask(`jmp ${GATE}:0\ntask: hlt`);
    gate.gate(GDT, GATE, FREE_SELECTOR, 0, 0x05);
    gate.run();
    expect(gate.delivered()).toMatchObject({ vector: 11, errorCode: GATE });
    const tss = with32BitTask(`jmp ${GATE}:0\ntask: hlt`);
    tss.gate(GDT, GATE, FREE_SELECTOR, 0, 0x85);
    tss.describe(FREE_SELECTOR, NEW_TSS, 0x67, 0x09);
    tss.run();
    expect(tss.delivered()).toMatchObject({ vector: 11, errorCode: FREE_SELECTOR });
  });
});

describe('a task switch', () => {
  it('IRET with NT to a task that is not busy is #TS with the link', () => {
    const guest = with32BitTask(`push dword ${NT | 2}\npopfd\niretd\ntask: hlt`);
    guest.mem.write16(TSS, FREE_SELECTOR);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 10, errorCode: FREE_SELECTOR });
  });

  it('loads CR3 and LDTR from the new TSS', () => {
    const guest = with32BitTask(`jmp ${FREE_SELECTOR}:0\ntask: mov eax, [0x3f0000]\nhlt`);
    for (const [directory, page] of [
      [0x10_0000, 0x12_0000],
      [0x11_0000, 0x13_0000],
    ] as const) {
      guest.mem.write32(directory, (directory + 0x1000) | 7);
      for (let i = 0; i < 0x400; i++) guest.mem.write32(directory + 0x1000 + 4 * i, (i << 12) | 7);
      guest.mem.write32(directory + 0x1000 + 4 * 0x3f0, page | 7);
      guest.mem.write32(page, page);
    }
    guest.describe(LDT, 0x3800, 0x7f, 0x82);
    guest.mem.write32(NEW_TSS + 0x1c, 0x11_0000);
    guest.mem.write32(NEW_TSS + 0x60, LDT);
    guest.cpu.cr3 = 0x10_0000;
    guest.cpu.cr0 = 0x8000_0011;
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect([guest.cpu.eax, guest.cpu.cr3]).toEqual([0x13_0000, 0x11_0000]);
    expect(guest.cpu.getSegment(LDTR)).toMatchObject({ selector: LDT, base: 0x3800 });
  });

  it('the old TSS keeps CR3 and LDTR as they are: they are static fields', () => {
    const guest = with32BitTask(`jmp ${FREE_SELECTOR}:0\ntask: hlt`);
    guest.mem.write32(TSS + 0x1c, 0x1111_1111);
    guest.mem.write32(TSS + 0x60, 0x2222);
    guest.run();
    expect([guest.mem.read32(TSS + 0x1c), guest.mem.read32(TSS + 0x60)]).toEqual([0x1111_1111, 0x2222]);
  });
});

describe('a 16-bit call gate', () => {
  const USER = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: ';

  it('copies its parameters as words and enters the inner level with 16-bit frames', () => {
    const guest = protectedGuest(`${USER}push word 0x1111\npush word 0x2222\ncall ${GATE}:0\nafter: ud2`);
    guest.describe(CODE_16, 0, 0xffff, 0x009b);
    guest.load('hlt', TASK_TEXT_AT, 16);
    guest.gate(GDT, GATE, CODE_16, TASK_TEXT_AT, 0xe4, 2);
    expect(guest.run()).toEqual({ kind: 'halt' });
    const { cpu, mem } = guest;
    expect([cpu.esp, cpu.cpl]).toEqual([0x7000 - 12, 0]);
    const words = Array.from({ length: 6 }, (_, i) => mem.read16(cpu.esp + 2 * i));
    expect(words).toEqual([guest.label('after') & 0xffff, 0x1b, 0x2222, 0x1111, 0x9000 - 4, 0x23]);
  });

  it('and RET n from it releases the words on both stacks', () => {
    const guest = protectedGuest('nop');
    guest.describe(CODE_16, 0, 0xffff, 0x009b);
    // The return IP has but 16 bits: the caller's segment begins where its code does.
    guest.describe(0x60, 0x1_0000, 0xffff, 0x40fb);
    guest.load('retf 4', TASK_TEXT_AT, 16);
    guest.gate(GDT, GATE, CODE_16, TASK_TEXT_AT, 0xe4, 2);
    guest.load(
      `push USER_DS\npush USER_STACK_TOP\npush 2\npush 0x63\npush user - 0x10000\niretd\nuser: push word 0x1111\npush word 0x2222\ncall ${GATE}:0\nafter: ud2`,
      0x1_0000,
      32,
    );
    guest.run();
    expect(guest.delivered()).toMatchObject({
      vector: 6,
      cs: 0x63,
      eip: guest.label('after') - 0x1_0000,
      ss: 0x23,
    });
    expect((guest.delivered().esp ?? 0) & 0xffff).toBe(0x9000);
  });

  it('a parameter beyond the caller’s stack is #SS(0)', () => {
    const guest = protectedGuest(`${USER}mov esp, 0\ncall ${GATE}:0`);
    guest.describe(0x20, 0, 0xf, 0x40f3);
    guest.gate(GDT, GATE, KERNEL_CS, 0x4000, 0xec, 8);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 12, errorCode: 0 });
  });
});

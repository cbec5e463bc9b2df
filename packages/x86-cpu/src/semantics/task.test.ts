/** Tests of task switches and of virtual-8086 mode. */
import { describe, expect, it } from 'vitest';
import { NT, VM } from '../state/eflags.js';
import { CS, DS, ES, GS, SS, TR } from '../state/layout.js';
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

/** A second task at label task, ring 0, its stack at NEW_STACK. */
function withTask(text: string): Guest {
  const guest = protectedGuest(text);
  guest.describe(FREE_SELECTOR, NEW_TSS, 0x67, 0x89);
  const words: Readonly<Record<number, number>> = {
    32: guest.label('task'),
    36: 2,
    40: 0xaaaa,
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

describe('task switches', () => {
  it('JMP to a TSS saves the old task, frees it, and loads the new one with TS set', () => {
    const guest = withTask(`mov ebx, 0x77\njmp ${FREE_SELECTOR}:0\nback: hlt\ntask: mov ecx, cr0\nhlt`);
    guest.run();
    const { cpu, mem } = guest;
    expect([cpu.eax, cpu.ecx & 8, cpu.esp, cpu.getSegment(TR).selector]).toEqual([
      0xaaaa,
      8,
      NEW_STACK,
      FREE_SELECTOR,
    ]);
    expect([mem.read32(TSS + 0x20), mem.read32(TSS + 0x34)]).toEqual([guest.label('back'), 0x77]);
    expect([isBusy(guest, OLD_TASK), isBusy(guest, FREE_SELECTOR)]).toEqual([false, true]);
  });

  it('CALL nests, and IRET with NT returns', () => {
    const guest = withTask(
      `mov ebx, 5\ncall ${FREE_SELECTOR}:0\nadd ebx, 1\nhlt\ntask: pushfd\npop eax\nmov [0x9000], eax\niretd`,
    );
    guest.run();
    expect(guest.mem.read32(0x9000) & NT).toBe(NT);
    expect(guest.mem.read16(NEW_TSS)).toBe(OLD_TASK);
    expect([guest.cpu.ebx, guest.cpu.getSegment(TR).selector]).toEqual([6, OLD_TASK]);
    expect([isBusy(guest, OLD_TASK), isBusy(guest, FREE_SELECTOR)]).toEqual([true, false]);
  });

  it('a busy TSS is #GP with its selector; one with a short limit is #TS', () => {
    const busy = withTask(`jmp ${FREE_SELECTOR}:0\ntask:`);
    busy.describe(FREE_SELECTOR, NEW_TSS, 0x67, 0x8b);
    busy.run();
    expect(busy.delivered()).toMatchObject({ vector: 13, errorCode: FREE_SELECTOR });
    const short = withTask(`jmp ${FREE_SELECTOR}:0\ntask:`);
    short.describe(FREE_SELECTOR, NEW_TSS, 0x66, 0x89);
    short.run();
    expect(short.delivered()).toMatchObject({ vector: 10, errorCode: FREE_SELECTOR });
  });

  it('a double fault through a task gate gets a fresh stack with the error code on it', () => {
    const guest = withTask(
      'mov esp, 0x9000\nmov eax, 0\nmov es, eax\nhere: mov eax, [es:0]\ntask: mov ebx, [esp]\nhlt',
    );
    guest.gate(IDT, 13 * 8, KERNEL_CS, 0, 0x0e);
    guest.gate(IDT, 8 * 8, FREE_SELECTOR, 0, 0x85);
    guest.run();
    expect([guest.cpu.ebx, guest.cpu.esp]).toEqual([0, NEW_STACK - 4]);
    expect(guest.mem.read32(TSS + 0x20)).toBe(guest.label('here'));
  });

  it('a bad segment in the new TSS is #TS there, in the new task', () => {
    const guest = withTask(`jmp ${FREE_SELECTOR}:0\ntask: hlt`);
    guest.mem.write32(NEW_TSS + 0x54, 0x7f8);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 10, errorCode: 0x7f8, eip: guest.label('task') });
    expect(guest.cpu.getSegment(TR).selector).toBe(FREE_SELECTOR);
  });
});

describe('virtual-8086 mode', () => {
  /** IRET to 0500:0000 with SS:SP = 0600:0100, DS = 0700. */
  const enter = (flags: number) =>
    `push 0\npush 0\npush 0x700\npush 0\npush 0x600\npush 0x100\npush ${flags}\npush 0x500\npush 0\niretd`;

  const virtual = (flags: number, text: string) => {
    const guest = protectedGuest(enter(flags));
    guest.load(text, 0x5000, 16);
    return guest;
  };

  it('IRET with VM loads every segment by shifting, at CPL 3', () => {
    const guest = virtual(0x2_0002, 'mov ax, [0x10]\nmov bx, ds\nmov cx, 0x900\nmov es, cx\nhlt');
    guest.mem.write16(0x7010, 0xbeef);
    guest.run();
    const frame = guest.delivered();
    expect(frame).toMatchObject({ vector: 13, errorCode: 0, cs: 0x500 });
    expect(frame.eflags & VM).toBe(VM);
    expect([guest.cpu.eax, guest.cpu.ebx & 0xffff]).toEqual([0xbeef, 0x700]);
  });

  it('a fault leaves it by nine dwords on the ring 0 stack, with the data segments null', () => {
    const guest = virtual(0x2_0002, 'cli');
    guest.run();
    const at = guest.cpu.esp;
    const frame = Array.from({ length: 10 }, (_, i) => guest.mem.read32(at + i * 4));
    expect(frame.slice(0, 3)).toEqual([0, 0, 0x500]);
    expect(frame.slice(4)).toEqual([0x100, 0x600, 0, 0x700, 0, 0]);
    expect([ES, DS, GS].map((index) => guest.cpu.getSegment(index).selector)).toEqual([0, 0, 0]);
    expect([guest.cpu.cpl, guest.cpu.getSegment(SS).selector, guest.cpu.getSegment(CS).selector]).toEqual([
      0,
      KERNEL_DS,
      KERNEL_CS,
    ]);
  });

  it('CLI STI PUSHF POPF INT n and IRET need IOPL 3; IN and OUT need the bitmap', () => {
    for (const text of ['cli', 'sti', 'pushf', 'popf', 'int 0x40', 'iret', 'in al, 0x60']) {
      const guest = virtual(0x2_0002, text);
      guest.run();
      expect([text, guest.delivered().vector]).toEqual([text, 13]);
    }
    const free = virtual(0x2_3002, 'cli\npushf\npopf\nint 0x40');
    free.gate(IDT, 0x40 * 8, KERNEL_CS, 0x4000 + 0x40 * 8, 0xee);
    free.run();
    expect(free.delivered()).toMatchObject({ vector: 0x40, cs: 0x500 });
  });
});

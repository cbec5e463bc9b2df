/** Tests of breakpoints, data watches, single steps and the resume flag. */
import { describe, expect, it } from 'vitest';
import { DR6_BD, DR6_BS, DR6_BT, DR7_GD } from './debug-unit.js';
import { RF, TF } from './state/eflags.js';
import { DR0, TR } from './state/layout.js';
import {
  type Delivered,
  FREE_SELECTOR,
  GDT,
  type Guest,
  IDT,
  KERNEL_CS,
  KERNEL_DS,
  protectedGuest,
} from './testing/guest.js';

const DB = 1;
const DR6_CONDITIONS = 0xe00f;
const L0 = 1;
const ON_WRITE_1 = 0x1_0000;
const ON_WRITE_4 = 0xd_0000;
const ON_PORT_1 = 0x2_0000;
const ON_ACCESS_4 = 0xf_0000;
const CR4_DE = 8;

const setDebug = (guest: Guest, index: number, value: number) =>
  guest.cpu.registers.set(DR0 + index * 4, value);
const status = (guest: Guest) => guest.cpu.registers.get(DR0 + 6 * 4) & DR6_CONDITIONS;
const dr7 = (guest: Guest) => guest.cpu.registers.get(DR0 + 7 * 4);

/** A guest whose breakpoint 0 is at a label or an address. */
function armed(
  text: string,
  at: string | number,
  kind: number,
  interpreter: 'fast' | 'reference' = 'fast',
): Guest {
  const guest = protectedGuest(text, { interpreter });
  setDebug(guest, 0, typeof at === 'number' ? at : guest.label(at));
  setDebug(guest, 7, kind | L0);
  return guest;
}

function trapped(guest: Guest): Delivered {
  guest.run();
  const frame = guest.delivered();
  expect(frame.vector).toBe(DB);
  return frame;
}

describe.each(['fast', 'reference'] as const)('with the %s interpreter', (interpreter) => {
  const breakpoint = (text: string, at: string | number, kind: number) => armed(text, at, kind, interpreter);

  it('an instruction breakpoint is a fault before its instruction, and B0 tells which', () => {
    const guest = breakpoint('inc eax\nhere: inc eax\nhlt', 'here', 0);
    expect(trapped(guest)).toMatchObject({ eip: guest.label('here') });
    expect([guest.cpu.eax, status(guest)]).toEqual([1, 1]);
  });

  it('RF in the frame of an instruction breakpoint is as it was, so that the handler must set it', () => {
    expect(trapped(breakpoint('here: nop', 'here', 0)).eflags & RF).toBe(0);
  });

  it('IRET to a breakpoint with RF set executes the instruction, and the next arrival traps again', () => {
    const text =
      'mov ecx, 3\nhere: inc eax\nloop here\nhlt\nhandler: inc ebx\nor dword [esp + 8], 0x10000\niretd';
    const guest = breakpoint(text, 'here', 0);
    guest.gate(IDT, DB * 8, KERNEL_CS, guest.label('handler'), 0x8e);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect([guest.cpu.eax, guest.cpu.ebx]).toEqual([3, 3]);
  });

  it('a data breakpoint is a trap: the store has been made and EIP is after it', () => {
    const guest = breakpoint('mov dword [0x9000], 5\nafter: nop\nhlt', 0x9000, ON_WRITE_4);
    expect(trapped(guest).eip).toBe(guest.label('after'));
    expect([guest.mem.read32(0x9000), status(guest)]).toEqual([5, 1]);
  });

  it('R/W = 01B breaks on writes alone, 11B on reads too', () => {
    const read = 'mov eax, [0x9000]\nafter: nop\nhlt';
    expect(breakpoint(read, 0x9000, ON_WRITE_4).run()).toEqual({ kind: 'halt' });
    const guest = breakpoint(read, 0x9000, ON_ACCESS_4);
    expect(trapped(guest).eip).toBe(guest.label('after'));
  });

  it('an access breaks when any of its bytes lies in the breakpoint’s range', () => {
    const hits = (address: number, kind: number) => {
      const guest = breakpoint(`mov dword [${address}], 0\nhlt`, 0x9006, kind);
      guest.run();
      return status(guest) === 1;
    };
    // Address bits below the length are not compared: 9006 with LEN 4 is 9004-9007.
    expect([0x9000, 0x9001, 0x9007, 0x9008].map((at) => hits(at, ON_WRITE_4))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([0x9002, 0x9003, 0x9006, 0x9007].map((at) => hits(at, ON_WRITE_1))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('PUSH and the frame of an interrupt are writes too', () => {
    const push = breakpoint('push eax\nafter: nop\nhlt', 0x7ffc, ON_WRITE_4);
    expect(trapped(push).eip).toBe(push.label('after'));
    // The trap follows the delivery: it interrupts the handler before its first instruction.
    const int = breakpoint('int 0x40\nhlt', 0x7ffc, ON_WRITE_4);
    expect(trapped(int).eip).toBe(0x4000 + 0x40 * 8);
  });

  it('a data breakpoint in REP MOVS traps after the iteration, with RF set for those to come', () => {
    const text = 'mov ecx, 8\nmov esi, 0x9000\nmov edi, 0xa000\nhere: rep movsd\nhlt';
    const guest = breakpoint(text, 0xa008, ON_WRITE_4);
    const frame = trapped(guest);
    expect(frame.eip).toBe(guest.label('here'));
    expect(frame.eflags & RF).toBe(RF);
    expect([guest.cpu.ecx, guest.cpu.edi]).toEqual([5, 0xa00c]);
  });

  it('the last iteration of a REP pushes RF clear', () => {
    const guest = breakpoint('mov ecx, 3\nmov edi, 0xa000\nrep stosd\nafter: hlt', 0xa008, ON_WRITE_4);
    const frame = trapped(guest);
    expect([frame.eip, frame.eflags & RF]).toEqual([guest.label('after'), 0]);
  });

  it('an instruction breakpoint at a REP is met before the first iteration alone', () => {
    const text =
      'mov ecx, 4\nmov edi, 0xa000\nhere: rep stosd\nhlt\nhandler: inc ebx\nor dword [esp + 8], 0x10000\niretd';
    const guest = breakpoint(text, 'here', 0);
    guest.gate(IDT, DB * 8, KERNEL_CS, guest.label('handler'), 0x8e);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect([guest.cpu.ecx, guest.cpu.ebx]).toEqual([0, 1]);
  });

  it('an interrupt between two iterations of a REP pushes RF set; elsewhere RF is as it was', () => {
    const guest = protectedGuest(
      'sti\nnop\nmov ecx, 1000\nmov edi, 0xa000\nhere: rep stosb\nafter: nop\nhlt',
      {
        interpreter,
        board: { acknowledgeInterrupt: () => 0x31 },
      },
    );
    guest.cpu.run(50);
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 0x31, eip: guest.label('here') });
    expect(guest.delivered().eflags & RF).toBe(RF);
  });

  it('an I/O breakpoint needs CR4.DE, and traps after IN or OUT', () => {
    const text = 'out 0x80, al\nafter: nop\nhlt';
    expect(breakpoint(text, 0x80, ON_PORT_1).run()).toEqual({ kind: 'halt' });
    const guest = breakpoint(text, 0x80, ON_PORT_1);
    guest.cpu.cr4 = CR4_DE;
    expect(trapped(guest).eip).toBe(guest.label('after'));
    expect(status(guest)).toBe(1);
  });

  it('arming by MOV DR7 counts for the next instruction', () => {
    const guest = protectedGuest('mov eax, here\nmov dr0, eax\nmov eax, 1\nmov dr7, eax\nhere: nop\nhlt', {
      interpreter,
    });
    expect(trapped(guest).eip).toBe(guest.label('here'));
  });

  it('the count of instructions is the same with and without an armed breakpoint', () => {
    const text =
      'mov ecx, 20\nmov edi, 0xa000\nrep stosb\nmov ecx, 5\nagain: push ecx\npop eax\nloop again\nhlt';
    const plain = protectedGuest(text, { interpreter });
    plain.run();
    const watched = breakpoint(text, 0xf000, ON_WRITE_4);
    watched.run();
    expect(watched.cpu.icount).toBe(plain.cpu.icount);
  });
});

describe('the single-step trap', () => {
  const STEP = 'push dword 0x102\npopfd\n';

  it('comes with BS and the data breakpoints of the same instruction in one exception', () => {
    const guest = armed(`${STEP}mov dword [0x9000], 5\nafter: nop\nhlt`, 0x9000, ON_WRITE_4);
    expect(trapped(guest).eip).toBe(guest.label('after'));
    expect(status(guest)).toBe(DR6_BS | 1);
  });

  it('follows the first instruction after an IRET that sets TF', () => {
    const guest = protectedGuest(
      'push dword 0x102\npush KERNEL_CS\npush on\niretd\non: nop\nafter: nop\nhlt',
    );
    expect(trapped(guest)).toMatchObject({ eip: guest.label('after') });
    expect(guest.delivered().eflags & TF).toBe(TF);
  });

  it('follows each iteration of a REP, with RF set for those to come', () => {
    const guest = protectedGuest(`mov ecx, 3\nmov edi, 0xa000\n${STEP}here: rep stosb\nhlt`);
    const frame = trapped(guest);
    expect([frame.eip, frame.eflags & RF, guest.cpu.ecx]).toEqual([guest.label('here'), RF, 2]);
  });

  it('does not follow an instruction that faulted', () => {
    const guest = protectedGuest(`${STEP}here: ud2`);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 6, eip: guest.label('here') });
    expect(status(guest)).toBe(0);
  });

  it('and a data breakpoint wait through the shadow of MOV SS', () => {
    const guest = armed('mov ss, [0x9000]\nnop\nafter: nop\nhlt', 0x9000, ON_ACCESS_4);
    guest.mem.write32(0x9000, KERNEL_DS);
    expect(trapped(guest).eip).toBe(guest.label('after'));
  });
});

describe('general detection and aliases', () => {
  it('MOV DR with DR7.GD is #DB with BD, a fault, and the handler may use them: GD is clear', () => {
    const guest = protectedGuest('here: mov eax, dr0');
    setDebug(guest, 7, DR7_GD);
    expect(trapped(guest)).toMatchObject({ eip: guest.label('here') });
    expect([status(guest), dr7(guest) & DR7_GD]).toEqual([DR6_BD, 0]);
  });

  it('any debug exception clears GD', () => {
    const guest = armed('here: nop', 'here', DR7_GD);
    trapped(guest);
    expect(dr7(guest) & DR7_GD).toBe(0);
  });

  it('DR4 and DR5 are #UD with CR4.DE, before GD is looked at', () => {
    const guest = protectedGuest('mov eax, dr4');
    setDebug(guest, 7, DR7_GD);
    guest.cpu.cr4 = CR4_DE;
    guest.run();
    expect(guest.delivered().vector).toBe(6);
  });

  it('ICEBP is a trap through vector 1 without a privilege check, and leaves DR6 alone', () => {
    const guest = protectedGuest(
      'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: db 0xf1\nafter: nop',
    );
    expect(trapped(guest).eip).toBe(guest.label('after'));
    expect(status(guest)).toBe(0);
  });

  it('#DF pushes RF clear', () => {
    const guest = protectedGuest('here: ud2');
    guest.gate(IDT, 6 * 8, KERNEL_CS, 0x4000, 0x0e);
    guest.gate(IDT, 11 * 8, KERNEL_CS, 0x4000, 0x0e);
    guest.run();
    expect(guest.delivered().vector).toBe(8);
    expect(guest.delivered().eflags & RF).toBe(0);
  });
});

describe('a task switch', () => {
  const NEW_TSS = 0x3400;

  const task = (text: string) => {
    const guest = protectedGuest(text);
    guest.describe(FREE_SELECTOR, NEW_TSS, 0x67, 0x89);
    const { mem } = guest;
    mem.write32(NEW_TSS + 0x20, guest.label('task'));
    mem.write32(NEW_TSS + 0x24, 2);
    mem.write32(NEW_TSS + 0x38, 0x6800);
    for (const at of [0x48, 0x50, 0x54]) mem.write32(NEW_TSS + at, KERNEL_DS);
    mem.write32(NEW_TSS + 0x4c, KERNEL_CS);
    return guest;
  };

  it('to a TSS with the T flag traps with BT before the new task’s first instruction', () => {
    const guest = task(`jmp ${FREE_SELECTOR}:0\ntask: nop\nhlt`);
    guest.mem.write16(NEW_TSS + 0x64, 1);
    expect(trapped(guest).eip).toBe(guest.label('task'));
    expect([status(guest), guest.cpu.getSegment(TR).selector]).toEqual([DR6_BT, FREE_SELECTOR]);
  });

  it('clears the local enables and keeps the global ones', () => {
    const guest = task(`jmp ${FREE_SELECTOR}:0\ntask: hlt`);
    setDebug(guest, 7, 0x3ff);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(dr7(guest) & 0x3ff).toBe(0x2aa);
  });

  it('by a fault through a task gate keeps RF in the old TSS', () => {
    const guest = task('here: ud2\ntask: hlt');
    guest.gate(IDT, 6 * 8, FREE_SELECTOR, 0, 0x85);
    guest.run();
    expect(guest.mem.read32(0x3000 + 0x24) & RF).toBe(RF);
    expect(guest.mem.read8(GDT + FREE_SELECTOR + 5)).toBe(0x8b);
  });
});

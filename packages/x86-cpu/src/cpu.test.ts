/** Tests of the run loop: budgets, interrupts at boundaries, shadows, single steps, hooks and snapshots. */
import { KexecError } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { IF, TF } from './state/eflags.js';
import { CODE, IDT, KERNEL_CS, protectedGuest, realGuest } from './testing/guest.js';

describe('reset', () => {
  it('starts at F000:FFF0 with CS base FFFF0000, and EDX holds the signature', () => {
    const { cpu } = realGuest('hlt', { model: 'pentium' });
    cpu.reset();
    expect(cpu.eip).toBe(0xfff0);
    expect(cpu.getSegment(1)).toMatchObject({ selector: 0xf000, base: 0xffff_0000, limit: 0xffff });
    expect(cpu.eflags).toBe(2);
    expect(cpu.cr0).toBe(0x6000_0010);
    expect(cpu.edx >>> 8).toBe(5);
  });
});

describe('run(budget)', () => {
  it('executes at most that many instructions, each iteration of REP counting as one', () => {
    const guest = protectedGuest('mov ecx, 10\nmov edi, 0x9000\nrep stosb\nhlt');
    expect(guest.cpu.run(5)).toEqual({ kind: 'budget' });
    expect(guest.cpu.ecx).toBe(7);
    expect(guest.cpu.icount).toBe(5);
    expect(guest.cpu.run(100)).toEqual({ kind: 'halt' });
    expect(guest.cpu.icount).toBe(13);
  });

  it('counts exactly inside a port callback: the OUT itself has not retired', () => {
    const counts: number[] = [];
    const guest = protectedGuest('nop\nnop\nout 0x80, al\nnop\nout 0x80, al\nhlt', {
      board: { writePort: () => void counts.push(guest.cpu.icount) },
    });
    guest.run();
    expect(counts).toEqual([2, 4]);
  });

  it('stops at the next boundary on requestStop()', () => {
    const guest = protectedGuest('nop\nout 0x80, al\nafter: nop\nhlt', {
      board: { writePort: () => guest.cpu.requestStop() },
    });
    expect(guest.run()).toEqual({ kind: 'stop' });
    expect(guest.cpu.eip).toBe(guest.label('after'));
    expect(guest.run()).toEqual({ kind: 'halt' });
  });

  it('ends even when every instruction faults', () => {
    const guest = protectedGuest('again: ud2');
    guest.gate(IDT, 6 * 8, KERNEL_CS, CODE, 0x8e);
    guest.cpu.esp = 0x40_0000;
    expect(guest.cpu.run(1000)).toEqual({ kind: 'budget' });
    expect(guest.cpu.icount).toBe(1000);
  });
});

describe('interrupts', () => {
  const acknowledged = (vector: number) => ({ acknowledgeInterrupt: () => vector });

  it('HLT waits for INTR, which then returns to the instruction after it', () => {
    const guest = protectedGuest('sti\nhlt\nafter: nop', { board: acknowledged(0x31) });
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.run()).toEqual({ kind: 'halt' });
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 0x31, eip: guest.label('after') });
  });

  it('IF = 0 holds INTR off, and STI lets it in after the next instruction', () => {
    const guest = protectedGuest('nop\ncli\nnop\nsti\nnop\nafter: nop\nhlt', { board: acknowledged(0x31) });
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 0x31, eip: guest.label('after') });
  });

  it('STI right before CLI lets nothing in', () => {
    const guest = protectedGuest('sti\ncli\nhlt\nafter:', { board: acknowledged(0x31) });
    guest.cpu.setInterruptLine(true);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.eip).toBe(guest.label('after'));
  });

  it('a load of SS holds interrupts off until the stack pointer is loaded too', () => {
    const guest = protectedGuest('mov eax, KERNEL_DS\nsti\nmov ss, eax\nmov esp, 0x6000\nafter: nop\nhlt', {
      board: acknowledged(0x31),
    });
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered().eip).toBe(guest.label('after'));
    expect(guest.cpu.esp).toBe(0x6000 - 12);
  });

  it('POPF that sets IF is followed by the pending interrupt at once', () => {
    const guest = protectedGuest('push dword 0x202\npopfd\nafter: nop\nhlt', { board: acknowledged(0x31) });
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered().eip).toBe(guest.label('after'));
  });

  it('a REP instruction is interrupted between iterations with its registers as far as it got', () => {
    const guest = protectedGuest('sti\nmov edx, 0x80\nmov esi, 0x9000\nmov ecx, 10\nhere: rep outsb\nhlt', {
      board: {
        acknowledgeInterrupt: () => 0x31,
        writePort: () => {
          if (guest.cpu.ecx === 7) guest.cpu.setInterruptLine(true);
        },
      },
    });
    guest.run();
    expect(guest.delivered().eip).toBe(guest.label('here'));
    expect([guest.cpu.ecx, guest.cpu.esi]).toEqual([6, 0x9004]);
  });

  it('NMI comes with IF = 0, and no other before IRET', () => {
    const guest = protectedGuest('nop\nhlt\nhandler: inc eax\ncmp eax, 2\njae done\nnop\niretd\ndone: hlt');
    guest.gate(IDT, 2 * 8, KERNEL_CS, guest.label('handler'), 0x8e);
    guest.cpu.raiseNmi();
    guest.cpu.run(2);
    expect(guest.cpu.eax).toBe(1);
    guest.cpu.raiseNmi();
    guest.cpu.run(3);
    expect(guest.cpu.eax).toBe(1);
    guest.cpu.run(1);
    expect(guest.cpu.eip).toBe(guest.label('handler') + 1);
    expect(guest.cpu.eax).toBe(2);
  });
});

describe('single step', () => {
  it('TF set by POPF traps after the instruction that follows POPF, with DR6.BS', () => {
    const guest = protectedGuest('push dword 0x102\npopfd\nnop\nafter: nop\nhlt');
    guest.run();
    const frame = guest.delivered();
    expect(frame).toMatchObject({ vector: 1, eip: guest.label('after') });
    expect(frame.eflags & TF).toBe(TF);
    expect(guest.cpu.eflags & TF).toBe(0);
    guest.load('mov eax, dr6\nhlt', 0x5000, 32);
    guest.cpu.eip = 0x5000;
    guest.run();
    expect(guest.cpu.eax & 0x4000).toBe(0x4000);
  });

  it('a POPF that clears TF still traps after itself', () => {
    const guest = protectedGuest('push dword 2\npush dword 0x102\npopfd\npopfd\nafter: nop\nhlt');
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 1, eip: guest.label('after') });
  });

  it('INT n is not followed by a trap: the handler runs with TF clear', () => {
    const guest = protectedGuest('push dword 0x102\npopfd\nint 0x40\nafter:');
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 0x40, eip: guest.label('after') });
  });

  it('MOV SS delays the trap by one instruction', () => {
    const guest = protectedGuest(
      'mov eax, KERNEL_DS\npush dword 0x102\npopfd\nmov ss, eax\nnop\nafter: nop\nhlt',
    );
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 1, eip: guest.label('after') });
  });
});

describe('hooks', () => {
  it('stop before the instruction at a physical address, and the next run() executes it', () => {
    const guest = protectedGuest('nop\nhere: inc eax\nhlt');
    const here = guest.label('here');
    guest.cpu.addHook(here);
    expect(guest.run()).toEqual({ kind: 'hook', paddr: here });
    expect(guest.cpu.eax).toBe(0);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.eax).toBe(1);
  });

  it('stop each time the loop comes round, until removed', () => {
    const guest = protectedGuest('mov ecx, 5\nhere: inc eax\nloop here\nhlt');
    const here = guest.label('here');
    guest.cpu.addHook(here);
    for (let i = 0; i < 3; i++) expect(guest.run()).toEqual({ kind: 'hook', paddr: here });
    expect(guest.cpu.eax).toBe(2);
    guest.cpu.removeHook(here);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.eax).toBe(5);
  });

  it('an interrupt waits until the hooked instruction has executed', () => {
    const guest = protectedGuest('sti\nnop\nnop\nhere: inc eax\nafter: hlt');
    guest.cpu.addHook(guest.label('here'));
    expect(guest.run().kind).toBe('hook');
    guest.cpu.setInterruptLine(true);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.delivered().eip).toBe(guest.label('after'));
    expect(guest.cpu.eax).toBe(1);
  });
});

describe('snapshots', () => {
  it('run N + M is run N, save, load into another CPU, run M', () => {
    const text = 'sti\nagain: add eax, 0x1234567\nadc ebx, eax\npush ebx\npop edx\nrol edx, 3\njmp again';
    const whole = protectedGuest(text);
    whole.cpu.run(1001);
    const first = protectedGuest(text);
    first.cpu.run(400);
    const state = first.cpu.saveState();
    const second = protectedGuest(text);
    second.cpu.loadState(state);
    second.cpu.run(601);
    expect(second.cpu.saveState()).toEqual(whole.cpu.saveState());
    expect(second.cpu.icount).toBe(1001);
  });

  it('refuse bytes that are no state, and another model’s', () => {
    const { cpu } = protectedGuest('nop');
    expect(() => cpu.loadState(new Uint8Array(4))).toThrow(KexecError);
    const other = protectedGuest('nop', { model: '386' });
    expect(() => other.cpu.loadState(cpu.saveState())).toThrow(/model 'max'/);
  });
});

describe('outside access', () => {
  it('translate() and readLinear() walk pages without setting A or D', () => {
    const guest = protectedGuest('nop');
    guest.mem.write32(0x20_0000, 0x20_1000 | 7);
    guest.mem.write32(0x20_1000 + 4 * 0x10, 0x30_0000 | 5);
    guest.cpu.cr3 = 0x20_0000;
    guest.cpu.cr0 = 0x8001_0011;
    guest.mem.write8(0x30_0123, 0x5a);
    expect(guest.cpu.translate(0x1_0123)).toBe(0x30_0123);
    expect(guest.cpu.translate(0x1_0123, { write: true })).toBeUndefined();
    expect(guest.cpu.translate(0x2_0000)).toBeUndefined();
    expect(guest.cpu.readLinear(0x1_0123, 1)).toEqual(Uint8Array.of(0x5a));
    expect(guest.mem.read32(0x20_1000 + 4 * 0x10)).toBe(0x30_0005);
    expect(guest.cpu.eflags & IF).toBe(0);
  });
});

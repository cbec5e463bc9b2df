/** Tests of VME and PVI, SYSENTER, RDPMC, RSM and alignment checks. */
import { describe, expect, it } from 'vitest';
import type { CpuModelName } from '../model.js';
import { CR4_PVI, CR4_VME } from '../state/control.js';
import { AC, IF, IOPL, RF, TF, VIF, VIP, VM } from '../state/eflags.js';
import { CS, SS } from '../state/layout.js';
import {
  type Guest,
  type GuestOptions,
  IDT,
  KERNEL_CS,
  protectedGuest,
  realGuest,
  TSS,
} from '../testing/guest.js';

const CODE_8086 = 0x5000;
const TSS_LIMIT = 0x67 + 0x20 + 0x20;
const IO_MAP_BASE = 0x88;

/** Code at 0500:0000 in virtual-8086 mode, SS:SP = 0600:0100, with VME. */
function virtual(flags: number, text: string, { cr4 = CR4_VME, redirected = [] as number[] } = {}): Guest {
  const guest = protectedGuest(
    `push 0\npush 0\npush 0x700\npush 0\npush 0x600\npush 0x100\npush ${flags | VM | 2}\npush 0x500\npush 0\niretd`,
  );
  guest.load(text, CODE_8086, 16);
  guest.cpu.setSegment(7, { selector: 0x28, attributes: 0x8b, base: TSS, limit: TSS_LIMIT });
  guest.mem.write16(TSS + 0x66, IO_MAP_BASE);
  guest.mem.fill(TSS + IO_MAP_BASE - 32, 32, 0);
  for (const vector of redirected)
    guest.mem.write8(TSS + IO_MAP_BASE - 32 + (vector >> 3), 1 << (vector & 7));
  // INT 40 of the 8086 program: 0500:0080.
  guest.mem.write32(0x40 * 4, 0x0500_0080);
  guest.mem.write8(CODE_8086 + 0x80, 0xf4);
  guest.cpu.cr4 = cr4;
  return guest;
}

/** Runs into the #GP of HLT in virtual-8086 mode; gives the flags there. */
function flagsAtHlt(guest: Guest): number {
  guest.run();
  const frame = guest.delivered();
  expect([frame.vector, guest.mem.read8(CODE_8086 + frame.eip)]).toEqual([13, 0xf4]);
  return frame.eflags;
}

function faultOf(guest: Guest): readonly [number, number | undefined] {
  guest.run();
  const { vector, errorCode } = guest.delivered();
  return [vector, errorCode];
}

describe('virtual-8086 mode with CR4.VME and IOPL < 3', () => {
  it('STI sets VIF and CLI clears it, and IF stays', () => {
    expect(flagsAtHlt(virtual(IF, 'sti\nhlt')) & (VIF | IF)).toBe(VIF | IF);
    expect(flagsAtHlt(virtual(IF | VIF, 'cli\nhlt')) & (VIF | IF)).toBe(IF);
  });

  it('STI with VIP set is #GP(0)', () => {
    const guest = virtual(VIP, 'sti\nhlt');
    expect(faultOf(guest)).toEqual([13, 0]);
    expect(guest.delivered().eip).toBe(0);
  });

  it('PUSHF pushes VIF in the place of IF, and IOPL 3', () => {
    const guest = virtual(VIF, 'pushf\nhlt');
    flagsAtHlt(guest);
    expect(guest.mem.read16(0x6000 + 0xfe) & (IF | IOPL)).toBe(IF | IOPL);
    const clear = virtual(IF, 'pushf\nhlt');
    flagsAtHlt(clear);
    expect(clear.mem.read16(0x6000 + 0xfe) & IF).toBe(0);
  });

  it('POPF puts IF into VIF, and leaves IF and IOPL', () => {
    const flags = flagsAtHlt(virtual(0, `push word ${IF | IOPL}\npopf\nhlt`));
    expect(flags & (VIF | IF | IOPL)).toBe(VIF);
  });

  it('POPF is #GP(0) for TF, and for IF while VIP is set', () => {
    expect(faultOf(virtual(0, `push word ${TF}\npopf\nnop`))).toEqual([13, 0]);
    expect(faultOf(virtual(VIP, `push word ${IF}\npopf\nnop`))).toEqual([13, 0]);
    expect(flagsAtHlt(virtual(VIP, 'push word 1\npopf\nhlt')) & 1).toBe(1);
  });

  it('PUSHFD, POPFD and IRETD are #GP(0)', () => {
    for (const text of ['pushfd', 'popfd', 'iretd'])
      expect([text, ...faultOf(virtual(0, text))]).toEqual([text, 13, 0]);
  });

  it('IRET takes IP, CS and FLAGS, IF into VIF', () => {
    // Ten bytes before the HLT.
    const text = `push word ${IF | 1}\npush word 0x500\npush word 10\niret\nnop\nhlt`;
    expect(flagsAtHlt(virtual(0, text)) & (VIF | IF | 1)).toBe(VIF | 1);
  });

  it('INT n with its redirection bit clear goes through the program’s own vector table, VIF and TF cleared', () => {
    const guest = virtual(VIF | IF, 'int 0x40');
    const flags = flagsAtHlt(guest);
    expect(guest.delivered()).toMatchObject({ cs: 0x500, eip: 0x80 });
    expect(guest.mem.read32(guest.cpu.esp + 16)).toBe(0xfa);
    expect(flags & (VIF | IF)).toBe(IF);
    expect([0xfa, 0xfc].map((at) => guest.mem.read16(0x6000 + at))).toEqual([2, 0x500]);
    expect(guest.mem.read16(0x60fe) & (IF | IOPL)).toBe(IF | IOPL);
  });

  it('INT n with its bit set is #GP(0), for the monitor', () => {
    expect(faultOf(virtual(0, 'int 0x40', { redirected: [0x40] }))).toEqual([13, 0]);
  });

  it('a bitmap beyond the TSS limit is #GP(0)', () => {
    const guest = virtual(0, 'int 0x40');
    guest.mem.write16(TSS + 0x66, 0x200);
    expect(faultOf(guest)).toEqual([13, 0]);
  });
});

describe('virtual-8086 mode with IOPL 3', () => {
  it('INT n goes through the vector table with VME and a clear bit, clearing IF', () => {
    const guest = virtual(IOPL | IF, 'int 0x40');
    expect(flagsAtHlt(guest) & IF).toBe(0);
    expect(guest.delivered().eip).toBe(0x80);
  });

  it('INT n takes the gate when its bit is set, or without VME', () => {
    for (const options of [{ redirected: [0x40] }, { cr4: 0 }]) {
      const guest = virtual(IOPL, 'int 0x40', options);
      guest.gate(IDT, 0x40 * 8, KERNEL_CS, 0x4000 + 0x40 * 8, 0xee);
      guest.run();
      expect(guest.delivered()).toMatchObject({ vector: 0x40, cs: 0x500, eip: 2 });
    }
  });

  it('PUSHF and POPF move IF itself, and IOPL stays', () => {
    const flags = flagsAtHlt(virtual(IOPL, `push word ${IF}\npopf\nhlt`));
    expect(flags & (VIF | IF | IOPL)).toBe(IF | IOPL);
  });
});

describe('protected-mode virtual interrupts', () => {
  const ring3 = (flags: number, text: string, cr4: number) => {
    const guest = protectedGuest(
      `push USER_DS\npush USER_STACK_TOP\npush ${flags | 2}\npush USER_CS\npush user\niretd\nuser: ${text}`,
    );
    guest.cpu.cr4 = cr4;
    guest.run();
    return guest.delivered();
  };

  it('STI and CLI in ring 3 change VIF with CR4.PVI, and are #GP(0) without', () => {
    expect(ring3(0, 'sti\nud2', CR4_PVI)).toMatchObject({ vector: 6 });
    expect(ring3(0, 'sti\nud2', CR4_PVI).eflags & (VIF | IF)).toBe(VIF);
    expect(ring3(VIF, 'cli\nud2', CR4_PVI).eflags & VIF).toBe(0);
    expect(ring3(0, 'sti', CR4_VME).vector).toBe(13);
    expect(ring3(VIP, 'sti', CR4_PVI)).toMatchObject({ vector: 13, errorCode: 0 });
  });

  it('PUSHF in ring 3 pushes IF as it is: PVI is for CLI and STI alone', () => {
    expect(ring3(VIF, 'pushfd\npop eax\ntest eax, 0x200\njnz bad\nud2\nbad: int3', CR4_PVI).vector).toBe(6);
  });
});

describe('SYSENTER and SYSEXIT', () => {
  const SET_UP =
    'mov ecx, 0x174\nmov eax, KERNEL_CS\nxor edx, edx\nwrmsr\ninc ecx\nmov eax, 0x6000\nwrmsr\ninc ecx\nmov eax, entry\nwrmsr\n';

  it('SYSENTER loads flat CS and SS from IA32_SYSENTER_CS, clears IF, and SYSEXIT goes back to ring 3', () => {
    const guest = protectedGuest(
      `${SET_UP}push USER_DS\npush USER_STACK_TOP\npush 0x202\npush USER_CS\npush user\niretd
       user: sysenter
       entry: pushfd\npop ebx\nmov eax, ss\nmov edi, esp\nmov edx, back\nmov ecx, 0x8800\nsysexit
       back: ud2`,
    );
    // SYSEXIT's selectors are CS + 16 and CS + 24.
    guest.run();
    expect(guest.delivered()).toMatchObject({
      vector: 6,
      eip: guest.label('back'),
      cs: 0x1b,
      ss: 0x23,
      esp: 0x8800,
    });
    expect([guest.cpu.eax, guest.cpu.edi, guest.cpu.ebx & IF]).toEqual([0x10, 0x6000, 0]);
  });

  it('SYSENTER is #GP(0) with a null IA32_SYSENTER_CS and in real-address mode; SYSEXIT in ring 3', () => {
    expect(faultOf(protectedGuest('sysenter'))).toEqual([13, 0]);
    const real = realGuest('sysenter');
    real.run();
    expect(real.delivered().vector).toBe(13);
    const ring3 = `${SET_UP}entry: push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: sysexit`;
    expect(faultOf(protectedGuest(ring3))).toEqual([13, 0]);
  });

  it('are #UD before the Pentium II, and so are their MSRs #GP(0)', () => {
    const options: GuestOptions = { model: 'pentium-pro' };
    expect(faultOf(protectedGuest('sysenter', options))[0]).toBe(6);
    expect(faultOf(protectedGuest('mov ecx, 0x174\nrdmsr', options))).toEqual([13, 0]);
  });

  it('SYSENTER reads no descriptor: the caches are flat whatever the GDT says', () => {
    const guest = protectedGuest(`${SET_UP}lgdt [none]\nsysenter\nentry: hlt\nnone: dw 0\ndd 0`);
    expect(guest.run()).toEqual({ kind: 'halt' });
    for (const index of [CS, SS])
      expect(guest.cpu.getSegment(index)).toMatchObject({ base: 0, limit: 0xffff_ffff });
  });
});

describe('RDPMC and RSM', () => {
  it('RDPMC reads the counters that a model has, and is #GP(0) for others; a Pentium has no RDPMC', () => {
    const read = (model: CpuModelName, number: number) => {
      const guest = protectedGuest(`mov eax, -1\nmov edx, -1\nmov ecx, ${number}\nrdpmc\nud2`, { model });
      return [...faultOf(guest), guest.cpu.eax, guest.cpu.edx];
    };
    const some = [6, undefined, 0, 0];
    const none = [13, 0, 0xffff_ffff, 0xffff_ffff];
    expect([read('pentium-pro', 1), read('pentium-pro', 2)]).toEqual([some, none]);
    expect([read('pentium-mmx', 1), read('max', 0x8000_0000)]).toEqual([some, none]);
    expect([read('pentium-4', 17), read('pentium-4', 0x8000_0011), read('pentium-4', 18)]).toEqual([
      some,
      some,
      none,
    ]);
    expect(faultOf(protectedGuest('rdpmc', { model: 'pentium' }))[0]).toBe(6);
  });

  it('RDPMC at ring 3 wants CR4.PCE', () => {
    const ring3 = (cr4: number) => {
      const guest = protectedGuest(
        'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: xor ecx, ecx\nrdpmc\nud2',
      );
      guest.cpu.cr4 = cr4;
      return faultOf(guest);
    };
    expect([ring3(0), ring3(0x100)]).toEqual([
      [13, 0],
      [6, undefined],
    ]);
  });

  it('RSM is #UD outside system-management mode', () => {
    expect(faultOf(protectedGuest('rsm'))[0]).toBe(6);
  });
});

describe.each(['fast', 'reference'] as const)('alignment checks with the %s interpreter', (interpreter) => {
  const AM = 0x4_0000;

  const ring3 = (text: string, { flags = AC, am = AM } = {}) => {
    const guest = protectedGuest(
      `push USER_DS\npush USER_STACK_TOP\npush ${flags | 2}\npush USER_CS\npush user\niretd\nuser: mov eax, USER_DS\nmov ds, eax\n${text}`,
      { interpreter },
    );
    guest.cpu.cr0 = 0x11 | am;
    return guest;
  };

  it('a misaligned word or dword is #AC(0) at CPL 3 with AC and AM', () => {
    const guest = ring3('here: mov eax, [0x9002]');
    expect(faultOf(guest)).toEqual([17, 0]);
    expect(guest.delivered()).toMatchObject({ eip: guest.label('here') });
    expect(guest.delivered().eflags & RF).toBe(RF);
    expect(faultOf(ring3('mov ax, [0x9001]'))).toEqual([17, 0]);
    expect(faultOf(ring3('mov esp, 0x8ffe\npush eax'))).toEqual([17, 0]);
    expect(faultOf(ring3('add dword [0x9001], 1'))).toEqual([17, 0]);
  });

  it('aligned accesses, bytes, and anything without AC or AM pass', () => {
    expect(faultOf(ring3('mov eax, [0x9004]\nmov ax, [0x9002]\nmov al, [0x9001]\nud2'))[0]).toBe(6);
    expect(faultOf(ring3('mov eax, [0x9001]\nud2', { flags: 0 }))[0]).toBe(6);
    expect(faultOf(ring3('mov eax, [0x9001]\nud2', { am: 0 }))[0]).toBe(6);
  });

  it('POPF that sets AC counts for the next instruction, and ring 0 is never checked', () => {
    const guest = ring3(`push dword ${AC | 2}\npopfd\nhere: mov eax, [0x9001]`, { flags: 0 });
    expect(faultOf(guest)).toEqual([17, 0]);
    expect(guest.delivered().eip).toBe(guest.label('here'));
    const kernel = protectedGuest(`push dword ${AC | 2}\npopfd\nmov eax, [0x9001]\nhlt`, { interpreter });
    kernel.cpu.cr0 = 0x11 | AM;
    expect(kernel.run()).toEqual({ kind: 'halt' });
  });

  it('the far return to an outer level counts too', () => {
    const guest = protectedGuest(
      `push dword ${AC | 2}\npopfd\npush USER_DS\npush USER_STACK_TOP\npush USER_CS\npush user\nretf\nuser: mov eax, USER_DS\nmov ds, eax\nhere: mov eax, [0x9001]`,
      { interpreter },
    );
    guest.cpu.cr0 = 0x11 | AM;
    expect(faultOf(guest)).toEqual([17, 0]);
  });
});

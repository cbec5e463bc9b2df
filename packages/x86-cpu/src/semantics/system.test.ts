/** Tests of system instructions: table and control registers, privilege probes, identity, flags, ports. */
import { describe, expect, it } from 'vitest';
import { type CPU_MODELS, FEATURE } from '../model.js';
import { AC, ID, IF, IOPL, ZF } from '../state/eflags.js';
import { LDTR, TR } from '../state/layout.js';
import {
  CODE,
  FREE_SELECTOR,
  GDT,
  type Guest,
  type GuestOptions,
  KERNEL_CS,
  protectedGuest,
  realGuest,
  TSS,
} from '../testing/guest.js';

const TO_RING_3 = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser:\n';

function faultOf(text: string, options: GuestOptions = {}, setUp?: (guest: Guest) => void) {
  const guest = protectedGuest(text, options);
  setUp?.(guest);
  guest.run();
  const { vector, errorCode } = guest.delivered();
  return [vector, errorCode];
}

function halted(text: string, options: GuestOptions = {}, setUp?: (guest: Guest) => void): Guest {
  const guest = protectedGuest(text, options);
  setUp?.(guest);
  expect(guest.run().kind).toBe('halt');
  expect(guest.cpu.eip).toBeGreaterThan(CODE);
  return guest;
}

describe('table registers', () => {
  it('LGDT with a 16-bit operand size loads 24 bits of base', () => {
    const { cpu } = halted('o16 lgdt [table]\nlidt [table]\nhlt\ntable: dw 0x1234\ndd 0x89abcdef');
    expect(cpu.gdtr).toEqual({ base: 0x00ab_cdef, limit: 0x1234 });
    expect(cpu.idtr).toEqual({ base: 0x89ab_cdef, limit: 0x1234 });
  });

  it('SGDT and SIDT store limit and base', () => {
    const { mem } = halted('sgdt [0x9000]\nsidt [0x9008]\nhlt');
    expect([mem.read16(0x9000), mem.read32(0x9002)]).toEqual([0x7ff, GDT]);
    expect([mem.read16(0x9008), mem.read32(0x900a)]).toEqual([0x7ff, 0x2000]);
  });

  it('LGDT LIDT LLDT LTR LMSW CLTS HLT INVLPG WBINVD and MOV CR are #GP(0) in ring 3; SGDT and SMSW are not', () => {
    for (const text of [
      'lgdt [0x9000]',
      'lldt ax',
      'ltr ax',
      'lmsw ax',
      'clts',
      'hlt',
      'invlpg [0]',
      'wbinvd',
      'mov eax, cr0',
      'mov dr0, eax',
    ]) {
      expect([text, ...faultOf(TO_RING_3 + text)]).toEqual([text, 13, 0]);
    }
    expect(faultOf(`${TO_RING_3} mov eax, USER_DS\nmov ds, eax\nsgdt [0x9000]\nsmsw ax\nud2`)).toEqual([
      6,
      undefined,
    ]);
  });

  it('LTR marks the TSS busy, and a busy TSS is #GP with the selector', () => {
    const guest = protectedGuest(`mov ax, ${FREE_SELECTOR}\nltr ax\nstr ebx\nltr ax`);
    guest.describe(FREE_SELECTOR, TSS, 0x67, 0x89);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: FREE_SELECTOR });
    expect(guest.cpu.ebx).toBe(FREE_SELECTOR);
    expect(guest.mem.read8(GDT + FREE_SELECTOR + 5)).toBe(0x8b);
    expect(guest.cpu.getSegment(TR)).toMatchObject({ base: TSS, attributes: 0x8b });
  });

  it('LLDT takes an LDT descriptor or null, and selectors with TI then find their segments', () => {
    const guest = halted(
      `mov ax, ${FREE_SELECTOR}\nlldt ax\nmov eax, 4\nmov fs, eax\nmov ebx, [fs:0]\nxor eax, eax\nlldt ax\nhlt`,
      {},
      (set) => {
        set.describe(FREE_SELECTOR, 0x3800, 0x7f, 0x82);
        set.mem.copy(0x3800, GDT + KERNEL_CS + 8, 8);
        set.mem.write32(0, 0x1357_9bdf);
      },
    );
    expect(guest.cpu.ebx).toBe(0x1357_9bdf);
    expect(guest.cpu.getSegment(LDTR)).toMatchObject({ selector: 0, attributes: 0 });
    expect(faultOf('mov ax, KERNEL_DS\nlldt ax')).toEqual([13, 0x10]);
  });

  it('LLDT LTR SLDT STR LAR LSL VERR VERW ARPL are #UD in real-address mode', () => {
    for (const text of [
      'lldt ax',
      'ltr ax',
      'sldt ax',
      'str ax',
      'lar ax, bx',
      'lsl ax, bx',
      'verr ax',
      'verw ax',
      'arpl ax, bx',
    ]) {
      const guest = realGuest(text);
      guest.run();
      expect([text, guest.delivered().vector]).toEqual([text, 6]);
    }
  });
});

describe('LAR, LSL, VERR, VERW, ARPL', () => {
  const probe = (text: string, attributes: number, limit = 0xffff) => {
    const guest = halted(
      `mov ecx, ${FREE_SELECTOR}\nmov eax, 0x55\n${text}\npushfd\npop edx\nhlt`,
      {},
      (set) => {
        set.describe(FREE_SELECTOR, 0, limit, attributes);
      },
    );
    return [(guest.cpu.edx & ZF) !== 0, guest.cpu.eax] as const;
  };

  it('LAR gives bits 8-23 of the second dword, and keeps its destination where it may not look', () => {
    expect(probe('lar eax, cx', 0xc093, 0xf_ffff)).toEqual([true, 0x00cf_9300]);
    expect(probe('lar eax, cx', 0x008c)).toEqual([true, 0x0000_8c00]);
    expect(probe('lar eax, cx', 0x008e)).toEqual([false, 0x55]);
  });

  it('LSL gives the limit in bytes, and none for gates', () => {
    expect(probe('lsl eax, cx', 0xc093, 0x1_2345)).toEqual([true, 0x1234_5fff]);
    expect(probe('lsl eax, cx', 0x0093, 0x1_2345)).toEqual([true, 0x1_2345]);
    expect(probe('lsl eax, cx', 0x008c)).toEqual([false, 0x55]);
  });

  it('VERR wants a readable segment, VERW writable data', () => {
    const readable = [0x93, 0x91, 0x9b, 0x99].map((attributes) => probe('verr cx', attributes)[0]);
    const writable = [0x93, 0x91, 0x9b, 0x99].map((attributes) => probe('verw cx', attributes)[0]);
    expect(readable).toEqual([true, true, true, false]);
    expect(writable).toEqual([true, false, false, false]);
  });

  it('RPL above DPL hides a segment, unless it is conforming code', () => {
    expect(probe('or ecx, 3\nlsl eax, cx', 0x93)[0]).toBe(false);
    expect(probe('or ecx, 3\nlsl eax, cx', 0x9f)[0]).toBe(true);
    expect(probe('xor ecx, ecx\nlar eax, cx', 0x93)[0]).toBe(false);
  });

  it('ARPL raises the RPL and sets ZF when it did', () => {
    const { cpu } = halted('mov eax, 0x10\nmov ebx, 0x23\narpl ax, bx\nsetz cl\narpl ax, bx\nsetz ch\nhlt');
    expect([cpu.eax, cpu.ecx & 0xffff]).toEqual([0x13, 1]);
  });
});

describe('control registers', () => {
  it('PG without PE and NW without CD are #GP(0)', () => {
    expect(faultOf('mov eax, 0x80000010\nmov cr0, eax')).toEqual([13, 0]);
    expect(faultOf('mov eax, 0x20000011\nmov cr0, eax')).toEqual([13, 0]);
  });

  it('LMSW sets PE but cannot clear it; SMSW shows CR0', () => {
    const { cpu } = halted(
      'mov ax, 0xfff0\nlmsw ax\nsmsw ebx\nmov ax, 0xe\nlmsw ax\nsmsw ecx\nclts\nmov edx, cr0\nhlt',
    );
    expect([cpu.ebx, cpu.ecx, cpu.edx]).toEqual([0x11, 0x1f, 0x17]);
  });

  it('an unknown CR4 bit is #GP(0)', () => {
    expect(faultOf('mov eax, 0x100000\nmov cr4, eax')).toEqual([13, 0]);
    expect(faultOf('mov eax, 0x20\nmov cr4, eax', { model: 'pentium' })).toEqual([13, 0]);
  });

  it('MOV to and from CR4 is #UD on a 386 and on a 486 without CR4', () => {
    for (const model of ['386', '486'] as const) {
      expect(faultOf('xor eax, eax\nmov cr4, eax', { model })).toEqual([6, undefined]);
      expect(faultOf('mov eax, cr4', { model })).toEqual([6, undefined]);
    }
    expect(halted('mov eax, 4\nmov cr4, eax\nmov ebx, cr4\nhlt', { model: 'pentium' }).cpu.ebx).toBe(4);
  });

  it('CR0.WP is not there on a 386', () => {
    const text = 'mov eax, 0x10011\nmov cr0, eax\nmov ebx, cr0\nhlt';
    expect(halted(text, { model: '386' }).cpu.ebx & 0x1_0000).toBe(0);
    expect(halted(text, { model: '486' }).cpu.ebx).toBe(0x1_0011);
  });

  it('x87 escapes are #NM with EM or TS, WAIT with MP and TS', () => {
    expect(faultOf('mov eax, 0x15\nmov cr0, eax\ndb 0xdb, 0xe3')).toEqual([7, undefined]);
    expect(faultOf('mov eax, 0x19\nmov cr0, eax\ndb 0xdb, 0xe3')).toEqual([7, undefined]);
    expect(faultOf('mov eax, 0x1b\nmov cr0, eax\nwait')).toEqual([7, undefined]);
    halted('mov eax, 0x19\nmov cr0, eax\nwait\nhlt');
  });

  it('debug registers keep their fixed bits, DR4 and DR5 are DR6 and DR7, and DR7.GD traps the next access', () => {
    const { cpu } = halted('xor eax, eax\nmov dr6, eax\nmov dr7, eax\nmov ebx, dr4\nmov ecx, dr5\nhlt');
    expect([cpu.ebx, cpu.ecx]).toEqual([0xffff_0ff0, 0x400]);
    expect(faultOf('mov eax, 0x2000\nmov dr7, eax\nmov ebx, dr0')).toEqual([1, undefined]);
  });
});

describe('identity', () => {
  it('CPUID tells only what executes, by model', () => {
    const text = 'xor eax, eax\ncpuid\nmov esi, ebx\nmov edi, eax\nmov eax, 1\ncpuid\nhlt';
    const pentium = halted(text, { model: 'pentium' }).cpu;
    expect([pentium.esi, pentium.edi, pentium.eax >>> 8]).toEqual([0x756e_6547, 1, 5]);
    expect(pentium.edx).toBe(
      FEATURE.FPU | FEATURE.VME | FEATURE.DE | FEATURE.PSE | FEATURE.TSC | FEATURE.MSR | FEATURE.CX8,
    );
    expect(halted(text, { model: '686' }).cpu.edx & (FEATURE.CMOV | FEATURE.PAE)).toBe(
      FEATURE.CMOV | FEATURE.PAE,
    );
    expect(faultOf('cpuid', { model: '486' })).toEqual([6, undefined]);
  });

  it('CPUID tells of a local APIC where the board brings one, while IA32_APIC_BASE.EN is set', () => {
    const enabled: boolean[] = [];
    const board = { setApicEnabled: (on: boolean) => enabled.push(on) };
    const text = `mov ecx, 0x1b
      rdmsr
      mov esi, eax
      and eax, 0xfffff7ff
      wrmsr
      mov eax, 1
      cpuid
      mov edi, edx
      hlt`;
    const { cpu } = halted(text, { board, model: '686' });
    expect(cpu.esi >>> 0).toBe(0xfee0_0900);
    expect(cpu.edi & FEATURE.APIC).toBe(0);
    expect(enabled).toEqual([false]);
    cpu.reset();
    expect(enabled).toEqual([false, true]);
    expect(halted('mov eax, 1\ncpuid\nhlt', { board, model: 'pentium' }).cpu.edx & FEATURE.APIC).not.toBe(0);
    expect(halted('mov eax, 1\ncpuid\nhlt', { model: '686' }).cpu.edx & FEATURE.APIC).toBe(0);
    // It cannot be moved.
    expect(
      faultOf('mov ecx, 0x1b\nmov eax, 0xfec00900\nxor edx, edx\nwrmsr', { board, model: '686' }),
    ).toEqual([13, 0]);
  });

  it('AC toggles since the 486, ID since the Pentium', () => {
    const toggled = (model: keyof typeof CPU_MODELS) => {
      const text = `pushfd\npop eax\nxor eax, ${AC | ID}\npush eax\npopfd\npushfd\npop ebx\nhlt`;
      return halted(text, { model }).cpu.ebx & (AC | ID);
    };
    expect([toggled('386'), toggled('486'), toggled('pentium')]).toEqual([0, AC, AC | ID]);
  });

  it('instructions of later models are #UD: BSWAP, CMPXCHG, INVLPG on a 386, CMOV on a Pentium', () => {
    for (const text of ['bswap eax', 'cmpxchg eax, ebx', 'invlpg [0]', 'wbinvd']) {
      expect([text, ...faultOf(text, { model: '386' })]).toEqual([text, 6, undefined]);
    }
    for (const text of ['rdtsc', 'cmpxchg8b [0x9000]', 'rdmsr']) {
      expect([text, ...faultOf(text, { model: '486' })]).toEqual([text, 6, undefined]);
    }
    expect(faultOf('cmovz eax, ebx', { model: 'pentium' })).toEqual([6, undefined]);
  });

  it('RDTSC counts instructions where the board has no clock, and obeys CR4.TSD', () => {
    const { cpu } = halted('rdtsc\nmov ebx, eax\nnop\nrdtsc\nhlt');
    expect(cpu.eax - cpu.ebx).toBe(3);
    expect(faultOf(`mov eax, 4\nmov cr4, eax\n${TO_RING_3} rdtsc`)).toEqual([13, 0]);
    const board = { timestamp: () => 0x1_2345_6789 };
    expect(halted('rdtsc\nhlt', { board }).cpu.edx).toBe(1);
  });

  it('the time-stamp counter can be written; an unknown MSR is #GP(0)', () => {
    const { cpu } = halted('mov ecx, 0x10\nmov edx, 5\nmov eax, 100\nwrmsr\nrdtsc\nhlt');
    expect([cpu.edx, cpu.eax]).toEqual([5, 101]);
    expect(faultOf('mov ecx, 0x1b\nrdmsr')).toEqual([13, 0]);
    expect(faultOf('mov ecx, 0x1b\nwrmsr')).toEqual([13, 0]);
  });
});

describe('flags by privilege', () => {
  it('CLI and STI are #GP(0) when CPL > IOPL', () => {
    expect(faultOf(`${TO_RING_3} cli`)).toEqual([13, 0]);
    expect(faultOf(`${TO_RING_3} sti`)).toEqual([13, 0]);
    expect(
      faultOf(`push 0x3002\npopfd\n${TO_RING_3.replace('push 2', 'push 0x3002')} cli\nsti\nud2`),
    ).toEqual([6, undefined]);
  });

  it('POPF in ring 3 leaves IF and IOPL as they are, without a fault', () => {
    const guest = protectedGuest(`${TO_RING_3} push 0x3202\npopfd\nud2`);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 6 });
    expect(guest.delivered().eflags & (IF | IOPL)).toBe(0);
  });

  it('PUSHF pushes a word under a 16-bit operand size', () => {
    const { cpu } = halted('stc\no16 pushf\npop bx\nhlt');
    expect(cpu.ebx & 0xffff).toBe(3);
  });
});

describe('undefined', () => {
  it('UD2 is #UD, and LOCK before an instruction that cannot be locked too', () => {
    expect(faultOf('ud2')).toEqual([6, undefined]);
    expect(faultOf('db 0xf0\nnop')).toEqual([6, undefined]);
    expect(faultOf('times 15 db 0x66\nnop')).toEqual([13, 0]);
  });
});

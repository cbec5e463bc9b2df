/** What MMX and SSE instructions need of the system, and the state that they share: in assembly text. */
import { describe, expect, it } from 'vitest';
import { CR0_EM, CR0_NE, CR0_TS, CR4_OSFXSR, CR4_OSXMMEXCPT } from '../../state/control.js';
import { FPU_CONTROL, FPU_STATUS, FPU_TAGS, MXCSR, ST, XMM } from '../../state/layout.js';
import { CODE, type Guest, type GuestOptions, protectedGuest } from '../../testing/guest.js';

const UD = 6;
const NM = 7;
const SS = 12;
const GP = 13;
const MF = 16;
const XM = 19;
const DATA = 0x2_0000;

function run(text: string, setUp?: (guest: Guest) => void, options: GuestOptions = {}): Guest {
  const guest = protectedGuest(text, options);
  guest.cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
  setUp?.(guest);
  expect(guest.run().kind).toBe('halt');
  return guest;
}

function halted(text: string, setUp?: (guest: Guest) => void, options: GuestOptions = {}): Guest {
  const guest = run(`${text}\nhlt`, setUp, options);
  expect(guest.cpu.eip).toBeGreaterThan(CODE);
  return guest;
}

/** The vector of the exception that the text's last instruction raises. */
function vectorOf(text: string, setUp?: (guest: Guest) => void, options: GuestOptions = {}): number {
  return run(text, setUp, options).delivered().vector;
}

function xmm({ cpu }: Guest, index: number): number[] {
  return [0, 4, 8, 12].map((offset) => cpu.registers.getUnsigned(XMM + 16 * index + offset));
}

const setCr0 = (bits: number) => (guest: Guest) => {
  guest.cpu.cr0 |= bits;
};
const setMxcsr = (value: number) => (guest: Guest) => {
  guest.cpu.registers.set(MXCSR, value);
};

describe('what must hold before an instruction executes', () => {
  it('CR0.EM makes MMX and SSE #UD, CR0.TS makes them #NM', () => {
    for (const text of ['paddb mm0, mm1', 'emms', 'addps xmm0, xmm1', 'movaps xmm0, xmm1', 'stmxcsr [0]']) {
      expect([text, vectorOf(text, setCr0(CR0_EM))]).toEqual([text, UD]);
      expect([text, vectorOf(text, setCr0(CR0_TS))]).toEqual([text, NM]);
    }
    expect(vectorOf('fxsave [0x20000]', setCr0(CR0_TS))).toBe(NM);
  });

  it('without CR4.OSFXSR SSE is #UD, and MMX with its SSE additions is not', () => {
    const clear = (guest: Guest) => {
      guest.cpu.cr4 = 0;
    };
    expect(vectorOf('xorps xmm0, xmm0', clear)).toBe(UD);
    expect(vectorOf('ldmxcsr [0]', clear)).toBe(UD);
    halted('pavgb mm0, mm1\npaddq mm0, mm1\nsfence\nmovnti [0x20000], eax\nprefetchnta [0]\npause', clear);
  });

  it('a waiting x87 exception is #MF to MMX, and nothing to SSE', () => {
    const setUp = (guest: Guest) => {
      guest.cpu.cr0 |= CR0_NE;
      guest.cpu.registers.set(FPU_STATUS, 0x80);
    };
    expect(vectorOf('pxor mm0, mm0', setUp)).toBe(MF);
    expect(vectorOf('cvtps2pi mm0, xmm0', setUp)).toBe(MF);
    halted('xorps xmm0, xmm0', setUp);
  });

  it('16 bytes of memory must be aligned, but for MOVUPS, MOVUPD and MOVDQU: #GP(0)', () => {
    for (const text of ['movaps xmm0, [0x20008]', 'addps xmm0, [0x20001]', 'movdqa [0x20004], xmm0']) {
      expect(run(text).delivered()).toMatchObject({ vector: GP, errorCode: 0 });
    }
    halted('movups xmm0, [0x20001]\nmovdqu [0x20003], xmm1\nmovq xmm0, [0x20001]\naddsd xmm0, [0x20001]');
  });

  it('a misaligned operand is #GP(0) beyond the limit of the stack segment, too, an aligned one #SS(0)', () => {
    const limit = ({ cpu }: Guest) => {
      cpu.setSegment(2, { selector: 0x10, attributes: 0x4093, base: 0, limit: 0x1_ffff });
    };
    expect(vectorOf('movaps xmm0, [ss:0x20008]', limit)).toBe(GP);
    expect(vectorOf('movaps xmm0, [ss:0x20010]', limit)).toBe(SS);
  });

  it('an operand beyond the limit changes nothing, even where its first half fits', () => {
    const guest = protectedGuest('movups [0x1fff8], xmm0');
    guest.cpu.cr4 = CR4_OSFXSR;
    guest.cpu.setSegment(3, { selector: 0x10, attributes: 0x4093, base: 0, limit: 0x1_ffff });
    guest.cpu.registers.set(XMM, -1);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: GP, errorCode: 0 });
    expect(guest.mem.read32(0x1_fff8)).toBe(0);
  });

  it('an instruction that the model lacks is #UD', () => {
    expect(vectorOf('pand mm0, mm1', undefined, { model: 'pentium' })).toBe(UD);
    expect(vectorOf('addps xmm0, xmm1', undefined, { model: 'pentium-2' })).toBe(UD);
    expect(vectorOf('addpd xmm0, xmm1', undefined, { model: 'pentium-3' })).toBe(UD);
    expect(vectorOf('fxsave [0x20000]', undefined, { model: 'pentium-mmx' })).toBe(UD);
    halted('pand mm0, mm1', undefined, { model: 'pentium-mmx' });
    halted('addps xmm0, xmm1\nprefetcht0 [0]', undefined, { model: 'pentium-3' });
    halted('addpd xmm0, xmm1\nclflush [0x20000]', undefined, { model: 'pentium-4' });
  });
});

describe('SIMD floating-point exceptions', () => {
  const divideByZero = 'xorps xmm1, xmm1\nmov eax, 0x3f800000\nmovd xmm0, eax\ndivss xmm0, xmm1';
  const UNMASK_ZERO_DIVIDE = 0x1d80;

  it('a masked one sets its flag and gives the default result', () => {
    const guest = halted(divideByZero);
    expect(guest.cpu.registers.get(MXCSR)).toBe(0x1f84);
    expect(xmm(guest, 0)).toEqual([0x7f80_0000, 0, 0, 0]);
  });

  it('an unmasked one is #XM, its flag set and the destination as it was', () => {
    const guest = run(divideByZero, setMxcsr(UNMASK_ZERO_DIVIDE));
    expect(guest.delivered().vector).toBe(XM);
    expect(guest.cpu.registers.get(MXCSR)).toBe(UNMASK_ZERO_DIVIDE | 4);
    expect(xmm(guest, 0)).toEqual([0x3f80_0000, 0, 0, 0]);
  });

  it('without CR4.OSXMMEXCPT it is #UD', () => {
    const setUp = (guest: Guest) => {
      guest.cpu.cr4 = CR4_OSFXSR;
      guest.cpu.registers.set(MXCSR, UNMASK_ZERO_DIVIDE);
    };
    expect(vectorOf(divideByZero, setUp)).toBe(UD);
  });

  it('a flag that was set before raises nothing', () => {
    halted('addps xmm0, xmm1', setMxcsr(0x003f));
  });

  it('COMISS leaves the flags when it raises one', () => {
    const text = 'stc\nmov eax, 0x7fc00000\nmovd xmm0, eax\ncomiss xmm0, xmm0';
    const { eflags } = run(text, setMxcsr(0x1f00)).delivered();
    expect(eflags & 0x8d5).toBe(1);
  });

  it('FTZ does nothing while underflow is unmasked', () => {
    const text = 'mov eax, 0x00800000\nmovd xmm0, eax\nmov eax, 0x3f000000\nmovd xmm1, eax\nmulss xmm0, xmm1';
    expect(xmm(halted(text, setMxcsr(0x9f80)), 0)[0]).toBe(0);
    expect(vectorOf(text, setMxcsr(0x9780))).toBe(XM);
  });
});

describe('MMX registers are the significands of the x87 registers', () => {
  const setUp = ({ cpu }: Guest) => {
    cpu.registers.set(FPU_STATUS, 0x3800);
    cpu.registers.set(FPU_TAGS, 0xffff);
  };

  it('an MMX instruction makes TOP 0 and all tags valid, a write sets the exponent to FFFF', () => {
    const { cpu } = halted('mov eax, 0x12345678\nmovd mm3, eax', setUp);
    expect(cpu.registers.get(FPU_STATUS)).toBe(0);
    expect(cpu.registers.get(FPU_TAGS)).toBe(0);
    const field = ST + 3 * 16;
    const words = [field, field + 4, field + 8].map((at) => cpu.registers.getUnsigned(at));
    expect(words).toEqual([0x1234_5678, 0, 0xffff]);
  });

  it('EMMS empties all of them', () => {
    expect(halted('pxor mm0, mm0\nemms', setUp).cpu.registers.get(FPU_TAGS)).toBe(0xffff);
  });
});

describe('FXSAVE and FXRSTOR', () => {
  const setUp = ({ cpu }: Guest) => {
    cpu.registers.set(FPU_CONTROL, 0x27f);
    cpu.registers.set(FPU_STATUS, 5 << 11);
    cpu.registers.set(FPU_TAGS, 0x3fff);
    cpu.registers.set(ST + 7 * 16, 0x1111_1111);
    cpu.registers.set(ST + 7 * 16 + 4, -0x8000_0000);
    cpu.registers.set(ST + 7 * 16 + 8, 0x3fff);
    cpu.registers.set(XMM + 16, 0x2222_2222);
  };

  it('store control, status, a tag bit a register, MXCSR with its mask, ST0 first, and the XMM registers', () => {
    const { mem } = halted(`fxsave [${DATA}]`, setUp);
    expect([mem.read16(DATA), mem.read16(DATA + 2), mem.read8(DATA + 4)]).toEqual([0x27f, 5 << 11, 0x80]);
    expect([mem.read32(DATA + 0x18), mem.read32(DATA + 0x1c)]).toEqual([0x1f80, 0xffff]);
    // R7 is ST(2) when TOP is 5.
    expect([mem.read32(DATA + 0x40), mem.read16(DATA + 0x48)]).toEqual([0x1111_1111, 0x3fff]);
    expect(mem.read32(DATA + 0xb0)).toBe(0x2222_2222);
  });

  it('restore what was stored, the full tags made from the registers', () => {
    const text = `fxsave [${DATA}]\npxor mm7, mm7\nemms\nxorps xmm1, xmm1\nfxrstor [${DATA}]`;
    const { cpu } = halted(text, setUp);
    expect(cpu.registers.get(FPU_TAGS)).toBe(0x3fff);
    expect(cpu.registers.get(FPU_STATUS)).toBe(5 << 11);
    expect(cpu.registers.get(ST + 7 * 16 + 8)).toBe(0x3fff);
    expect(cpu.registers.get(XMM + 16)).toBe(0x2222_2222);
  });

  it('want an operand on a 16-byte boundary, and MXCSR without reserved bits: #GP(0)', () => {
    expect(vectorOf(`fxsave [${DATA + 8}]`)).toBe(GP);
    const guest = run(`fxrstor [${DATA}]`, ({ mem }) => mem.write32(DATA + 0x18, 0x1_1f80));
    expect(guest.delivered()).toMatchObject({ vector: GP, errorCode: 0 });
    expect(guest.cpu.registers.get(MXCSR)).toBe(0x1f80);
  });

  it('MXCSR_MASK of a Pentium III has no DAZ, which LDMXCSR then refuses', () => {
    const pentium3 = { model: 'pentium-3' } as const;
    const { mem } = halted(`fxsave [${DATA}]`, undefined, pentium3);
    expect(mem.read32(DATA + 0x1c)).toBe(0xffbf);
    const daz = `mov dword [${DATA}], 0x1fc0\nldmxcsr [${DATA}]`;
    expect(vectorOf(daz, undefined, pentium3)).toBe(GP);
    halted(daz);
  });
});

describe('stores and hints', () => {
  it('MASKMOVDQU writes the bytes whose mask has bit 7 set, to DS:EDI', () => {
    const { mem } = halted(`mov edi, ${DATA + 1}\nmaskmovdqu xmm0, xmm1`, ({ cpu }) => {
      cpu.registers.set(XMM, 0x4433_2211);
      cpu.registers.set(XMM + 16, 0x80ff_007f);
    });
    expect(mem.read32(DATA + 1)).toBe(0x4433_0000);
  });

  it('PREFETCH never faults; CLFLUSH faults as a read does', () => {
    const setUp = ({ cpu }: Guest) => {
      cpu.setSegment(3, { selector: 0x10, attributes: 0x4093, base: 0, limit: 0xfff });
    };
    halted('prefetcht0 [0x20000]', setUp);
    expect(vectorOf('clflush [0x20000]', setUp)).toBe(GP);
  });

  it('MOVQ to an XMM register clears its upper half, MOVLPS and MOVHPS keep the other half', () => {
    const setUp = ({ cpu }: Guest) => {
      for (let i = 0; i < 8; i++) cpu.registers.set(XMM + 4 * i, i + 1);
    };
    expect(xmm(halted('movq xmm0, xmm1', setUp), 0)).toEqual([5, 6, 0, 0]);
    expect(xmm(halted('movlhps xmm0, xmm1', setUp), 0)).toEqual([1, 2, 5, 6]);
    expect(xmm(halted('movhlps xmm0, xmm1', setUp), 0)).toEqual([7, 8, 3, 4]);
    expect(xmm(halted('movss xmm0, xmm1', setUp), 0)).toEqual([5, 2, 3, 4]);
    expect(xmm(halted(`movss xmm0, [${DATA}]`, setUp), 0)).toEqual([0, 0, 0, 0]);
  });
});

describe('a snapshot', () => {
  it('carries the x87, MMX and SSE state', () => {
    const { cpu } = halted('pcmpeqb mm5, mm5\npcmpeqd xmm7, xmm7');
    const bytes = cpu.saveState();
    const other = protectedGuest('hlt').cpu;
    other.loadState(bytes);
    expect(other.registers.get(XMM + 7 * 16 + 12)).toBe(-1);
    expect(other.registers.get(ST + 5 * 16 + 8)).toBe(0xffff);
    expect(other.registers.get(MXCSR)).toBe(0x1f80);
  });
});

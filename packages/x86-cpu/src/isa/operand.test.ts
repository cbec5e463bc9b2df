/** Operand codes read as SDM Vol. 2D, Appendix A defines them. */
import { describe, expect, it } from 'vitest';
import { parseOperands } from './operand.js';

describe('operand codes', () => {
  it('E is a register or memory in ModRM.rm, b its width of a byte', () => {
    expect(parseOperands('Eb')).toMatchObject([{ method: 'E', width: 8, modrm: true, implied: false }]);
  });

  it('v is 16 or 32 bits by the operand size, and so is z outside 64-bit mode', () => {
    expect(parseOperands('Ev,Iz')).toMatchObject([{ width: 'v' }, { width: 'v' }]);
  });

  it('eAX names AX or EAX by the operand size, DX the 16-bit register', () => {
    expect(parseOperands('eAX,DX')).toMatchObject([
      { method: 'register', width: 'v', index: 0 },
      { method: 'register', width: 16, index: 2 },
    ]);
  });

  it('sIb is a byte that is sign-extended', () => {
    expect(parseOperands('sIb')).toMatchObject([{ method: 'I', width: 8, signed: true }]);
  });

  it('X, Y and F are implied by the opcode', () => {
    expect(parseOperands('Yv,Xv').every((code) => code.implied)).toBe(true);
    expect(parseOperands('Fv')).toMatchObject([{ implied: true, modrm: false }]);
  });

  it('Mw/Rv has two widths: 16 bits in memory, the operand size in a register', () => {
    expect(parseOperands('Mw/Rv')).toMatchObject([{ method: 'E', width: 'v', memoryWidth: 16 }]);
  });

  it('refuses letters that the appendix does not have', () => {
    expect(() => parseOperands('Zq')).toThrow('unknown operand code Zq');
  });

  it('P and Q are MMX registers, V and W XMM registers, their types say how much of memory they are', () => {
    expect(parseOperands('Pq,Qd')).toMatchObject([
      { method: 'P', modrm: true },
      { method: 'Q', vectorBits: 32 },
    ]);
    expect(parseOperands('Vps,Wsd').map((code) => code.vectorBits)).toEqual([128, 64]);
  });
});

/** Operand codes: the letters of SDM Vol. 2, Appendix A, that say where an operand is and how wide. */
import type { Size } from '../semantics/machine.js';

/**
 * Where an operand is found (SDM Vol. 2D, A.2.1 "Codes for Addressing Method"); T is the 386 manual's.
 *
 * The last four are ours: a fixed register or segment register, the constant 1, and EFLAGS or a string
 * operand, which are implied by the opcode and appear in no decoded operand list.
 */
export type Method =
  | 'A' // far pointer in the instruction
  | 'C' // control register in ModRM.reg
  | 'D' // debug register in ModRM.reg
  | 'T' // test register in ModRM.reg
  | 'E' // register or memory in ModRM.rm
  | 'G' // general register in ModRM.reg
  | 'I' // immediate
  | 'J' // relative to the next instruction
  | 'M' // memory in ModRM.rm; the register form is undefined
  | 'O' // memory at an offset in the instruction, without ModRM
  | 'R' // general register in ModRM.rm, whatever mod says
  | 'S' // segment register in ModRM.reg
  | 'X' // memory at DS:rSI
  | 'Y' // memory at ES:rDI
  | 'F' // EFLAGS
  | 'ST' // x87 register in ModRM.rm
  | 'ST0' // the top of the x87 stack
  | 'P' // MMX register in ModRM.reg
  | 'Q' // MMX register or memory in ModRM.rm
  | 'N' // MMX register in ModRM.rm; the memory form is undefined
  | 'V' // XMM register in ModRM.reg
  | 'W' // XMM register or memory in ModRM.rm
  | 'U' // XMM register in ModRM.rm; the memory form is undefined
  | 'register'
  | 'segment'
  | 'one';

/** A width: fixed, 'v' by the operand size, or 0 where it is no plain integer (M, Mp, Ms, Ma, Mq). */
export type Width = Size | 'v' | 0;

/** Bits of a multimedia operand in memory. */
export type VectorBits = 0 | 16 | 32 | 64 | 128;

/** One operand of a row. */
export interface OperandCode {
  /** As written in the row: 'Eb', 'eAX', 'Mw/Rv'. */
  readonly text: string;
  readonly method: Method;
  readonly width: Width;
  /** Width of the memory form, where it differs ('Mw/Rv'). */
  readonly memoryWidth: Width;
  /** Bits in memory of an MMX or SSE operand, whose `width` is 0; else 0. */
  readonly vectorBits: VectorBits;
  /** Number of the fixed register or segment register. */
  readonly index: number;
  /** An immediate byte that is sign-extended to the operand size ('sIb'). */
  readonly signed: boolean;
  /** Implied by the opcode, and in no decoded operand list: X, Y, F. */
  readonly implied: boolean;
  /** Whether it needs a ModRM byte. */
  readonly modrm: boolean;
}

// SDM Vol. 2D, A.2.2 "Codes for Operand Type". z is 16 or 32 bits: without 64-bit mode, the same as v.
const WIDTH: Readonly<Record<string, Width>> = {
  b: 8,
  w: 16,
  d: 32,
  v: 'v',
  z: 'v',
  p: 0,
  s: 0,
  a: 0,
  q: 0,
  '': 0,
};

/**
 * x87 memory operands as the SDM's instruction pages write them, and their width in bits; 0 where the
 * operand size decides.
 */
export const X87_MEMORY_BITS: ReadonlyMap<string, 0 | 16 | 32 | 64 | 80> = new Map([
  ['m2byte', 16],
  ['m16int', 16],
  ['m32int', 32],
  ['m32fp', 32],
  ['m64int', 64],
  ['m64fp', 64],
  ['m80fp', 80],
  ['m80bcd', 80],
  ['m14/28byte', 0],
  ['m94/108byte', 0],
]);
// The types of multimedia operands: packed and scalar single (ps, ss) and double (pd, sd), integers.
const VECTOR_BITS: Readonly<Record<string, VectorBits>> = {
  w: 16,
  d: 32,
  ss: 32,
  q: 64,
  sd: 64,
  pi: 64,
  dq: 128,
  ps: 128,
  pd: 128,
};
const VECTOR_METHODS = 'PQNVWU';

const BYTE_REGISTERS = ['AL', 'CL', 'DL', 'BL', 'AH', 'CH', 'DH', 'BH'];
const WORD_REGISTERS = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'];
const SEGMENT_REGISTERS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];

/** Reads the operand list of a row, as in 'Eb,Gb'. */
export function parseOperands(text: string): readonly OperandCode[] {
  return text === '' ? [] : text.split(',').map(operandCode);
}

function operandCode(text: string): OperandCode {
  const fixed = fixedRegister(text);
  if (fixed) return fixed;
  if (text === '1') return code(text, 'one', 8);
  if (text === 'Mw/Rv') return { ...code(text, 'E', 'v'), memoryWidth: 16 };
  if (text === 'ST0' || text === 'STi')
    return { ...code(text, text === 'STi' ? 'ST' : 'ST0', 0), modrm: true };
  if (X87_MEMORY_BITS.has(text)) return code(text, 'M', 0);
  if (text === 'Mw/Rd') return { ...code(text, 'E', 32), memoryWidth: 16 };
  const vector = /^(?:([PQNVWU])(dq|ps|pd|ss|sd|pi|[wdq])|(M)(dq|ps|pd|q))$/.exec(text);
  if (vector) return vectorCode(text, vector[1] ?? 'M', vector[2] ?? vector[4] ?? '');
  const match = /^(s?)([ACDTEGIJMORSXYF])([bwdvzpsaq]?)$/.exec(text);
  if (!match) throw new Error(`unknown operand code ${text}`);
  const [, sign, method, type = ''] = match;
  return { ...code(text, method as Method, WIDTH[type] ?? 0), signed: sign === 's' };
}

/** AL, DX, ES; eAX is AX or EAX by the operand size. */
function fixedRegister(text: string): OperandCode | undefined {
  if (BYTE_REGISTERS.includes(text)) return code(text, 'register', 8, BYTE_REGISTERS.indexOf(text));
  if (WORD_REGISTERS.includes(text)) return code(text, 'register', 16, WORD_REGISTERS.indexOf(text));
  if (SEGMENT_REGISTERS.includes(text)) return code(text, 'segment', 16, SEGMENT_REGISTERS.indexOf(text));
  if (text.startsWith('e')) return code(text, 'register', 'v', WORD_REGISTERS.indexOf(text.slice(1)));
  return undefined;
}

function vectorCode(text: string, method: string, type: string): OperandCode {
  return { ...code(text, method as Method, 0), vectorBits: VECTOR_BITS[type] ?? 0 };
}

function code(text: string, method: Method, width: Width, index = -1): OperandCode {
  const modrm = method.length === 1 && `CDTEGMRS${VECTOR_METHODS}`.includes(method);
  const implied = 'XYF'.includes(method);
  return { text, method, width, memoryWidth: width, vectorBits: 0, index, signed: false, implied, modrm };
}

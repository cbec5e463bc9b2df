/** Whether written operands fit a form, by kind and width; values are not looked at. */
import { type OperandCode, type Width, X87_MEMORY_BITS } from '../isa/operand.js';
import type { Size } from '../semantics/machine.js';
import type { Form } from './forms.js';
import type { KeywordSize, SourceOperand } from './statement.js';

/** A form that the operands fit, at one operand size. */
export interface Match {
  readonly form: Form;
  readonly operandSize: 16 | 32;
  readonly operands: readonly SourceOperand[];
  /** Width of a memory operand that was written without one. */
  readonly assumedWidth: number | undefined;
}

/** What one operand's fit says: whether it fixes the operand size, and the width it was taken to have. */
interface Fit {
  readonly tiesSize: boolean;
  readonly assumedWidth?: number;
}

const FITS: Fit = { tiesSize: false };
const TIES: Fit = { tiesSize: true };

// The 32-bit name of a register whose low 16 bits are all these read: MOV DS,EAX is MOV DS,AX.
const READS_WORD = new Set(['MOV', 'LLDT', 'LTR', 'LMSW', 'VERR', 'VERW', 'LAR', 'LSL']);

/**
 * Fits operands to a form.
 *
 * @param usual - the operand size that holds when no operand tells: the prefix's or the code's
 */
export function matchForm(
  form: Form,
  operands: readonly SourceOperand[],
  operandSize: 16 | 32,
  usual: 16 | 32,
): Match | undefined {
  const codes = form.row.operands.filter((code) => isWritten(code, form));
  if (codes.length !== operands.length) return undefined;
  let tied = operandSize === usual;
  let assumedWidth: Match['assumedWidth'];
  for (const [i, code] of codes.entries()) {
    const operand = operands[i];
    const fit = operand && fitOperand(code, operand, operandSize, form);
    if (!fit) return undefined;
    tied ||= fit.tiesSize;
    assumedWidth ??= fit.assumedWidth;
  }
  return tied ? { form, operandSize, operands, assumedWidth } : undefined;
}

/**
 * Operand sizes that AT&T's suffix leaves: its own where the form depends on the operand size, any where an operand
 * of fixed width agrees with it, else none.
 */
export function suffixSizes(
  { row, prefix }: Form,
  suffix: 8 | 16 | 32 | undefined,
  operands: readonly SourceOperand[],
  free: readonly (16 | 32)[],
): readonly (16 | 32)[] {
  if (suffix === undefined) return free;
  const general = row.operands
    .map((code, i) => ({ code, isMemory: operands[i]?.kind === 'memory' }))
    .filter(
      ({ code }) => ['E', 'G', 'R', 'register', 'M', 'O'].includes(code.method) && code.vectorBits === 0,
    )
    .filter(({ code }) => code.text !== 'CL' && code.text !== 'DX')
    .map(({ code, isMemory }) => (isMemory ? code.memoryWidth : code.width))
    .filter((width) => width !== 0);
  const [usual = 32] = free;
  if (general.includes('v')) return suffix === 8 ? [] : [suffix];
  if (general.length > 0) return general.includes(suffix) ? [usual] : [];
  return suffix === 8 || prefix !== undefined ? [] : [suffix];
}

/** Operands of string instructions are implied, the AL of STOSB as well as the ES:[EDI]. */
export function isWritten(code: OperandCode, form: Form): boolean {
  const isString = form.row.operands.some((other) => other.method === 'X' || other.method === 'Y');
  return !isString && !code.implied;
}

function fitOperand(
  code: OperandCode,
  operand: SourceOperand,
  operandSize: 16 | 32,
  form: Form,
): Fit | undefined {
  switch (operand.kind) {
    case 'register':
      return fitRegister(code, operand, operandSize, form);
    case 'memory':
      return fitMemory(code, operand, operandSize, form);
    case 'immediate':
      return fitImmediate(code, operand, operandSize);
    case 'far': {
      if (code.method !== 'A') return undefined;
      return operand.size === undefined ? FITS : when(operand.size === operandSize, TIES);
    }
  }
}

function fitRegister(
  code: OperandCode,
  { register }: SourceOperand & { kind: 'register' },
  operandSize: 16 | 32,
  form: Form,
): Fit | undefined {
  const kinds = { C: 'control', D: 'debug', T: 'test', S: 'segment', segment: 'segment' } as const;
  const { method } = code;
  if (method === 'C' || method === 'D' || method === 'T' || method === 'S') {
    return when(register.kind === kinds[method], FITS);
  }
  if (method === 'segment') return when(register.kind === 'segment' && register.index === code.index, FITS);
  if (register.kind === 'x87')
    return when(method === 'ST' || (method === 'ST0' && register.index === 0), FITS);
  if ('PQN'.includes(method)) return when(register.kind === 'mmx', FITS);
  if ('VWU'.includes(method)) return when(register.kind === 'xmm', FITS);
  if (register.kind !== 'general') return undefined;
  if (method !== 'E' && method !== 'G' && method !== 'R' && method !== 'register') return undefined;
  if (method === 'register' && register.index !== code.index) return undefined;
  const readsWord = code.text === 'Ew' && register.size === 32 && READS_WORD.has(form.row.mnemonic);
  if (register.size !== widthAt(code.width, operandSize) && !readsWord) return undefined;
  return code.width === 'v' ? TIES : FITS;
}

function fitMemory(
  code: OperandCode,
  operand: SourceOperand & { kind: 'memory' },
  operandSize: 16 | 32,
  form: Form,
): Fit | undefined {
  const { size } = operand;
  const far = operand.distance === 'far' || size === 48;
  if (code.text === 'Mp' && (form.row.mnemonic === 'CALL' || form.row.mnemonic === 'JMP')) {
    if (!far) return undefined;
    if (size === undefined) return FITS;
    return when(size === operandSize || (size === 48 && operandSize === 32), TIES);
  }
  const x87Bits = X87_MEMORY_BITS.get(code.text);
  if (x87Bits !== undefined && x87Bits !== 0) {
    return size === undefined ? { tiesSize: false, assumedWidth: x87Bits } : when(size === x87Bits, FITS);
  }
  if (code.vectorBits !== 0) return fitVector(code, size);
  if (code.method === 'M') return FITS;
  if (code.method !== 'E' && code.method !== 'O') return undefined;
  const width = widthAt(code.memoryWidth, operandSize);
  if (operand.distance === 'far') return undefined;
  if (size === undefined) return { tiesSize: false, assumedWidth: width };
  return when(size === width, code.memoryWidth === 'v' ? TIES : FITS);
}

/** A multimedia operand's width is the row's; a written one must be the same. */
function fitVector(code: OperandCode, size: KeywordSize | undefined): Fit | undefined {
  if (!'QWM'.includes(code.method)) return undefined;
  return when(size === undefined || size === code.vectorBits, FITS);
}

function fitImmediate(
  code: OperandCode,
  { size, distance }: SourceOperand & { kind: 'immediate' },
  operandSize: 16 | 32,
): Fit | undefined {
  if (code.method === 'J') {
    if (distance === 'far' || (distance !== undefined && (distance === 'short') !== (code.width === 8))) {
      return undefined;
    }
    return size === undefined ? FITS : when(size === operandSize, TIES);
  }
  if ((code.method !== 'I' && code.method !== 'one') || distance !== undefined) return undefined;
  if (size === undefined || (code.signed && size === 8)) return FITS;
  if (code.signed) return when(size === operandSize, TIES);
  return when(size === widthAt(code.width, operandSize), code.width === 'v' ? TIES : FITS);
}

function when(condition: boolean, fit: Fit): Fit | undefined {
  return condition ? fit : undefined;
}

function widthAt(width: Width, operandSize: 16 | 32): Size | 0 {
  return width === 'v' ? operandSize : width;
}

/** Operands of a decoded instruction in Intel syntax. */
import type { Decoded, DecodedOperand, EffectiveAddress } from '../decode/decoded.js';
import type { Insn } from '../isa/insn.js';
import { X87_MEMORY_BITS } from '../isa/operand.js';
import { GENERAL_REGISTER_NAMES, SEGMENT_REGISTER_NAMES } from '../isa/register-names.js';
import type { Size } from '../semantics/machine.js';
import { DS, SS } from '../state/layout.js';
import { formatNumber, formatPlace, type NumberStyle } from './format-number.js';

const SP = 4;
const BP = 5;
const X87_SIZE_WORDS = { 16: 'word', 32: 'dword', 64: 'qword', 80: 'tword' } as const;
const SIZE_WORDS: Readonly<Record<Size, string>> = { 8: 'byte', 16: 'word', 32: 'dword' };

/** Every operand that is written, in order. */
export function formatOperands(
  decoded: Decoded,
  at: number,
  codeSize: 16 | 32,
  style: NumberStyle,
): string[] {
  // SDM Vol. 2A, "AAM": the manual's mnemonic without an operand means base ten.
  const isDecimal = decoded.insn.text === 'AAM Ib' || decoded.insn.text === 'AAD Ib';
  return decoded.operands
    .map((operand) => formatOperand(operand, decoded, at, codeSize, style))
    .filter((text) => !(isDecimal && text === formatNumber(10, style)));
}

function formatOperand(
  operand: DecodedOperand,
  decoded: Decoded,
  at: number,
  codeSize: 16 | 32,
  style: NumberStyle,
): string {
  switch (operand.kind) {
    case 'register':
      return GENERAL_REGISTER_NAMES[operand.size][operand.index] ?? '';
    case 'segment':
      return SEGMENT_REGISTER_NAMES[operand.index] ?? '';
    case 'control':
      return `cr${operand.index}`;
    case 'debug':
      return `dr${operand.index}`;
    case 'test':
      return `tr${operand.index}`;
    case 'x87':
      return `st${operand.index}`;
    case 'mmx':
      return `mm${operand.index}`;
    case 'xmm':
      return `xmm${operand.index}`;
    case 'immediate':
      return `${immediateSize(decoded, codeSize)}${formatNumber(operand.value, style)}`;
    case 'relative':
      return formatPlace(branchTarget(operand.value, decoded, at), style);
    case 'far':
      return `${farSize(decoded, codeSize)}${formatNumber(operand.selector, style)}:${formatNumber(operand.offset, style)}`;
    case 'memory':
      return `${memorySize(operand, decoded, codeSize)}${formatAddress(decoded, codeSize, style)}`;
  }
}

/** Near targets wrap at the operand size. */
export function branchTarget(displacement: number, { operandSize, length }: Decoded, at: number): number {
  const eip = at + length + displacement;
  return operandSize === 16 ? eip & 0xffff : eip >>> 0;
}

/** PUSH of an immediate: nothing else tells how much it pushes. */
function immediateSize({ insn, operandSize }: Decoded, codeSize: 16 | 32): string {
  return insn.mnemonic === 'PUSH' && operandSize !== codeSize ? `${SIZE_WORDS[operandSize]} ` : '';
}

function farSize({ operandSize }: Decoded, codeSize: 16 | 32): string {
  return operandSize === codeSize ? '' : `${SIZE_WORDS[operandSize]} `;
}

function memorySize(
  operand: DecodedOperand & { kind: 'memory' },
  decoded: Decoded,
  codeSize: 16 | 32,
): string {
  const { insn } = decoded;
  if (insn.text === 'CALL Mp' || insn.text === 'JMP Mp') return `far ${farSize(decoded, codeSize)}`;
  const [first] = insn.operands;
  if (first && X87_MEMORY_BITS.has(first.text)) return x87SizeWord(first.text);
  return operand.size === 0 || impliesMemorySize(insn) ? '' : `${SIZE_WORDS[operand.size]} `;
}

/** FLDENV and FRSTOR have no word for their width, and FLDCW needs none. */
function x87SizeWord(text: string): string {
  const bits = text === 'm2byte' ? 0 : (X87_MEMORY_BITS.get(text) ?? 0);
  return bits === 0 ? '' : `${X87_SIZE_WORDS[bits]} `;
}

/** Whether a register beside it, or the mnemonic alone, tells the width of the memory operand. */
export function impliesMemorySize(insn: Insn): boolean {
  const memory = insn.operands.find((code) => code.method === 'E' || code.method === 'O');
  if (memory === undefined) return true;
  // The name of a multimedia instruction tells it; CVTSI2SS has a wider form elsewhere.
  if (insn.operands.some((code) => code.vectorBits !== 0)) return !insn.mnemonic.startsWith('CVTSI');
  if (insn.mnemonic.startsWith('SET')) return true;
  if (memory.memoryWidth === 16) return !insn.mnemonic.startsWith('MOV') || insn.operands.some(isSegment);
  return insn.operands.some(
    (code) =>
      code !== memory &&
      code.width === memory.width &&
      (code.method === 'G' || (code.method === 'register' && code.text !== 'CL')),
  );
}

function isSegment(code: { readonly method: string }): boolean {
  return code.method === 'S';
}

function formatAddress(
  { insn, address, addressSize }: Decoded,
  codeSize: 16 | 32,
  style: NumberStyle,
): string {
  if (address === undefined) return '';
  const segment = insn.mnemonic === 'LEA' ? '' : segmentPrefix(address);
  const { base, index, scale, displacement } = address;
  const names = GENERAL_REGISTER_NAMES[addressSize];
  const terms = [base, index].filter((register) => register >= 0).map((register) => names[register] ?? '');
  if (scale > 0) terms.push(`${terms.pop()}*${1 << scale}`);
  if (terms.length > 0) {
    return `[${segment}${terms.join('+')}${signedDisplacement(displacement, addressSize, style)}]`;
  }
  const sizeWord = addressSize === codeSize ? '' : `${SIZE_WORDS[addressSize]} `;
  return `[${sizeWord}${segment}${formatPlace(displacement, style)}]`;
}

function signedDisplacement(displacement: number, addressSize: 16 | 32, style: NumberStyle): string {
  const signed = addressSize === 16 ? (displacement << 16) >> 16 : displacement;
  if (signed === 0) return '';
  return signed < 0 ? `-${formatNumber(-signed, style)}` : `+${formatNumber(signed, style)}`;
}

/** The segment register, unless it is the one that the text without it would mean. */
function segmentPrefix({ segment, base, index, scale }: EffectiveAddress): string {
  const first = base < 0 && scale === 0 ? index : base;
  const usual = first === SP || first === BP ? SS : DS;
  return segment === usual ? '' : `${SEGMENT_REGISTER_NAMES[segment]}:`;
}

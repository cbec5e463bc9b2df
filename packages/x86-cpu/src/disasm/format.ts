/** A decoded instruction in Intel syntax: prefixes, mnemonic and operands. */
import type { Decoded } from '../decode/decoded.js';
import type { Insn } from '../isa/insn.js';
import { BARE_MNEMONICS, mnemonicOf, REP } from '../isa/insn.js';
import { X87_MEMORY_BITS } from '../isa/operand.js';
import { SEGMENT_REGISTER_NAMES } from '../isa/register-names.js';
import { DS } from '../state/layout.js';
import { type NumberStyle, PLAIN_NUMBERS } from './format-number.js';
import { formatOperands } from './format-operand.js';

/** Depend on the operand size, and show it in no operand. */
const SILENT_SIZE = new Set(['RET', 'RETF', 'ENTER', 'LEAVE', 'LGDT', 'LIDT', 'SGDT', 'SIDT']);

/** Have a memory operand that is not written. */
export const HIDES_ADDRESS = new Set(['XLATB', 'MASKMOVQ', 'MASKMOVDQU']);

/**
 * Writes an instruction in the assembler's dialect. Prefixes that change nothing are left out.
 *
 * @param at - EIP of the instruction
 */
export function formatDecoded(
  decoded: Decoded,
  at: number,
  codeSize: 16 | 32,
  style: NumberStyle = PLAIN_NUMBERS,
): string {
  const words = [...prefixWords(decoded, codeSize), nameOf(decoded, codeSize)];
  const operands = isString(decoded.insn) ? [] : formatOperands(decoded, at, codeSize, style);
  return [words.join(' '), operands.join(', ')].filter((part) => part !== '').join(' ');
}

function nameOf({ insn, operandSize, addressSize, rep }: Decoded, codeSize: 16 | 32): string {
  if (insn.text === 'NOP' && rep === 0xf3) return 'pause';
  if (!BARE_MNEMONICS.has(insn.mnemonic)) return mnemonicOf(insn, operandSize, addressSize).toLowerCase();
  const suffix = operandSize === codeSize ? '' : operandSize === 16 ? 'w' : 'd';
  return `${insn.mnemonic.toLowerCase()}${suffix}`;
}

function prefixWords(decoded: Decoded, codeSize: 16 | 32): string[] {
  const { insn, lock, rep, operandSize, addressSize, dataSegment } = decoded;
  const words: string[] = [];
  if (lock) words.push('lock');
  if ((insn.flags & REP) !== 0 && rep !== 0) words.push(repeatWord(insn, rep));
  if (readsDataSegment(insn) && dataSegment !== DS) words.push(SEGMENT_REGISTER_NAMES[dataSegment] ?? '');
  if (hidesAddressSize(insn) && addressSize !== codeSize) words.push(`a${addressSize}`);
  if (hidesOperandSize(insn) && operandSize !== codeSize) words.push(`o${operandSize}`);
  return words;
}

/** F3 is REPE to the strings that compare. */
function repeatWord(insn: Insn, rep: 0xf2 | 0xf3): string {
  if (rep === 0xf2) return 'repne';
  return /^(CMPS|SCAS)/.test(insn.mnemonic) ? 'repe' : 'rep';
}

export function isString(insn: Insn): boolean {
  return insn.operands.some((code) => code.method === 'X' || code.method === 'Y');
}

/** Has a memory operand in the data segment that is not written. */
function readsDataSegment(insn: Insn): boolean {
  return HIDES_ADDRESS.has(insn.mnemonic) || insn.operands.some((code) => code.method === 'X');
}

function hidesAddressSize(insn: Insn): boolean {
  return isString(insn) || HIDES_ADDRESS.has(insn.mnemonic) || insn.mnemonic.startsWith('LOOP');
}

function hidesOperandSize(insn: Insn): boolean {
  return (
    SILENT_SIZE.has(insn.mnemonic) ||
    insn.operands.some(
      ({ method, text }) => method === 'J' || method === 'segment' || X87_MEMORY_BITS.get(text) === 0,
    )
  );
}

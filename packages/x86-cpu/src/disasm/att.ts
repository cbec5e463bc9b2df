/** A decoded instruction in AT&T syntax, as GNU as reads it: prefixes, mnemonic with its suffix, operands. */
import type { Decoded } from '../decode/decoded.js';
import { attMnemonic } from '../isa/att-names.js';
import type { Insn } from '../isa/insn.js';
import { BARE_MNEMONICS, mnemonicOf, REP } from '../isa/insn.js';
import { X87_MEMORY_BITS } from '../isa/operand.js';
import { SEGMENT_REGISTER_NAMES } from '../isa/register-names.js';
import { DS } from '../state/layout.js';
import { formatAttOperands } from './att-operand.js';
import { HIDES_ADDRESS, isString } from './format.js';
import { type NumberStyle, PLAIN_NUMBERS } from './format-number.js';
import { impliesMemorySize } from './format-operand.js';

const SUFFIX = { 8: 'b', 16: 'w', 32: 'l' } as const;
/** Have a suffix where their size is not the code's; no operand shows it. */
const SUFFIX_WHEN_UNUSUAL = new Set(['RET', 'RETF', 'ENTER', 'LEAVE', 'CALL', 'JMP', 'PUSH', 'POP']);
/** Of their descriptor's base 24 or 32 bits count. */
const TABLE_REGISTER = /^[SL][GI]DT$/;

/**
 * Writes an instruction in AT&T syntax. Prefixes that change nothing are left out.
 *
 * @param at - EIP of the instruction
 */
export function formatAtt(
  decoded: Decoded,
  at: number,
  codeSize: 16 | 32,
  style: NumberStyle = PLAIN_NUMBERS,
): string {
  const words = [...prefixWords(decoded, codeSize), nameOf(decoded, codeSize)];
  const operands = formatAttOperands(decoded, at, style);
  return [words.join(' '), operands.join(',')].filter((part) => part !== '').join(' ');
}

function nameOf(decoded: Decoded, codeSize: 16 | 32): string {
  const { insn, operandSize, addressSize, rep } = decoded;
  if (insn.text === 'NOP' && rep === 0xf3) return 'pause';
  const unusual = operandSize === codeSize ? '' : SUFFIX[operandSize];
  if (BARE_MNEMONICS.has(insn.mnemonic)) return `${insn.mnemonic.toLowerCase()}${unusual}`;
  const name = attMnemonic(insn, operandSize) ?? mnemonicOf(insn, operandSize, addressSize).toLowerCase();
  if (insn.mnemonic.startsWith('LOOP'))
    return `${name}${addressSize === codeSize ? '' : SUFFIX[addressSize]}`;
  if (isEnvironment(insn)) return `${name}${unusual.replace('w', 's')}`;
  if (TABLE_REGISTER.test(insn.mnemonic)) return `${name}${SUFFIX[operandSize]}`;
  return `${name}${memorySuffix(decoded) || (takesUnusual(decoded) ? unusual : '')}`;
}

/** The width of a memory operand, where no register beside it tells. */
function memorySuffix({ insn, operands }: Decoded): string {
  const memory = operands.find((operand) => operand.kind === 'memory');
  if (memory?.kind !== 'memory' || memory.size === 0 || isString(insn)) return '';
  return /^MOV[SZ]X$/.test(insn.mnemonic) || impliesMemorySize(insn) ? '' : SUFFIX[memory.size];
}

/** A register operand of the operand size tells it. */
function takesUnusual({ insn, operands }: Decoded): boolean {
  if (!SUFFIX_WHEN_UNUSUAL.has(insn.mnemonic) || isNearJump(insn)) return false;
  return !operands.some((operand) => operand.kind === 'register');
}

function prefixWords(decoded: Decoded, codeSize: 16 | 32): string[] {
  const { insn, lock, rep, operandSize, addressSize, dataSegment, address } = decoded;
  const words: string[] = [];
  if (lock) words.push('lock');
  if ((insn.flags & REP) !== 0 && rep !== 0) words.push(repeatWord(insn, rep));
  const implied = HIDES_ADDRESS.has(insn.mnemonic) && insn.mnemonic !== 'XLATB';
  if (implied && dataSegment !== DS) words.push(SEGMENT_REGISTER_NAMES[dataSegment] ?? '');
  const bare = address !== undefined && address.base < 0 && address.index < 0;
  if ((implied || bare) && addressSize !== codeSize) words.push(`addr${addressSize}`);
  if (hidesOperandSize(insn) && operandSize !== codeSize) words.push(`data${operandSize}`);
  return words;
}

function repeatWord(insn: Insn, rep: 0xf2 | 0xf3): string {
  if (rep === 0xf2) return 'repnz';
  return /^(CMPS|SCAS)/.test(insn.mnemonic) ? 'repz' : 'rep';
}

/** FLDENV and its kin have the letters of reals. */
function isEnvironment(insn: Insn): boolean {
  return insn.operands.some(({ text }) => X87_MEMORY_BITS.get(text) === 0);
}

/** as knows callw and retw, and no jmpw to a label. */
function isNearJump(insn: Insn): boolean {
  return insn.mnemonic === 'JMP' && insn.operands.some(({ method }) => method === 'J');
}

/** Branches but CALL have no suffix. */
function hidesOperandSize(insn: Insn): boolean {
  if (insn.mnemonic === 'CALL') return false;
  return insn.operands.some(({ method }) => method === 'J');
}

/** Instruction statement to bytes: the shortest encoding of all that the rows allow. */
import type { OperandCode } from '../isa/operand.js';
import { AssemblerError } from './assembler-error.js';
import type { AddressValue } from './encode-address.js';
import { addressValue, encodeAddress } from './encode-address.js';
import type { Scope } from './expression.js';
import { evaluate } from './expression.js';
import { type Form, formsOf, nearestTo } from './forms.js';
import { fits, littleEndian } from './integer.js';
import type { Match } from './match.js';
import { isWritten, matchForm, suffixSizes } from './match.js';
import { SEGMENT_PREFIXES } from './prefix-words.js';
import type { InstructionStatement, SourceOperand } from './statement.js';

const WAIT = 0x9b;

/**
 * Encodes an instruction.
 *
 * @param matches - what `matchInstruction` found for the statement
 * @param minimum - length in bytes that it must not fall below: what an earlier pass gave it, so that
 *   lengths only grow from pass to pass, and the passes come to an end
 */
export function encodeInstruction(
  statement: InstructionStatement,
  matches: readonly Match[],
  bits: 16 | 32,
  scope: Scope,
  minimum: number,
): readonly number[] {
  const encodings = matches.flatMap((match) => encodingsOf(match, statement, bits, scope));
  let shortest: readonly number[] | undefined;
  for (const encoding of encodings) {
    if (encoding.length < minimum) continue;
    if (shortest === undefined || encoding.length < shortest.length) shortest = encoding;
  }
  if (shortest === undefined) {
    throw new AssemblerError('OUT_OF_RANGE', 'a value does not fit its operand', statement.source);
  }
  return shortest;
}

/** The forms that an instruction's operands fit by kind and width; at least one. */
export function matchInstruction(statement: InstructionStatement, bits: 16 | 32): readonly Match[] {
  // Of two equally short encodings, as takes the one whose immediate is sign-extended.
  const matches = matchesOf(statement, bits).toSorted((a, b) => signedFirst(a) - signedFirst(b));
  if (new Set(matches.map((match) => match.assumedWidth)).size > 1) {
    const remedy =
      statement.prefixes.order === 'gas'
        ? `append the suffix of the operand's size: b, w or l, of x87 memory s, l or t`
        : 'write byte, word, dword, qword or tword before the memory operand';
    throw new AssemblerError('SIZE_UNSPECIFIED', 'operand size not specified', statement.source, remedy);
  }
  return matches;
}

function signedFirst({ form }: Match): number {
  return form.row.operands.some((code) => code.signed) ? 0 : 1;
}

function matchesOf(statement: InstructionStatement, bits: 16 | 32): readonly Match[] {
  const { mnemonic, source } = statement;
  const [, predicate, type] = PREDICATE_MNEMONIC.exec(mnemonic) ?? [];
  const name = type === undefined ? mnemonic : `CMP${type}`;
  const forms = formsOf(name === 'PAUSE' ? 'NOP' : name);
  if (!forms)
    throw new AssemblerError(
      'UNKNOWN_MNEMONIC',
      `unknown instruction ${mnemonic}`,
      source,
      nearestTo(mnemonic),
    );
  const lists = operandLists(statement, predicate);
  const matches = forms.flatMap((form) => {
    const wanted = form.operandSize ?? statement.prefixes.operandSize;
    // Where 66 tells rows apart it says nothing of a size, and no operand asks.
    const usual = form.prefix === undefined ? (wanted ?? bits) : bits;
    const fixed = wanted !== undefined || form.prefix !== undefined;
    const free: readonly (16 | 32)[] = fixed ? [usual] : [usual, usual === 16 ? 32 : 16];
    return lists.flatMap((operands) =>
      suffixSizes(form, statement.suffix, operands, free).flatMap(
        (size) => matchForm(form, operands, size, statement.suffix === undefined ? usual : size) ?? [],
      ),
    );
  });
  if (matches.length > 0) return matches;
  throw new AssemblerError(
    'OPERANDS',
    `no form of ${mnemonic} takes these operands`,
    source,
    operandsOf(forms),
  );
}

/** In the rows' notation; 'ADD takes Eb,Gb | Ev,Gv'. */
function operandsOf(forms: readonly Form[]): string {
  const lists = new Set(forms.map(({ row }) => row.text.split(' ')[1] ?? 'no operands'));
  return `${forms[0]?.row.text.split(' ')[0]} takes ${[...lists].join(' | ')}`;
}

const TEN: SourceOperand = immediate(10n);
const ONE: SourceOperand = immediate(1n);

// SDM Vol. 2A, "CMPPS", Table 3-2 "Pseudo-Op and CMPPS Implementation": the immediate is in the name.
const PREDICATES = ['EQ', 'LT', 'LE', 'UNORD', 'NEQ', 'NLT', 'NLE', 'ORD'];
const PREDICATE_MNEMONIC = new RegExp(`^CMP(${PREDICATES.join('|')})([PS][SD])$`);

/** The operands as written, and in the other ways that mean the same. */
function operandLists(
  { mnemonic, operands }: InstructionStatement,
  predicate: string | undefined,
): readonly (readonly SourceOperand[])[] {
  const [first, second] = operands;
  if (predicate !== undefined) return [[...operands, immediate(BigInt(PREDICATES.indexOf(predicate)))]];
  if ((mnemonic === 'TEST' || mnemonic === 'XCHG') && first && second) return [operands, [second, first]];
  // IMUL EAX,10 is IMUL EAX,EAX,10.
  if (mnemonic === 'IMUL' && first && second && operands.length === 2)
    return [operands, [first, first, second]];
  if ((mnemonic === 'AAM' || mnemonic === 'AAD') && !first) return [[TEN]];
  if (/^(RO[LR]|RC[LR]|S[HA][LR])$/.test(mnemonic) && first && !second) return [[first, ONE]];
  return mnemonic.startsWith('F') ? x87OperandLists(mnemonic, operands) : [operands];
}

/** ST(0) may be left out, and so may ST(1) where the manual has a form without operands. */
function x87OperandLists(
  mnemonic: string,
  operands: readonly SourceOperand[],
): readonly (readonly SourceOperand[])[] {
  const [first, second] = operands;
  if (!first && HAS_SHORT_FORM.test(mnemonic))
    return [
      [ST0, ST1],
      [ST1, ST0],
    ];
  if (first?.kind === 'register' && !second) return [operands, [ST0, first], [first, ST0]];
  return [operands];
}

const HAS_SHORT_FORM = /^F(XCH|U?COMP?|(ADD|MUL|SUBR?|DIVR?)P)$/;
const [ST0, ST1]: readonly [SourceOperand, SourceOperand] = [x87Register(0), x87Register(1)];

function x87Register(index: number): SourceOperand {
  return { kind: 'register', register: { kind: 'x87', size: 0, index } };
}

function immediate(value: bigint): SourceOperand {
  return { kind: 'immediate', value: { kind: 'number', value }, size: undefined, distance: undefined };
}

/** The parts of an encoding, before they are put in line. */
interface Parts {
  /** ModRM.reg. */
  reg: number;
  /** ModRM (reg = 0), SIB and displacement, in every length; empty without ModRM. */
  rm: number[][];
  address: AddressValue | undefined;
  /** Immediates, moffs and far pointers, in order. */
  tail: number[];
  /** A near jump's target and the bytes of its displacement. */
  target: { readonly value: bigint; readonly bytes: number } | undefined;
}

function encodingsOf(match: Match, statement: InstructionStatement, bits: 16 | 32, scope: Scope): number[][] {
  const parts: Parts = {
    reg: match.form.extension ?? 0,
    rm: [],
    address: undefined,
    tail: [],
    target: undefined,
  };
  const usualAddressSize = match.form.addressSize ?? statement.prefixes.addressSize ?? bits;
  const codes = match.form.row.operands.filter((code) => isWritten(code, match.form));
  for (const [i, code] of codes.entries()) {
    const operand = match.operands[i];
    if (!operand || !place(code, operand, match, usualAddressSize, parts, scope)) return [];
  }
  const prefixes = prefixBytes(match, parts.address, usualAddressSize, statement, bits);
  const start = [...(match.form.waits ? [WAIT] : []), ...prefixes, ...match.form.opcode];
  // A group's row without operands is a register form: LFENCE is 0F AE E8.
  const bare = match.form.extension === undefined ? [] : [0xc0];
  const rms = match.form.row.modrm ? parts.rm : [bare];
  return rms.flatMap((rm) => {
    const [modrm, ...rest] = rm;
    const head = modrm === undefined ? start : [...start, modrm | (parts.reg << 3), ...rest];
    return finish([...head, ...parts.tail], parts.target, match.operandSize, scope);
  });
}

/** Puts an operand where its code says; false when its value does not fit there. */
function place(
  code: OperandCode,
  operand: SourceOperand,
  match: Match,
  usualAddressSize: 16 | 32,
  parts: Parts,
  scope: Scope,
): boolean {
  switch (operand.kind) {
    case 'register':
      placeRegister(code, operand.register.index, parts);
      return true;
    case 'memory':
      parts.address = addressValue(operand.memory, usualAddressSize, scope);
      if (code.method === 'O') return placeOffset(parts.address, parts);
      parts.rm = encodeAddress(parts.address);
      return true;
    case 'immediate':
      return placeImmediate(code, evaluate(operand.value, scope), match.operandSize, parts);
    case 'far': {
      const selector = evaluate(operand.selector, scope);
      const offset = evaluate(operand.offset, scope);
      parts.tail.push(...littleEndian(offset, match.operandSize / 8), ...littleEndian(selector, 2));
      return fits(offset, match.operandSize) && fits(selector, 16);
    }
  }
}

const RM_METHODS: ReadonlySet<string> = new Set([...'ERQWNU', 'ST']);
const FIXED_METHODS: ReadonlySet<string> = new Set(['register', 'segment', 'ST0']);

function placeRegister(code: OperandCode, index: number, parts: Parts): void {
  if (RM_METHODS.has(code.method)) parts.rm = [[0xc0 | index]];
  else if (!FIXED_METHODS.has(code.method)) parts.reg = index;
}

/** MOV AL,[offset]: no registers, and no ModRM. */
function placeOffset({ base, index, addressSize, displacement }: AddressValue, parts: Parts): boolean {
  parts.tail.push(...littleEndian(displacement, addressSize / 8));
  return base === -1 && index === -1;
}

function placeImmediate(code: OperandCode, value: bigint, operandSize: 16 | 32, parts: Parts): boolean {
  if (code.method === 'one') return value === 1n;
  const size = code.width === 'v' ? operandSize : code.width;
  if (code.method === 'J') {
    parts.target = { value, bytes: size / 8 };
    return true;
  }
  if (code.signed) {
    const signed = BigInt.asIntN(operandSize, value);
    parts.tail.push(...littleEndian(signed, 1));
    return fits(value, operandSize) && signed >= -128n && signed <= 127n;
  }
  parts.tail.push(...littleEndian(value, size / 8));
  return fits(value, size);
}

/** Appends the displacement of a near jump: from the end of the instruction, modulo the operand size. */
function finish(bytes: number[], target: Parts['target'], operandSize: 16 | 32, scope: Scope): number[][] {
  if (!target) return [bytes];
  const end = scope.here + BigInt(bytes.length + target.bytes);
  const distance = target.value - end;
  const displacement = BigInt.asIntN(operandSize, distance);
  if (!fits(distance, 33) || displacement !== BigInt.asIntN(8 * target.bytes, displacement)) return [];
  return [[...bytes, ...littleEndian(displacement, target.bytes)]];
}

/** Segment, address size, operand size, REP, LOCK. */
function inGasOrder(bytes: readonly number[]): number[] {
  const rank = (byte: number) =>
    SEGMENT_PREFIXES.includes(byte) ? 0 : [0x67, 0x66, 0xf2, 0xf3, 0xf0].indexOf(byte) + 1;
  return bytes.toSorted((a, b) => rank(a) - rank(b));
}

function prefixBytes(
  match: Match,
  address: AddressValue | undefined,
  usualAddressSize: 16 | 32,
  { mnemonic, prefixes }: InstructionStatement,
  bits: 16 | 32,
): number[] {
  const bytes = mnemonic === 'PAUSE' ? [0xf3] : [...prefixes.bytes];
  const segment = address?.override === undefined ? undefined : SEGMENT_PREFIXES[address.override];
  if (segment !== undefined) bytes.push(segment);
  if ((address?.addressSize ?? usualAddressSize) !== bits) bytes.push(0x67);
  if (match.operandSize !== bits) bytes.push(0x66);
  if (match.form.prefix) bytes.push(match.form.prefix);
  return prefixes.order === 'gas' ? inGasOrder(bytes) : bytes;
}

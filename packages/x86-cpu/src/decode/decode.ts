/** Decoder: instruction bytes to a row with its operands. Hot: shared operand objects, one shape a result. */
import { hasModrm, withModrm, withPrefix } from '../isa/choice.js';
import type { Insn } from '../isa/insn.js';
import { ALL_FEATURES, LOCK } from '../isa/insn.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';
import type { OperandCode, Width } from '../isa/operand.js';
import type { Size } from '../semantics/machine.js';
import { CS, DS } from '../state/layout.js';
import type { FetchByte } from './code-cursor.js';
import { CodeCursor } from './code-cursor.js';
import type { Decoded, DecodedOperand, EffectiveAddress } from './decoded.js';
import { readAddress } from './modrm.js';
import type { Prefixes } from './prefix.js';
import { readPrefixes } from './prefix.js';

/** Why bytes are no instruction: #UD, or #GP(0) for more than fifteen bytes. */
export type DecodeFault = 'undefined-opcode' | 'too-long';

/**
 * Decodes one instruction.
 *
 * @param fetch - called once for each byte, in order; what it throws passes through
 * @param codeSize - CS.D: the default operand and address size
 * @param features - the features (`I486`, `CMOV`, …) that the CPU model has; rows that need others are undefined
 */
export function decode(
  fetch: FetchByte,
  codeSize: 16 | 32,
  features: number = ALL_FEATURES,
): Decoded | DecodeFault {
  const cursor = new CodeCursor(fetch);
  const prefixes = readPrefixes(cursor, codeSize);
  const opcode = prefixes.opcode === 0x0f ? OPCODE_MAP_0F[cursor.u8()] : OPCODE_MAP[prefixes.opcode];
  const entry = withPrefix(opcode, prefixes.has66, prefixes.rep);
  if (entry === undefined) return cursor.tooLong ? 'too-long' : 'undefined-opcode';
  const modrm = hasModrm(entry) ? cursor.u8() : 0;
  const row = withModrm(entry, modrm);
  if (row === undefined || (row.flags & ALL_FEATURES & ~features) !== 0) {
    return cursor.tooLong ? 'too-long' : 'undefined-opcode';
  }
  return decodeRow(row, modrm, prefixes, cursor);
}

function decodeRow(row: Insn, modrm: number, prefixes: Prefixes, cursor: CodeCursor): Decoded | DecodeFault {
  let address = namesMemory(row, modrm) ? readAddress(cursor, modrm, prefixes) : undefined;
  const operands: DecodedOperand[] = [];
  for (const code of row.operands) {
    if (code.implied) continue;
    if (code.method === 'O') address = readOffset(cursor, prefixes);
    const operand = readOperand(code, modrm, address !== undefined, prefixes, cursor);
    if (operand === undefined) return cursor.tooLong ? 'too-long' : 'undefined-opcode';
    operands.push(operand);
  }
  if (cursor.tooLong) return 'too-long';
  if (!isLegal(row, prefixes.lock, operands[0])) return 'undefined-opcode';
  const { operandSize, addressSize, lock, rep } = prefixes;
  const dataSegment = prefixes.segment === -1 ? DS : prefixes.segment;
  return {
    insn: row,
    opcode: (prefixes.opcode << 8) | modrm,
    length: cursor.length,
    operandSize,
    addressSize,
    lock,
    rep,
    dataSegment,
    address,
    operands,
  };
}

/** MOV to and from control, debug and test registers ignores mod: its rm is always a register. */
function namesMemory(row: Insn, modrm: number): boolean {
  if (!row.modrm || modrm >= 0xc0) return false;
  return !row.operands.some((code) => code.method === 'R');
}

/** The offset in the instruction of MOV AL,[offset]; its width is the address size. */
function readOffset(cursor: CodeCursor, prefixes: Prefixes): EffectiveAddress {
  const segment = prefixes.segment === -1 ? DS : prefixes.segment;
  const displacement = prefixes.addressSize === 16 ? cursor.u16() : cursor.i32();
  return { segment, base: -1, index: -1, scale: 0, displacement };
}

function isLegal(row: Insn, lock: boolean, destination: DecodedOperand | undefined): boolean {
  // SDM Vol. 2A, "LOCK—Assert LOCK# Signal Prefix": #UD but for certain instructions with a memory destination.
  if (lock && ((row.flags & LOCK) === 0 || destination?.kind !== 'memory')) return false;
  // SDM Vol. 2B, "MOV—Move": loading CS is #UD.
  return !(row.operands[0]?.method === 'S' && destination?.kind === 'segment' && destination.index === CS);
}

// Operands that carry nothing from the instruction's bytes but a number are made once and shared.
const numbered = <T>(make: (index: number) => T): readonly T[] =>
  Array.from({ length: 8 }, (_, i) => make(i));
const register = (size: Size) => numbered((index): DecodedOperand => ({ kind: 'register', size, index }));
const REGISTER = { 8: register(8), 16: register(16), 32: register(32) } as const;
const SEGMENT = numbered((index): DecodedOperand => ({ kind: 'segment', index }));
const CONTROL = numbered((index): DecodedOperand => ({ kind: 'control', index }));
const DEBUG = numbered((index): DecodedOperand => ({ kind: 'debug', index }));
const TEST = numbered((index): DecodedOperand => ({ kind: 'test', index }));
const X87 = numbered((index): DecodedOperand => ({ kind: 'x87', index }));
const MMX_REGISTER = numbered((index): DecodedOperand => ({ kind: 'mmx', index }));
const XMM_REGISTER = numbered((index): DecodedOperand => ({ kind: 'xmm', index }));
const MEMORY: Readonly<Record<Size | 0, DecodedOperand>> = {
  0: { kind: 'memory', size: 0 },
  8: { kind: 'memory', size: 8 },
  16: { kind: 'memory', size: 16 },
  32: { kind: 'memory', size: 32 },
};
const ONE: DecodedOperand = { kind: 'immediate', size: 8, value: 1 };

/** One operand; undefined when the bytes name one that does not exist. */
function readOperand(
  code: OperandCode,
  modrm: number,
  inMemory: boolean,
  prefixes: Prefixes,
  cursor: CodeCursor,
): DecodedOperand | undefined {
  const { operandSize } = prefixes;
  const reg = (modrm >> 3) & 7;
  const rm = modrm & 7;
  switch (code.method) {
    case 'E':
      return inMemory
        ? MEMORY[sizeOf(code.memoryWidth, operandSize)]
        : generalRegister(code.width, rm, operandSize);
    case 'G':
      return generalRegister(code.width, reg, operandSize);
    case 'I':
      return readImmediate(code, operandSize, cursor);
    case 'register':
      return generalRegister(code.width, code.index, operandSize);
    case 'M':
      return inMemory ? MEMORY[sizeOf(code.width, operandSize)] : undefined;
    case 'O':
      return MEMORY[sizeOf(code.width, operandSize)];
    case 'R':
      return generalRegister(code.width, rm, operandSize);
    case 'J':
      return { kind: 'relative', value: readRelative(code, operandSize, cursor) };
    case 'A':
      return readFarPointer(operandSize, cursor);
    case 'S':
      return reg < 6 ? SEGMENT[reg] : undefined;
    case 'C':
      // SDM Vol. 2B, "MOV—Move to/from Control Registers": CR1, CR5, CR6 and CR7 are #UD.
      return reg === 1 || reg > 4 ? undefined : CONTROL[reg];
    case 'D':
      return DEBUG[reg];
    case 'T':
      // i486 Programmer's Reference Manual, 10.4 "Test Registers": TR3 to TR7.
      return reg < 3 ? undefined : TEST[reg];
    case 'P':
      return MMX_REGISTER[reg];
    case 'Q':
      return inMemory ? MEMORY[0] : MMX_REGISTER[rm];
    case 'N':
      return inMemory ? undefined : MMX_REGISTER[rm];
    case 'V':
      return XMM_REGISTER[reg];
    case 'W':
      return inMemory ? MEMORY[0] : XMM_REGISTER[rm];
    case 'U':
      return inMemory ? undefined : XMM_REGISTER[rm];
    case 'segment':
      return SEGMENT[code.index];
    case 'ST':
      return X87[rm];
    case 'ST0':
      return X87[0];
    case 'one':
      return ONE;
    default:
      throw new Error(`operand ${code.text} is implied`);
  }
}

function sizeOf(width: Width, operandSize: 16 | 32): Size | 0 {
  return width === 'v' ? operandSize : width;
}

function generalRegister(width: Width, index: number, operandSize: 16 | 32): DecodedOperand | undefined {
  return REGISTER[sizeOf(width, operandSize) || 32][index];
}

function readImmediate(code: OperandCode, operandSize: 16 | 32, cursor: CodeCursor): DecodedOperand {
  if (code.signed) {
    const value = operandSize === 16 ? cursor.i8() & 0xffff : cursor.i8();
    return { kind: 'immediate', size: operandSize, value };
  }
  const size = sizeOf(code.width, operandSize) || 32;
  return {
    kind: 'immediate',
    size,
    value: size === 8 ? cursor.u8() : size === 16 ? cursor.u16() : cursor.i32(),
  };
}

function readRelative(code: OperandCode, operandSize: 16 | 32, cursor: CodeCursor): number {
  if (code.width === 8) return cursor.i8();
  return operandSize === 16 ? (cursor.u16() << 16) >> 16 : cursor.i32();
}

function readFarPointer(operandSize: 16 | 32, cursor: CodeCursor): DecodedOperand {
  const offset = operandSize === 16 ? cursor.u16() : cursor.i32() >>> 0;
  return { kind: 'far', selector: cursor.u16(), offset };
}

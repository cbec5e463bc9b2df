/** Expressions: Wasm code that leaves one i32, with constants folded as it is built. */
import { call, I64_CONST, i32Const, localGet, memarg, OP } from './wasm/instructions.js';
import { type Code, s32 } from './wasm/values.js';

/** Wasm code without side effects that leaves one i32 on the stack. */
export interface Expr {
  readonly code: Code;
  /** Its value (int32), where it is known. */
  readonly constant: number | undefined;
  /** The local whose value it is, where it is no more than that. */
  readonly index?: number;
}

/** A constant. */
export function constant(value: number): Expr {
  return { code: i32Const(value), constant: value | 0 };
}

/** The value of a local. */
export function local(index: number): Expr {
  return { code: localGet(index), constant: undefined, index };
}

/** Code of any kind, as an expression. */
export function expr(...code: (number | Code)[]): Expr {
  return { code, constant: undefined };
}

type BinaryOp = keyof typeof FOLD_BINARY;
type UnaryOp = keyof typeof FOLD_UNARY;

const FOLD_BINARY = {
  'i32.add': (a: number, b: number) => a + b,
  'i32.sub': (a: number, b: number) => a - b,
  'i32.mul': Math.imul,
  'i32.and': (a: number, b: number) => a & b,
  'i32.or': (a: number, b: number) => a | b,
  'i32.xor': (a: number, b: number) => a ^ b,
  'i32.shl': (a: number, b: number) => a << b,
  'i32.shr_u': (a: number, b: number) => a >>> b,
  'i32.shr_s': (a: number, b: number) => a >> b,
  'i32.rotl': (a: number, b: number) => (a << b) | (a >>> -b),
  'i32.rotr': (a: number, b: number) => (a >>> b) | (a << -b),
  'i32.eq': (a: number, b: number) => Number(a === b),
  'i32.ne': (a: number, b: number) => Number(a !== b),
  'i32.lt_s': (a: number, b: number) => Number(a < b),
  'i32.lt_u': (a: number, b: number) => Number(a >>> 0 < b >>> 0),
  'i32.ge_u': (a: number, b: number) => Number(a >>> 0 >= b >>> 0),
  'i32.gt_u': (a: number, b: number) => Number(a >>> 0 > b >>> 0),
} as const;

const FOLD_UNARY = {
  'i32.clz': Math.clz32,
  'i32.ctz': (a: number) => (a === 0 ? 32 : 31 - Math.clz32(a & -a)),
  'i32.eqz': (a: number) => Number(a === 0),
  'i32.extend8_s': (a: number) => (a << 24) >> 24,
  'i32.extend16_s': (a: number) => (a << 16) >> 16,
} as const;

/** What leaves the left operand as it is. */
const RIGHT_IDENTITY: Partial<Record<BinaryOp, number>> = {
  'i32.add': 0,
  'i32.sub': 0,
  'i32.or': 0,
  'i32.xor': 0,
  'i32.and': -1,
  'i32.shl': 0,
  'i32.shr_u': 0,
  'i32.shr_s': 0,
  'i32.mul': 1,
};

/** An operation on two values. */
export function binary(op: BinaryOp, a: Expr, b: Expr): Expr {
  if (a.constant !== undefined && b.constant !== undefined) {
    return constant(FOLD_BINARY[op](a.constant, b.constant));
  }
  if (b.constant !== undefined && b.constant === RIGHT_IDENTITY[op]) return a;
  return expr(a.code, b.code, OP[op]);
}

/** An operation on one value. */
export function unary(op: UnaryOp, a: Expr): Expr {
  return a.constant === undefined ? expr(a.code, OP[op]) : constant(FOLD_UNARY[op](a.constant));
}

const LOAD = { 8: OP['i32.load8_u'], 16: OP['i32.load16_u'], 32: OP['i32.load'] } as const;
const STORE = { 8: OP['i32.store8'], 16: OP['i32.store16'], 32: OP['i32.store'] } as const;

/** The word at a host address, zero-extended. Bind it before anything is stored. */
export function hostLoad(address: Expr, size: 8 | 16 | 32, offset = 0): Expr {
  return expr(address.code, LOAD[size], memarg(offset));
}

/** Stores at a host address: a statement. */
export function hostStore(address: Expr, value: Expr, size: 8 | 16 | 32, offset = 0): Code {
  return [address.code, value.code, STORE[size], memarg(offset)];
}

/** High half of a product; the extension says whether it is signed. */
export function mulHigh(a: Expr, b: Expr, extend: 'i64.extend_i32_s' | 'i64.extend_i32_u'): Expr {
  const product = [a.code, OP[extend], b.code, OP[extend], OP['i64.mul']];
  return expr(product, I64_CONST, s32(32), OP['i64.shr_u'], OP['i32.wrap_i64']);
}

/** high:low ÷ divisor: quotient or rest. */
export function divide(op: 'i64.div_u' | 'i64.rem_u', high: Expr, low: Expr, divisor: Expr): Expr {
  const dividend =
    high.constant === 0
      ? [low.code, OP['i64.extend_i32_u']]
      : [
          [high.code, OP['i64.extend_i32_u'], I64_CONST, s32(32), OP['i64.shl']],
          [low.code, OP['i64.extend_i32_u'], OP['i64.or']],
        ];
  return expr(dividend, divisor.code, OP['i64.extend_i32_u'], OP[op], OP['i32.wrap_i64']);
}

/** A call of a function that returns one i32; an effect, so bind it at once. */
export function callResult(func: number, ...args: readonly Expr[]): Expr {
  return expr(
    args.map((arg) => arg.code),
    call(func),
  );
}

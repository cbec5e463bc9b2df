/** x87 instructions where they are fast: normal numbers and zeros, masked exceptions, a stack that is in order. */
import { type Cond, condition } from '../../semantics/condition.js';
import { FloatContext } from '../../semantics/x87/float-context.js';
import type { Float80 } from '../../semantics/x87/float80.js';
import { STATUS_EXCEPTIONS } from '../../state/fpu.js';
import { FPU_CONTROL } from '../../state/layout.js';
import { type FastInsn, type FastSemantics, loadCode, storeCode } from '../fast-insn.js';
import { i32Const } from '../wasm/instructions.js';
import { i64, op } from '../wasm/typed.js';
import { I32 } from '../wasm/types.js';
import { BIAS, exponentOf, roundingControl, SIGN, signOf } from './extended.js';
import type { FloatFunctionName } from './functions.js';
import { callForPair, callOrLeave, type FastFormat, pairOf, storeBits } from './x87-memory.js';
import type { StackIndex, X87Value } from './x87-stack.js';

/** Combines two numbers. */
type Combine = (f: FastInsn, a: X87Value, b: X87Value) => X87Value;

const called =
  (name: FloatFunctionName): Combine =>
  (f, a, b) =>
    callOrLeave(f, name, ...pairOf(a), ...pairOf(b));

function negated(f: FastInsn, { significand, word }: X87Value): X87Value {
  return { significand, word: f.bind(I32, op('i32.xor', word.get, i32Const(SIGN))) };
}

export const add = called('add');
export const mul = called('multiply');
export const div = called('divide');
export const sub: Combine = (f, a, b) => add(f, a, negated(f, b));
export const subReversed: Combine = (f, a, b) => sub(f, b, a);
export const divReversed: Combine = (f, a, b) => div(f, b, a);

/** The register that an operand names. */
function indexOf(f: FastInsn, position: number): StackIndex {
  const operand = f.operand(position);
  if (operand.kind !== 'x87') throw new TypeError('an operand that is no x87 register');
  return operand.index;
}

/** The last operand is the register other than ST(0). */
export function lastIndex(f: FastInsn): StackIndex {
  return indexOf(f, f.operandCount - 1);
}

export function memoryOf(f: FastInsn) {
  const operand = f.operand(0);
  if (operand.kind !== 'memory') throw new TypeError('an operand that is no memory');
  return operand;
}

/** FADD m32fp, FIADD m16int and their like. */
export const withMemory =
  (combine: Combine, format: FastFormat): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireFull(0);
    const memory = memoryOf(f);
    const value = format.load(f, f.reach(memory, format.bits, false));
    const result = combine(f, stack.read(0), value);
    stack.write(0, result);
    stack.report(result.word);
    stack.point({ segment: memory.segment, offset: memory.offset() });
  };

/** FADD ST(0),ST(i): result to the first operand. */
export const withRegister =
  (combine: Combine, pops = false): FastSemantics =>
  (f) => {
    const { stack } = f;
    const [destination, source] = [indexOf(f, 0), indexOf(f, 1)];
    stack.enter();
    stack.requireFull(destination);
    stack.requireFull(source);
    const result = combine(f, stack.read(destination), stack.read(source));
    stack.write(destination, result);
    if (pops) stack.pop();
    stack.report(result.word);
    stack.point();
  };

/** FLD, FILD from memory. */
export const load =
  (format: FastFormat): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireRoom();
    const memory = memoryOf(f);
    stack.push(format.load(f, f.reach(memory, format.bits, false)));
    stack.clearC1();
    stack.point({ segment: memory.segment, offset: memory.offset() });
  };

/** FST, FSTP, FIST, FISTP. */
export const store =
  (format: FastFormat, pops: boolean): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireFull(0);
    const memory = memoryOf(f);
    const host = f.reach(memory, format.bits, true);
    const value = stack.read(0);
    const { bits, rounding } = format.store(f, value);
    storeBits(f, host, format, bits, value);
    if (pops) stack.pop();
    if (rounding) stack.report(rounding);
    else stack.clearC1();
    stack.point({ segment: memory.segment, offset: memory.offset() });
  };

/** FLD1 and the other constants, as they are rounded to nearest. */
export const loadConstant = (make: (context: FloatContext) => Float80): FastSemantics => {
  const { exponent, significand } = make(new FloatContext(0, 64, 0x3f));
  const isExact = (significand & 0xffff_ffffn) === 0n;
  return (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireRoom();
    if (!isExact) f.leaveIf(roundingControl());
    stack.push({ significand: f.i64(i64(significand)), word: f.bind(I32, i32Const(exponent)) });
    stack.clearC1();
    stack.point();
  };
};

export const loadRegister: FastSemantics = (f) => {
  const { stack } = f;
  const index = indexOf(f, 0);
  stack.enter();
  stack.requireFull(index);
  stack.requireRoom();
  stack.push(stack.read(index));
  stack.clearC1();
  stack.point();
};

export const storeRegister =
  (pops: boolean): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireFull(0);
    const value = stack.read(0);
    stack.fill(indexOf(f, 0), value);
    if (pops) stack.pop();
    stack.clearC1();
    stack.point();
  };

export const exchange: FastSemantics = (f) => {
  const { stack } = f;
  const index = lastIndex(f);
  stack.enter();
  stack.requireFull(0);
  stack.requireFull(index);
  stack.exchange(index);
  stack.clearC1();
  stack.point();
};

export const conditionalMove =
  (code: Cond): FastSemantics =>
  (f) => {
    const { stack } = f;
    const index = lastIndex(f);
    stack.enter();
    stack.requireFull(0);
    stack.requireFull(index);
    const isMoved = f.m.let(condition(f.m, code)).code;
    const [old, other] = [stack.read(0), stack.read(index)];
    const significand = f.i64(op('select', other.significand.get, old.significand.get, isMoved));
    stack.write(0, { significand, word: f.bind(I32, op('select', other.word.get, old.word.get, isMoved)) });
    stack.point();
  };

/** FCHS and FABS look at the sign alone. */
const withWord =
  (operation: 'i32.xor' | 'i32.and', mask: number): FastSemantics =>
  (f) => {
    const { stack } = f;
    stack.enter();
    stack.requireFull(0);
    const { significand, word } = stack.read(0);
    stack.write(0, { significand, word: f.bind(I32, op(operation, word.get, i32Const(mask))) });
    stack.clearC1();
    stack.point();
  };

export const changeSign = withWord('i32.xor', SIGN);
export const abs = withWord('i32.and', ~SIGN);

export const squareRoot: FastSemantics = (f) => {
  const { stack } = f;
  stack.enter();
  stack.requireFull(0);
  const result = callOrLeave(f, 'squareRoot', ...pairOf(stack.read(0)));
  stack.write(0, result);
  stack.report(result.word);
  stack.point();
};

/** FRNDINT of what an int64 holds: through it, the sign of a zero apart. */
export const round: FastSemantics = (f) => {
  const { stack } = f;
  stack.enter();
  stack.requireFull(0);
  const value = stack.read(0);
  f.leaveIf(op('i32.gt_u', exponentOf(value.word.get), i32Const(BIAS + 62)));
  const integer = callOrLeave(f, 'toInteger', ...pairOf(value));
  const rounded = callForPair(f, 'fromInteger', integer.significand.get);
  const word = f.bind(I32, op('i32.or', rounded.word.get, signOf(value.word.get)));
  stack.write(0, { significand: rounded.significand, word });
  stack.report(integer.word);
  stack.point();
};

export const fnstsw: FastSemantics = (f) => {
  const { m, stack } = f;
  stack.enter();
  const operand = f.operandCount > 0 ? f.operand(0) : undefined;
  if (operand?.kind === 'memory') {
    m.emit(storeCode(f.reach(operand, 16, true).code, stack.status().code, 'i32.store16'));
  } else m.set(0, stack.status(), 16);
};

export const fnstcw: FastSemantics = (f) => {
  f.stack.enter();
  const host = f.reach(memoryOf(f), 16, true);
  f.m.emit(storeCode(host.code, f.m.get(FPU_CONTROL).code, 'i32.store16'));
};

/** FLDCW that makes no exception pending. */
export const fldcw: FastSemantics = (f) => {
  const { m, stack } = f;
  stack.enter();
  const value = f.i32(loadCode(f.reach(memoryOf(f), 16, false).code, 'i32.load16_u'));
  const raised = m.and(stack.status(), m.int(STATUS_EXCEPTIONS));
  m.leaveIf(m.and(raised, m.xor(value, m.int(-1))));
  m.set(FPU_CONTROL, m.or(m.and(value, m.int(CONTROL_WRITABLE)), m.int(CONTROL_ONE)));
};
/** As state/fpu.ts has it: what FLDCW can set, and what always reads 1. */
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_ONE = 0x40;

/** WAIT, when nothing is to be waited for. */
export const wait: FastSemantics = (f) => f.stack.enter();

/** SSE and SSE2 moves, comparisons and conversions where they are fast: numbers that are zero or normal. */

import { type Bound, type FastInsn, type FastOperand, type FastSemantics, storeCode } from '../fast-insn.js';
import { i32Const } from '../wasm/instructions.js';
import { f64, op, simd } from '../wasm/typed.js';
import type { Code } from '../wasm/values.js';
import { setCompareFlags } from './compare-flags.js';
import { DOUBLE_RANGE, isPlain, mxcsr, PM, RC, SINGLE_RANGE, setInexact } from './scalar.js';

const ZERO_128 = simd('v128.const', [], new Uint8Array(16));

/** MOVAPS, MOVDQA and their like between registers and 16 bytes of memory. */
export const move128 =
  (isAligned: boolean): FastSemantics =>
  (f) => {
    f.requireSse();
    const [to, from] = [f.operand(0), f.operand(1)];
    const value = f.v128(f.load(from, 'v128.load', 128, isAligned));
    if (to.kind === 'memory') {
      f.m.emit(storeCode(f.reach(to, 128, true, isAligned).code, value.get, 'v128.store'));
    } else f.storeRegister(to, value.get, 'v128.store');
  };

/** MOVSS, MOVSD, MOVQ from memory, MOVD: the low part, zero-extended to a register; or that part to memory. */
export const moveExtended =
  (bits: 32 | 64): FastSemantics =>
  (f) => {
    f.requireSse();
    const [to, from] = [f.operand(0), f.operand(1)];
    if (to.kind === 'memory') storeLow(f, to, from, bits);
    else if (to.kind === 'general') to.operand.write(f.i32(f.load(from, 'i32.load', 32)));
    else if (from.kind === 'general') {
      f.storeRegister(to, ZERO_128, 'v128.store');
      f.storeRegister(to, from.operand.read().code, 'i32.store');
    } else {
      const load = bits === 32 ? 'v128.load32_zero' : 'v128.load64_zero';
      f.storeRegister(to, f.v128(f.load(from, load, bits)).get, 'v128.store');
    }
  };

/** MOVSS, MOVSD to a register: memory is zero-extended, of a register the low part alone moves. */
export const moveScalar =
  (bits: 32 | 64): FastSemantics =>
  (f) =>
    (f.operand(1).kind === 'memory' ? moveExtended(bits) : moveMerged(bits))(f);

/** MOVSS, MOVSD between registers, MOVLPS, MOVLPD: the rest of the destination stays. */
export const moveMerged =
  (bits: 32 | 64, from: 0 | 8 = 0, to: 0 | 8 = 0): FastSemantics =>
  (f) => {
    f.requireSse();
    const [target, source] = [f.operand(0), f.operand(1)];
    if (target.kind === 'memory') {
      storeLow(f, target, source, bits, from);
      return;
    }
    const at = source.kind === 'memory' ? 0 : from;
    if (bits === 32) f.storeRegister(target, f.i32(f.load(source, 'i32.load', 32)).code, 'i32.store');
    else f.storeRegister(target, f.i64(f.load(source, 'i64.load', 64, false, at)).get, 'i64.store', to);
  };

function storeLow(f: FastInsn, to: FastOperand, from: FastOperand, bits: 32 | 64, at = 0): void {
  const host = f.reach(to, bits, true);
  if (bits === 32) f.m.emit(storeCode(host.code, f.load(from, 'i32.load', 32), 'i32.store'));
  else f.m.emit(storeCode(host.code, f.load(from, 'i64.load', 64, false, at), 'i64.store'));
}

/** The low number of an operand, as a double. */
function scalarOf(f: FastInsn, operand: FastOperand, isSingle: boolean): Bound {
  if (!isSingle) return f.f64(f.load(operand, 'f64.load', 64));
  return f.f64(op('f64.promote_f32', f.load(operand, 'f32.load', 32)));
}

const rangeOf = (isSingle: boolean) => (isSingle ? SINGLE_RANGE : DOUBLE_RANGE);

/** COMISS, UCOMISS, COMISD, UCOMISD: numbers that are no NaNs compare alike. */
export const compareToFlags =
  (isSingle: boolean): FastSemantics =>
  (f) => {
    f.requireSse();
    const b = scalarOf(f, f.operand(1), isSingle);
    const a = scalarOf(f, f.operand(0), isSingle);
    const range = rangeOf(isSingle);
    f.leaveIf(op('i32.eqz', op('i32.and', isPlain(a.get, range), isPlain(b.get, range))));
    setCompareFlags(f.m, f.i32(op('f64.lt', a.get, b.get)), f.i32(op('f64.eq', a.get, b.get)));
  };

/** MINSD, MAXSD, MINSS, MAXSS: of equal numbers, two zeros among them, the second. */
export const extreme =
  (wanted: 'f64.lt' | 'f64.gt', isSingle: boolean): FastSemantics =>
  (f) => {
    f.requireSse();
    const b = scalarOf(f, f.operand(1), isSingle);
    const a = scalarOf(f, f.operand(0), isSingle);
    const range = rangeOf(isSingle);
    f.leaveIf(op('i32.eqz', op('i32.and', isPlain(a.get, range), isPlain(b.get, range))));
    const chosen = op('select', a.get, b.get, op(wanted, a.get, b.get));
    if (isSingle) f.storeRegister(f.operand(0), op('f32.demote_f64', chosen), 'f32.store');
    else f.storeRegister(f.operand(0), chosen, 'f64.store');
  };

/** CVTSI2SD: always exact. */
export const integerToDouble: FastSemantics = (f) => {
  f.requireSse();
  const source = f.operand(1);
  const value = source.kind === 'general' ? source.operand.read().code : f.load(source, 'i32.load', 32);
  f.storeRegister(f.operand(0), op('f64.convert_i32_s', value), 'f64.store');
};

/** CVTSD2SI, CVTTSD2SI, CVTSS2SI, CVTTSS2SI of what an int32 holds. */
export const toInteger =
  (truncates: boolean, isSingle: boolean): FastSemantics =>
  (f) => {
    f.requireSse();
    const value = scalarOf(f, f.operand(1), isSingle);
    const to = f.operand(0);
    if (to.kind !== 'general') throw new TypeError('no general register');
    f.leaveIf(op('i32.eqz', isPlain(value.get, rangeOf(isSingle))));
    f.leaveIf(op('f64.gt', op('f64.abs', value.get), f64(0x7fff_ffff)));
    if (!truncates) f.leaveIf(op('i32.and', mxcsr(), i32Const(RC)));
    const whole = truncates ? value.get : op('f64.nearest', value.get);
    const integer = f.i32(op('i32.trunc_f64_s', whole));
    noteUnless(f, op('f64.eq', op('f64.convert_i32_s', integer.code), value.get));
    to.operand.write(integer);
  };

/** Notes inexactness, or leaves the instruction where that is not masked. */
function noteUnless(f: FastInsn, isExact: Code): void {
  const { m } = f;
  m.if(f.i32(op('i32.eqz', isExact)), () => {
    f.leaveIf(op('i32.eqz', op('i32.and', mxcsr(), i32Const(PM))));
    m.emit(setInexact());
  });
}

/** CVTSS2SD: exact. */
export const singleToDouble: FastSemantics = (f) => {
  f.requireSse();
  const value = scalarOf(f, f.operand(1), true);
  f.leaveIf(op('i32.eqz', isPlain(value.get, SINGLE_RANGE)));
  f.storeRegister(f.operand(0), value.get, 'f64.store');
};

/** The number as a single, in a double; what is not surely the processor's is left. */
export function narrowed(f: FastInsn, value: Bound): Bound {
  f.leaveIf(op('i32.and', mxcsr(), i32Const(RC)));
  const single = f.f64(op('f64.promote_f32', op('f32.demote_f64', value.get)));
  const magnitude = op('f64.abs', single.get);
  const isInRange = op(
    'i32.and',
    op('f64.gt', magnitude, f64(SINGLE_RANGE.least)),
    op('f64.le', magnitude, f64(SINGLE_RANGE.most)),
  );
  f.leaveIf(op('i32.eqz', op('i32.or', isInRange, op('f64.eq', value.get, f64(0)))));
  return single;
}

/** CVTSD2SS. */
export const doubleToSingle: FastSemantics = (f) => {
  f.requireSse();
  const value = scalarOf(f, f.operand(1), false);
  const single = narrowed(f, value);
  noteUnless(f, op('f64.eq', single.get, value.get));
  f.storeRegister(f.operand(0), op('f32.demote_f64', single.get), 'f32.store');
};

/** The logic of both register files' operations on bits. */
export const bitwise =
  (name: 'v128.and' | 'v128.or' | 'v128.xor' | 'v128.andnot'): FastSemantics =>
  (f) => {
    f.requireSse();
    const second = f.load(f.operand(1), 'v128.load', 128, true);
    const first = f.load(f.operand(0), 'v128.load', 128);
    // ANDN negates its first operand, Wasm its second.
    const operands = name === 'v128.andnot' ? [second, first] : [first, second];
    f.storeRegister(f.operand(0), simd(name, operands), 'v128.store');
  };

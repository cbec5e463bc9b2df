/** Code that leaves values of any type: operations on code, and constants. */
import { OP } from './instructions.js';
import { type Code, s64, u32 } from './values.js';

/** An operation after its operands. */
export function op(name: keyof typeof OP, ...operands: readonly Code[]): Code {
  return [...operands, OP[name]];
}

const I64_CONST = 0x42;

/** i64.const */
export function i64(value: bigint): Code {
  return [I64_CONST, s64(value)];
}

/** f64.const */
export function f64(value: number): Code {
  return [OP['f64.const'], new Uint8Array(Float64Array.of(value).buffer)];
}

const SIMD_PREFIX = 0xfd;
const SATURATING_PREFIX = 0xfc;

/** Vector instructions (WebAssembly specification, 5.4.10 "Vector Instructions"). */
export const SIMD = {
  'v128.load': 0x00,
  'v128.store': 0x0b,
  'v128.const': 0x0c,
  'i8x16.shuffle': 0x0d,
  'i64x2.extract_lane': 0x1d,
  'i8x16.eq': 0x23,
  'i8x16.gt_s': 0x27,
  'i16x8.eq': 0x2d,
  'i16x8.gt_s': 0x31,
  'i32x4.eq': 0x37,
  'i32x4.gt_s': 0x3b,
  'v128.and': 0x4e,
  'v128.andnot': 0x4f,
  'v128.or': 0x50,
  'v128.xor': 0x51,
  'v128.load32_zero': 0x5c,
  'v128.load64_zero': 0x5d,
  'i8x16.bitmask': 0x64,
  'i8x16.narrow_i16x8_s': 0x65,
  'i8x16.narrow_i16x8_u': 0x66,
  'i8x16.add': 0x6e,
  'i8x16.add_sat_s': 0x6f,
  'i8x16.add_sat_u': 0x70,
  'i8x16.sub': 0x71,
  'i8x16.sub_sat_s': 0x72,
  'i8x16.sub_sat_u': 0x73,
  'i8x16.min_u': 0x77,
  'i8x16.max_u': 0x79,
  'i8x16.avgr_u': 0x7b,
  'i16x8.narrow_i32x4_s': 0x85,
  'i16x8.shl': 0x8b,
  'i16x8.shr_s': 0x8c,
  'i16x8.shr_u': 0x8d,
  'i16x8.add': 0x8e,
  'i16x8.add_sat_s': 0x8f,
  'i16x8.add_sat_u': 0x90,
  'i16x8.sub': 0x91,
  'i16x8.sub_sat_s': 0x92,
  'i16x8.sub_sat_u': 0x93,
  'i16x8.mul': 0x95,
  'i16x8.min_s': 0x96,
  'i16x8.max_s': 0x98,
  'i16x8.avgr_u': 0x9b,
  'i32x4.extmul_low_i16x8_s': 0xbc,
  'i32x4.extmul_high_i16x8_s': 0xbd,
  'i32x4.extmul_low_i16x8_u': 0xbe,
  'i32x4.extmul_high_i16x8_u': 0xbf,
  'i32x4.bitmask': 0xa4,
  'i32x4.shl': 0xab,
  'i32x4.shr_s': 0xac,
  'i32x4.shr_u': 0xad,
  'i32x4.add': 0xae,
  'i32x4.sub': 0xb1,
  'i32x4.dot_i16x8_s': 0xba,
  'i64x2.bitmask': 0xc4,
  'i64x2.shl': 0xcb,
  'i64x2.shr_u': 0xcd,
  'i64x2.add': 0xce,
  'i64x2.sub': 0xd1,
  'i64x2.mul': 0xd5,
} as const;

/** A vector instruction after its operands; immediates come last. */
export function simd(name: keyof typeof SIMD, operands: readonly Code[], immediates: Code = []): Code {
  return [...operands, SIMD_PREFIX, u32(SIMD[name]), immediates];
}

/** i64.trunc_sat_f64_s and _u: what does not fit becomes the nearest that does. */
export function truncate(operand: Code, sign: 's' | 'u'): Code {
  return [operand, SATURATING_PREFIX, sign === 's' ? 0x06 : 0x07];
}

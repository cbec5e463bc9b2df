/** Value and function types (WebAssembly specification, 5.3 "Types"). */
import { type Code, vec } from './values.js';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
/** Block type without a result. */
export const EMPTY = 0x40;

/** A function type. */
export interface FuncType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** functype ::= 0x60 resulttype resulttype */
export function encodeFuncType({ params, results }: FuncType): Code {
  return [0x60, vec(params.map((type) => [type])), vec(results.map((type) => [type]))];
}

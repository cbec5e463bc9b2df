/** Which instructions have a fast way beside their exact rows. */
import type { Decoded } from '../decode/decoded.js';
import { type Insn, X87 } from '../isa/insn.js';
import type { FastSemantics } from './fast-insn.js';
import { SSE_FAST } from './float/sse-rows.js';
import { X87_FAST } from './float/x87-rows.js';
import { SYSTEM_FAST } from './system/rows.js';

const FAST: ReadonlyMap<string, FastSemantics> = new Map(
  Object.entries({ ...X87_FAST, ...SSE_FAST, ...SYSTEM_FAST }),
);
const IS_X87: ReadonlySet<string> = new Set(Object.keys(X87_FAST));

/** Texts of the rows that have one. */
export const FAST_ROWS: readonly string[] = [...FAST.keys()];

/** @param features - of the CPU model; without an FPU the x87 rows do nothing, and are left to do that */
export function fastSemanticsOf({ text, semantics }: Insn, features: number): FastSemantics | undefined {
  if (semantics || ((features & X87) === 0 && IS_X87.has(text))) return undefined;
  return FAST.get(text);
}

/** Of an instruction with these sizes. */
export function fastWayOf({ insn, operandSize }: Decoded, features: number): FastSemantics | undefined {
  return operandSize === 16 && insn.text in SYSTEM_FAST ? undefined : fastSemanticsOf(insn, features);
}

/** Which instructions of the x87 and of SSE have a fast way beside their exact rows. */
import { type Insn, X87 } from '../../isa/insn.js';
import type { FastSemantics } from './float-insn.js';
import { SSE_FAST } from './sse-rows.js';
import { X87_FAST } from './x87-rows.js';

const FAST: ReadonlyMap<string, FastSemantics> = new Map(Object.entries({ ...X87_FAST, ...SSE_FAST }));
const IS_X87: ReadonlySet<string> = new Set(Object.keys(X87_FAST));

/** Texts of the rows that have one. */
export const FAST_ROWS: readonly string[] = [...FAST.keys()];

/** @param features - of the CPU model; without an FPU the x87 rows do nothing, and are left to do that */
export function fastSemanticsOf({ text, semantics }: Insn, features: number): FastSemantics | undefined {
  if (semantics || ((features & X87) === 0 && IS_X87.has(text))) return undefined;
  return FAST.get(text);
}

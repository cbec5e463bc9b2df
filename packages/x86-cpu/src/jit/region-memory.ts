/** Memory of a region: the TLB lookup inline, segments that the mode says are flat taken for granted. */
import { segmentField } from '../interpreter/record.js';
import type { Machine } from '../semantics/machine.js';
import { TLB_VIEW_BYTES } from '../state/control.js';
import { isFlat, isUser } from '../state/flat-mode.js';
import { SEGMENT_BASE, SEGMENT_READ_END, SEGMENT_WRITE_END, TLB_OFFSET } from '../state/layout.js';
import { constant, type Expr, hostLoad } from './expr.js';
import { ADDEND, ENTRY_MASK, ENTRY_SHIFT, PAGE_MASK, READ_TAG, WRITE_TAG } from './tlb-lookup.js';

/** An access under way. */
export interface RegionPlace {
  /** Whether the access cannot go straight to RAM. */
  readonly miss: Expr;
  /** Host address; only meaningful after no miss. */
  readonly host: Expr;
}

/** Looks an access up; `offset` is bound already. */
export function regionPlace(
  m: Machine<Expr>,
  mode: number,
  segment: number,
  offset: Expr,
  size: number,
  isWrite: boolean,
): RegionPlace {
  const isPlain = isFlat(mode, segment);
  const field = segmentField(segment);
  const laddr = isPlain ? offset : m.let(m.add(offset, stateWord(field + SEGMENT_BASE)));
  const view = TLB_OFFSET + (isUser(mode) ? TLB_VIEW_BYTES : 0);
  const entry = m.let(m.and(m.shrU(laddr, m.int(ENTRY_SHIFT)), m.int(ENTRY_MASK)));
  const last = size === 8 ? laddr : m.add(laddr, m.int(size / 8 - 1));
  const tag = hostLoad(entry, 32, view + (isWrite ? WRITE_TAG : READ_TAG));
  const isMissed = m.ne(m.and(last, m.int(PAGE_MASK)), tag);
  const end = stateWord(field + (isWrite ? SEGMENT_WRITE_END : SEGMENT_READ_END));
  return {
    miss: isPlain ? isMissed : m.or(isMissed, m.geU(offset, end)),
    host: m.add(laddr, hostLoad(entry, 32, view + ADDEND)),
  };
}

function stateWord(field: number): Expr {
  return hostLoad(constant(0), 32, field);
}

/** Segmentation and paging inline: the check of the descriptor cache's bounds and the TLB lookup. */
import type { Machine } from '../semantics/machine.js';
import { SEGMENT_BASE, SEGMENT_READ_END, SEGMENT_WRITE_END, TLB_VIEW } from '../state/layout.js';
import { binary, constant, type Expr, hostLoad } from './expr.js';

// An entry is 16 bytes, 8192 to a view: bits 12-24 of the linear address times 16 (mmu/tlb.ts).
export const ENTRY_SHIFT = 8;
export const ENTRY_MASK = 0x1_fff0;
export const READ_TAG = 0;
export const WRITE_TAG = 4;
export const ADDEND = 8;
export const PAGE_MASK = 0xffff_f000 | 0;

/** An access under way. */
export interface Place {
  /** State offset of the descriptor cache. */
  readonly segment: Expr;
  readonly offset: Expr;
  /** Whether the bounds and the TLB let the access go straight to RAM: 1 or 0. */
  readonly hit: Expr;
  /** Host address; only meaningful on a hit. */
  readonly host: Expr;
}

/** Looks an access up; `segment` and `offset` are bound already. */
export function translate(
  m: Machine<Expr>,
  segment: Expr,
  offset: Expr,
  size: number,
  write: boolean,
): Place {
  const laddr = m.let(m.add(offset, field(segment, SEGMENT_BASE)));
  const index = m.and(m.shrU(laddr, m.int(ENTRY_SHIFT)), m.int(ENTRY_MASK));
  const entry = m.let(m.add(index, hostLoad(constant(0), 32, TLB_VIEW)));
  const last = size === 8 ? laddr : m.add(laddr, m.int(size / 8 - 1));
  const tagged = m.eq(m.and(last, m.int(PAGE_MASK)), hostLoad(entry, 32, write ? WRITE_TAG : READ_TAG));
  const end = field(segment, write ? SEGMENT_WRITE_END : SEGMENT_READ_END);
  const inBounds = binary('i32.lt_u', offset, end);
  return {
    segment,
    offset,
    hit: m.let(m.and(tagged, inBounds)),
    host: m.add(laddr, hostLoad(entry, 32, ADDEND)),
  };
}

function field(segment: Expr, offset: number): Expr {
  if (segment.constant !== undefined) return hostLoad(constant(0), 32, segment.constant + offset);
  return hostLoad(segment, 32, offset);
}

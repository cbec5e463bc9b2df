/** Moves of segment registers in protected mode: data segments of the GDT that are marked as accessed, and null. */
import { pushValue, setStackPointer, stackOffset } from '../../semantics/stack.js';
import { CR0_PE } from '../../state/control.js';
import { VM } from '../../state/eflags.js';
import { FLAT_SHIFT } from '../../state/flat-mode.js';
import {
  CPL,
  CR0,
  DS,
  EFLAGS_REST,
  FLAT_MODE,
  GDTR_BASE,
  GDTR_LIMIT,
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_READ_END,
  SEGMENT_SELECTOR,
  SEGMENT_WRITE_END,
  SEGMENTS,
  SS,
} from '../../state/layout.js';
import { ATTRIBUTES_MASK } from '../../state/segment.js';
import { type Expr, hostLoad, hostStore } from '../expr.js';
import type { FastInsn } from '../fast-insn.js';

/*
 * A descriptor's second dword (SDM Vol. 3A, Figure 3-8 "Segment Descriptor"):
 *
 *   31-24 base   23 G   22 D/B   20 AVL   19-16 limit   15 P   14-13 DPL   12 S   11-8 type   7-0 base
 */
/** P and S are set, and of the type A; clear are "code" and "expand down". */
const PLAIN_MASK = 0x9d00;
const PLAIN = 0x9100;
const WRITABLE = 1 << 9;
const G_SHIFT = 23;
const DPL_SHIFT = 13;
/** Bytes of the widest access, less one: what the fast bounds of segment.ts leave out. */
const MARGIN = 15;

/** PUSH Sreg. */
export function pushSegment(f: FastInsn): void {
  pushValue(f.m, selectorOf(f, 0));
}

/** MOV r/m16,Sreg: a register gets all 32 bits. */
export function moveFromSegment(f: FastInsn): void {
  const destination = f.operand(0);
  const selector = selectorOf(f, 1);
  if (destination.kind === 'general') destination.operand.write(selector);
  else f.m.emit(hostStore(f.reach(destination, 16, true), selector, 16));
}

/** MOV Sreg,r/m16. */
export function moveToSegment(f: FastInsn): void {
  const { m } = f;
  const source = f.operand(1);
  const value = source.kind === 'general' ? source.operand.read() : hostLoad(f.reach(source, 16, false), 16);
  loadSegment(f, m.let(m.and(value, m.int(0xffff))));
}

/** POP Sreg. */
export function popSegment(f: FastInsn): void {
  const { m } = f;
  const value = m.let(hostLoad(m.reach(SS, stackOffset(m, 0), 32, false), 32));
  loadSegment(f, m.let(m.and(value, m.int(0xffff))));
  setStackPointer(m, stackOffset(m, 4));
}

/** Number times SEGMENT_BYTES of the segment register that an operand is. */
function segmentOf(f: FastInsn, position: number): Expr {
  const operand = f.operand(position);
  if (operand.kind !== 'segment') throw new TypeError('an operand that is no segment register');
  return operand.index;
}

function selectorOf(f: FastInsn, position: number): Expr {
  return f.m.let(hostLoad(segmentOf(f, position), 32, SEGMENTS + SEGMENT_SELECTOR));
}

/** Loads operand 0. SS is left, for the instruction behind it must see no interrupt; so is a load that changes the flat mode. */
function loadSegment(f: FastInsn, selector: Expr): void {
  const { m } = f;
  const register = segmentOf(f, 0);
  m.leaveIf(m.eq(register, m.int(SS * SEGMENT_BYTES)));
  const isProtected = m.and(m.get(CR0), m.int(CR0_PE));
  m.leaveIf(m.or(m.eqz(isProtected), m.and(m.get(EFLAGS_REST), m.int(VM))));
  const fields = ['attributes', 'base', 'limit', 'readEnd', 'writeEnd'] as const;
  const loaded = Object.fromEntries(fields.map((name) => [name, m.variable(m.int(0))]));
  const isFlat = m.variable(m.int(0));
  m.if(m.and(selector, m.int(0xfffc)), () => {
    const { low, high } = descriptorOf(f, selector);
    const base = m.or(
      m.shrU(low, m.int(16)),
      m.or(m.shl(m.and(high, m.int(0xff)), m.int(16)), m.and(high, m.int(0xff00_0000 | 0))),
    );
    const units = m.let(m.or(m.and(low, m.int(0xffff)), m.and(high, m.int(0xf_0000))));
    const isScaled = m.and(m.shrU(high, m.int(G_SHIFT)), m.int(1));
    const limit = m.let(m.select(isScaled, m.or(m.shl(units, m.int(12)), m.int(0xfff)), units));
    const end = m.let(m.select(m.ltU(limit, m.int(MARGIN)), m.int(0), m.sub(limit, m.int(MARGIN - 1))));
    const isWritable = m.let(m.and(high, m.int(WRITABLE)));
    loaded.attributes?.set(m.and(m.shrU(high, m.int(8)), m.int(ATTRIBUTES_MASK)));
    loaded.base?.set(base);
    loaded.limit?.set(limit);
    loaded.readEnd?.set(end);
    loaded.writeEnd?.set(m.select(isWritable, end, m.int(0)));
    const isWhole = m.and(m.eqz(base), m.eq(limit, m.int(-1)));
    isFlat.set(m.and(isWhole, m.ne(isWritable, m.int(0))));
  });
  leaveIfFlatnessChanges(f, register, isFlat.value);
  const places = [SEGMENT_ATTRIBUTES, SEGMENT_BASE, SEGMENT_LIMIT, SEGMENT_READ_END, SEGMENT_WRITE_END];
  m.emit(hostStore(register, selector, 32, SEGMENTS + SEGMENT_SELECTOR));
  for (const [i, name] of fields.entries()) {
    const value = loaded[name]?.value ?? m.int(0);
    m.emit(hostStore(register, value, 32, SEGMENTS + (places[i] ?? 0)));
  }
}

/** The GDT's entry, of a data segment that may be loaded with nothing to mark. */
function descriptorOf(f: FastInsn, selector: Expr): { readonly low: Expr; readonly high: Expr } {
  const { m } = f;
  const isLocal = m.and(selector, m.int(4));
  const isBeyond = m.gtU(m.or(selector, m.int(7)), m.get(GDTR_LIMIT));
  m.leaveIf(m.or(isLocal, isBeyond));
  const laddr = m.let(m.add(m.get(GDTR_BASE), m.and(selector, m.int(0xfff8))));
  const host = m.reachSystem(laddr, 64);
  const low = m.let(hostLoad(host, 32));
  const high = m.let(hostLoad(host, 32, 4));
  const dpl = m.let(m.and(m.shrU(high, m.int(DPL_SHIFT)), m.int(3)));
  const isBarred = m.or(m.gtU(m.and(selector, m.int(3)), dpl), m.gtU(m.get(CPL), dpl));
  m.leaveIf(m.or(isBarred, m.ne(m.and(high, m.int(PLAIN_MASK)), m.int(PLAIN))));
  return { low, high };
}

/** ES and DS: translated code takes for granted what the flat mode says of them. */
function leaveIfFlatnessChanges({ m }: FastInsn, register: Expr, isFlat: Expr): void {
  const number = m.shrU(register, m.int(Math.log2(SEGMENT_BYTES)));
  const wasFlat = m.and(m.shrU(m.get(FLAT_MODE), m.add(number, m.int(FLAT_SHIFT))), m.int(1));
  const counts = m.eqz(m.gtU(register, m.int(DS * SEGMENT_BYTES)));
  m.leaveIf(m.and(counts, m.ne(isFlat, wasFlat)));
}

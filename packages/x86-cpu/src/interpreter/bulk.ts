/** REP MOVS and REP STOS in bulk: the iterations that stay within one page are done by memory.copy and memory.fill. */
import { binary, constant, type Expr, hostLoad, local } from '../jit/expr.js';
import { type Place, translate } from '../jit/tlb-lookup.js';
import { localSet, MEMORY_COPY, MEMORY_FILL } from '../jit/wasm/instructions.js';
import type { WasmMachine } from '../jit/wasm-machine.js';
import type { Size } from '../semantics/machine.js';
import { DATA_SEGMENT } from '../semantics/machine.js';
import { EAX, ECX, EDI, EFLAGS_REST, ES, ESI, SEGMENT_READ_END, SEGMENT_WRITE_END } from '../state/layout.js';
import { COUNT } from './handler-parameters.js';

const DF_MASK = 0x400;
const PAGE_BYTES = 0x1000;
const PAGE_OFFSET_MASK = 0xfff;
/** Fewer iterations than these are not worth the preparation. */
const MIN_ITERATIONS = 4;

/**
 * Emits the bulk form: with REP and 32-bit addresses, as many iterations of MOVS or STOS as budget, pages and
 * segment bounds allow, but at least one fewer than (E)CX and the budget have left, so that the ordinary
 * iteration after it ends the instruction, or raises its faults, as ever.
 *
 * @param move - MOVS; else STOS, which must store equal bytes
 */
export function emitBulk(m: WasmMachine, size: Size, move: boolean): void {
  const bytes = size / 8;
  const shift = Math.log2(bytes);
  const limit = m.let(minimum(m, m.sub(m.get(ECX), constant(1)), m.sub(local(COUNT), constant(1))));
  const isForward = m.eqz(m.and(m.get(EFLAGS_REST), constant(DF_MASK)));
  const isWorthIt = m.let(m.and(isForward, m.geU(limit, constant(MIN_ITERATIONS))));
  m.if(m.and(isWorthIt, move ? constant(1) : hasEqualBytes(m, size)), () => {
    const target = m.let(m.get(EDI));
    const found = translate(m, m.segmentField(ES), target, size, true);
    // Bound here: what the source does to the TLB may drive the destination out of it.
    const destination = { ...found, host: m.let(found.host) };
    const source = move ? translateBeside(m, destination, size) : undefined;
    m.if(source ? m.and(destination.hit, source.hit) : destination.hit, () => {
      let count = m.let(minimum(m, limit, room(m, destination, shift, SEGMENT_WRITE_END)));
      if (source) count = m.let(minimum(m, count, room(m, source, shift, SEGMENT_READ_END)));
      const total = m.let(m.shl(count, constant(shift)));
      const to = destination.host;
      if (!source) {
        m.emit(to.code, m.get(EAX, 8).code, total.code, MEMORY_FILL);
        advance(m, count, total, [EDI]);
        return;
      }
      const from = m.let(source.host);
      // A destination that overlaps the source from above repeats a pattern: that is for the ordinary iteration. One that
      // is the source does not; of a distance of 0, less 1, the comparison makes the longest of all.
      m.if(m.geU(m.sub(m.sub(to, from), constant(1)), m.sub(total, constant(1))), () => {
        m.emit(to.code, from.code, total.code, MEMORY_COPY);
        advance(m, count, total, [ESI, EDI]);
      });
    });
  });
}

/**
 * Looks the source up beside a destination that has been found. If the two have the same entry of the TLB, one drives out
 * the other at each iteration: then the source is brought back. What that raises, the iteration would.
 */
function translateBeside(m: WasmMachine, destination: Place, size: Size): Place {
  const offset = m.let(m.get(ESI));
  const source = translate(m, m.segmentField(DATA_SEGMENT), offset, size, false);
  m.if(m.gtU(destination.hit, source.hit), () => m.checkRead(source, size));
  return translate(m, m.segmentField(DATA_SEGMENT), offset, size, false);
}

/** Iterations until the end of the page, or of what the segment's bounds let pass; 0 if those are nearer than a page. */
function room(m: WasmMachine, place: Place, shift: number, end: number): Expr {
  // Host addresses of pages are page-aligned too.
  const pageOffset = m.and(place.host, constant(PAGE_OFFSET_MASK));
  const left = m.let(m.shrU(m.sub(constant(PAGE_BYTES), pageOffset), constant(shift)));
  const bound = hostLoad(place.segment, 32, end);
  const isFar = m.gtU(m.sub(bound, place.offset), constant(PAGE_BYTES));
  return m.select(isFar, left, constant(0));
}

function hasEqualBytes(m: WasmMachine, size: Size): Expr {
  if (size === 8) return constant(1);
  const value = m.let(m.get(EAX, size));
  const factor = size === 16 ? 0x0101 : 0x0101_0101;
  return m.eq(value, m.mul(m.get(EAX, 8), constant(factor)));
}

function minimum(m: WasmMachine, a: Expr, b: Expr): Expr {
  const left = m.let(a);
  const right = m.let(b);
  return m.select(binary('i32.lt_u', left, right), left, right);
}

function advance(m: WasmMachine, count: Expr, total: Expr, registers: readonly number[]): void {
  for (const register of registers) m.set(register, m.add(m.get(register), total));
  m.set(ECX, m.sub(m.get(ECX), count));
  m.emit(m.sub(local(COUNT), count).code, localSet(COUNT));
}

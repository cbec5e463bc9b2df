/** From a vector operation to an instruction: checks, operands, the operation, the result. */
import type { SystemSemantics } from '../system-machine.js';
import { enterMmxState, requireMmx, requireSse } from './availability.js';
import { Vector, type VectorOperation } from './vector.js';
import { immediateOf, isKind, loadOperand, storeOperand } from './vector-operand.js';

const first = new Vector();
const second = new Vector();

/** On MMX registers; also for a general register at either side. */
export function mmx(operation: VectorOperation): SystemSemantics {
  return (m) => {
    requireMmx(m);
    loadOperand(m, 0, first);
    loadOperand(m, 1, second);
    operation(first, second, 8, immediateOf(m));
    storeOperand(m, 0, first);
    enterMmxState(m);
  };
}

/** On XMM registers; also for a general register at either side. Memory of 16 bytes is aligned. */
export function sse(operation: VectorOperation): SystemSemantics {
  return (m) => {
    requireSse(m);
    loadOperand(m, 0, first);
    loadOperand(m, 1, second);
    operation(first, second, 16, immediateOf(m));
    storeOperand(m, 0, first);
  };
}

/** MOVAPS, MOVD …: the source, zero-extended to the destination; MOVSS, MOVLPS …: the low lane to memory. */
export const moveAligned = move('aligned');
/** MOVUPS, MOVUPD, MOVDQU: memory wherever it lies. */
export const moveUnaligned = move('unaligned');

function move(alignment: 'aligned' | 'unaligned'): SystemSemantics {
  return (m) => {
    requireSse(m);
    loadOperand(m, 1, first, alignment);
    storeOperand(m, 0, first, alignment);
  };
}

/** MOVQ and MOVD of MMX, and MOVNTQ. */
export const moveMmx: SystemSemantics = (m) => {
  requireMmx(m);
  loadOperand(m, 1, first);
  storeOperand(m, 0, first);
  enterMmxState(m);
};

/** MOVSS, MOVSD, MOVLPS, MOVLPD: from a register the low lane alone changes; memory zero-extends for MOVSS and MOVSD. */
export function moveLow(lane: 32 | 64, memory: 'zero-extends' | 'merges'): SystemSemantics {
  return (m) => {
    requireSse(m);
    loadOperand(m, 1, second);
    loadOperand(m, 0, first);
    if (isKind(m, 1, 'memory') && memory === 'zero-extends') first.u32.fill(0);
    first.u32[0] = second.word(0);
    if (lane === 64) first.u32[1] = second.word(1);
    storeOperand(m, 0, first);
  };
}

/** MOVQ between XMM registers clears the upper half; so does its load. */
export const moveQuad: SystemSemantics = (m) => {
  requireSse(m);
  loadOperand(m, 1, first);
  first.u64[1] = 0n;
  storeOperand(m, 0, first);
};

/** MOVHPS, MOVHPD, MOVLHPS: the source's low quadword to the upper half. */
export const moveToHigh: SystemSemantics = (m) => {
  requireSse(m);
  loadOperand(m, 1, second);
  loadOperand(m, 0, first);
  first.u64[1] = second.u64[0] ?? 0n;
  storeOperand(m, 0, first);
};

/** MOVHPS and MOVHPD to memory, and MOVHLPS: from the upper half to the low quadword. */
export const moveFromHigh: SystemSemantics = (m) => {
  requireSse(m);
  loadOperand(m, 1, second);
  if (isKind(m, 0, 'xmm')) loadOperand(m, 0, first);
  first.u64[0] = second.u64[1] ?? 0n;
  storeOperand(m, 0, first);
};

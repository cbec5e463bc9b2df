/** Rows of SSE and SSE2 but for packed integers, and of the state they share with x87 (SDM Vol. 2D, A.3). */
import * as move from '../semantics/move.js';
import * as packed from '../semantics/sse/integer.js';
import {
  moveAligned,
  moveFromHigh,
  moveLow,
  moveToHigh,
  moveUnaligned,
  sse,
} from '../semantics/sse/operation.js';
import * as shuffle from '../semantics/sse/shuffle.js';
import * as state from '../semantics/sse/state.js';
import type { VectorOperation } from '../semantics/sse/vector.js';
import { byMod, byPrefix } from './choice.js';
import type { Choice, Entry, Group } from './insn.js';
import { CLFSH, CMOV, FXSR, insn, SSE, SSE2, systemInsn, UNDOCUMENTED } from './insn.js';

/** A pair of rows that differ in the type of their packed operands: PS without prefix, PD with 66. */
function packedPair(name: string, single: VectorOperation, double = single): Choice {
  return byPrefix(
    systemInsn(`${name}PS Vps,Wps`, sse(single), SSE),
    systemInsn(`${name}PD Vpd,Wpd`, sse(double), SSE2),
  );
}

const HINT_NOP = insn('NOP Ev', move.nop, CMOV | UNDOCUMENTED);
/** Group 16: hints about the cache, which are not modelled; no address faults. */
const GROUP_16: Group = [
  byMod(insn('PREFETCHNTA M', move.nop, CMOV), HINT_NOP),
  byMod(insn('PREFETCHT0 M', move.nop, CMOV), HINT_NOP),
  byMod(insn('PREFETCHT1 M', move.nop, CMOV), HINT_NOP),
  byMod(insn('PREFETCHT2 M', move.nop, CMOV), HINT_NOP),
  HINT_NOP,
  HINT_NOP,
  HINT_NOP,
  HINT_NOP,
];

/** Group 15. Memory is always coherent and in order, so a fence has nothing to wait for. */
const GROUP_15: Group = [
  systemInsn('FXSAVE M', state.fxsave, FXSR),
  systemInsn('FXRSTOR M', state.fxrstor, FXSR),
  systemInsn('LDMXCSR Md', state.ldmxcsr, SSE),
  systemInsn('STMXCSR Md', state.stmxcsr, SSE),
  undefined,
  byMod(undefined, insn('LFENCE', move.nop, SSE2)),
  byMod(undefined, insn('MFENCE', move.nop, SSE2)),
  byMod(systemInsn('CLFLUSH Mb', state.clflush, CLFSH), insn('SFENCE', move.nop, SSE)),
];

/** Part of the two-byte opcode map. */
export const SSE_ROWS: Readonly<Record<number, Entry>> = {
  16: byPrefix(
    systemInsn('MOVUPS Vps,Wps', moveUnaligned, SSE),
    systemInsn('MOVUPD Vpd,Wpd', moveUnaligned, SSE2),
    systemInsn('MOVSS Vss,Wss', moveLow(32, 'zero-extends'), SSE),
    systemInsn('MOVSD Vsd,Wsd', moveLow(64, 'zero-extends'), SSE2),
  ),
  17: byPrefix(
    systemInsn('MOVUPS Wps,Vps', moveUnaligned, SSE),
    systemInsn('MOVUPD Wpd,Vpd', moveUnaligned, SSE2),
    byMod(
      systemInsn('MOVSS Wss,Vss', moveAligned, SSE),
      systemInsn('MOVSS Wss,Vss', moveLow(32, 'merges'), SSE),
    ),
    byMod(
      systemInsn('MOVSD Wsd,Vsd', moveAligned, SSE2),
      systemInsn('MOVSD Wsd,Vsd', moveLow(64, 'merges'), SSE2),
    ),
  ),
  18: byPrefix(
    byMod(
      systemInsn('MOVLPS Vq,Mq', moveLow(64, 'merges'), SSE),
      systemInsn('MOVHLPS Vq,Uq', moveFromHigh, SSE),
    ),
    systemInsn('MOVLPD Vq,Mq', moveLow(64, 'merges'), SSE2),
  ),
  19: byPrefix(
    systemInsn('MOVLPS Mq,Vq', moveAligned, SSE),
    systemInsn('MOVLPD Mq,Vq', moveAligned, SSE2), //
  ),
  20: packedPair('UNPCKL', shuffle.unpackLowDwords, shuffle.unpackLowQuads),
  21: packedPair('UNPCKH', shuffle.unpackHighDwords, shuffle.unpackHighQuads),
  22: byPrefix(
    byMod(systemInsn('MOVHPS Vq,Mq', moveToHigh, SSE), systemInsn('MOVLHPS Vq,Uq', moveToHigh, SSE)),
    systemInsn('MOVHPD Vq,Mq', moveToHigh, SSE2),
  ),
  23: byPrefix(systemInsn('MOVHPS Mq,Vq', moveFromHigh, SSE), systemInsn('MOVHPD Mq,Vq', moveFromHigh, SSE2)),
  24: GROUP_16,
  40: byPrefix(
    systemInsn('MOVAPS Vps,Wps', moveAligned, SSE),
    systemInsn('MOVAPD Vpd,Wpd', moveAligned, SSE2),
  ),
  41: byPrefix(
    systemInsn('MOVAPS Wps,Vps', moveAligned, SSE),
    systemInsn('MOVAPD Wpd,Vpd', moveAligned, SSE2),
  ),
  43: byPrefix(
    systemInsn('MOVNTPS Mps,Vps', moveAligned, SSE),
    systemInsn('MOVNTPD Mpd,Vpd', moveAligned, SSE2),
  ),
  80: byPrefix(
    systemInsn('MOVMSKPS Gd,Ups', sse(shuffle.movmskps), SSE),
    systemInsn('MOVMSKPD Gd,Upd', sse(shuffle.movmskpd), SSE2),
  ),
  84: packedPair('AND', packed.pand),
  85: packedPair('ANDN', packed.pandn),
  86: packedPair('OR', packed.por),
  87: packedPair('XOR', packed.pxor),
  174: byPrefix(GROUP_15),
  195: byPrefix(insn('MOVNTI Md,Gd', move.mov, SSE2)),
  198: byPrefix(
    systemInsn('SHUFPS Vps,Wps,Ib', sse(shuffle.shufps), SSE),
    systemInsn('SHUFPD Vpd,Wpd,Ib', sse(shuffle.shufpd), SSE2),
  ),
};

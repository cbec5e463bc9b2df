/** Rows of packed integers: one opcode for MMX registers and, with prefix 66, for XMM registers (SDM Vol. 2D, A.3). */
import * as mmxSystem from '../semantics/mmx.js';
import * as packed from '../semantics/sse/integer.js';
import { mmx, moveAligned, moveMmx, moveQuad, moveUnaligned, sse } from '../semantics/sse/operation.js';
import * as shift from '../semantics/sse/shift.js';
import * as shuffle from '../semantics/sse/shuffle.js';
import type { VectorOperation } from '../semantics/sse/vector.js';
import { byPrefix } from './choice.js';
import type { Choice, Entry, Group } from './insn.js';
import { MMX, SSE, SSE2, systemInsn } from './insn.js';

/** On both register files; MMX registers since `since`. */
function both(name: string, operation: VectorOperation, since = MMX, source = 'q'): Choice {
  return byPrefix(
    systemInsn(`${name} Pq,Q${source}`, mmx(operation), since),
    systemInsn(`${name} Vdq,Wdq`, sse(operation), SSE2),
  );
}

function xmmOnly(text: string, operation: VectorOperation): Choice {
  return byPrefix(undefined, systemInsn(text, sse(operation), SSE2));
}

/** Groups 12 to 14: shifts by an immediate. */
function shifts(operations: Readonly<Record<number, readonly [string, VectorOperation]>>): Choice {
  const group = (operand: string, on: typeof mmx, since: number): Group =>
    Array.from({ length: 8 }, (_, reg) => {
      const [name, operation] = operations[reg] ?? [];
      const isWide = name?.endsWith('DQ') === true;
      if (name === undefined || operation === undefined || (isWide && since === MMX)) return undefined;
      return systemInsn(`${name} ${operand},Ib`, on(operation), since);
    });
  return byPrefix(group('Nq', mmx, MMX), group('Udq', sse, SSE2));
}

/** Part of the two-byte opcode map. */
export const MMX_ROWS: Readonly<Record<number, Entry>> = {
  96: both('PUNPCKLBW', shuffle.unpackLowBytes, MMX, 'd'),
  97: both('PUNPCKLWD', shuffle.unpackLowWords, MMX, 'd'),
  98: both('PUNPCKLDQ', shuffle.unpackLowDwords, MMX, 'd'),
  99: both('PACKSSWB', shuffle.packsswb),
  100: both('PCMPGTB', packed.pcmpgtb),
  101: both('PCMPGTW', packed.pcmpgtw),
  102: both('PCMPGTD', packed.pcmpgtd),
  103: both('PACKUSWB', shuffle.packuswb),
  104: both('PUNPCKHBW', shuffle.unpackHighBytes),
  105: both('PUNPCKHWD', shuffle.unpackHighWords),
  106: both('PUNPCKHDQ', shuffle.unpackHighDwords),
  107: both('PACKSSDW', shuffle.packssdw),
  108: xmmOnly('PUNPCKLQDQ Vdq,Wdq', shuffle.unpackLowQuads),
  109: xmmOnly('PUNPCKHQDQ Vdq,Wdq', shuffle.unpackHighQuads),
  110: byPrefix(systemInsn('MOVD Pd,Ed', moveMmx, MMX), systemInsn('MOVD Vd,Ed', moveAligned, SSE2)),
  111: byPrefix(
    systemInsn('MOVQ Pq,Qq', moveMmx, MMX),
    systemInsn('MOVDQA Vdq,Wdq', moveAligned, SSE2),
    systemInsn('MOVDQU Vdq,Wdq', moveUnaligned, SSE2),
  ),
  112: byPrefix(
    systemInsn('PSHUFW Pq,Qq,Ib', mmx(shuffle.pshufw), SSE),
    systemInsn('PSHUFD Vdq,Wdq,Ib', sse(shuffle.pshufd), SSE2),
    systemInsn('PSHUFHW Vdq,Wdq,Ib', sse(shuffle.pshufhw), SSE2),
    systemInsn('PSHUFLW Vdq,Wdq,Ib', sse(shuffle.pshuflw), SSE2),
  ),
  113: shifts({ 2: ['PSRLW', shift.psrlw], 4: ['PSRAW', shift.psraw], 6: ['PSLLW', shift.psllw] }),
  114: shifts({ 2: ['PSRLD', shift.psrld], 4: ['PSRAD', shift.psrad], 6: ['PSLLD', shift.pslld] }),
  115: shifts({
    2: ['PSRLQ', shift.psrlq],
    3: ['PSRLDQ', shift.psrldq],
    6: ['PSLLQ', shift.psllq],
    7: ['PSLLDQ', shift.pslldq],
  }),
  116: both('PCMPEQB', packed.pcmpeqb),
  117: both('PCMPEQW', packed.pcmpeqw),
  118: both('PCMPEQD', packed.pcmpeqd),
  119: byPrefix(systemInsn('EMMS', mmxSystem.emms, MMX)),
  126: byPrefix(
    systemInsn('MOVD Ed,Pd', moveMmx, MMX),
    systemInsn('MOVD Ed,Vd', moveAligned, SSE2),
    systemInsn('MOVQ Vq,Wq', moveQuad, SSE2),
  ),
  127: byPrefix(
    systemInsn('MOVQ Qq,Pq', moveMmx, MMX),
    systemInsn('MOVDQA Wdq,Vdq', moveAligned, SSE2),
    systemInsn('MOVDQU Wdq,Vdq', moveUnaligned, SSE2),
  ),
  196: byPrefix(
    systemInsn('PINSRW Pq,Mw/Rd,Ib', mmx(shuffle.pinsrw), SSE),
    systemInsn('PINSRW Vdq,Mw/Rd,Ib', sse(shuffle.pinsrw), SSE2),
  ),
  197: byPrefix(
    systemInsn('PEXTRW Gd,Nq,Ib', mmx(shuffle.pextrw), SSE),
    systemInsn('PEXTRW Gd,Udq,Ib', sse(shuffle.pextrw), SSE2),
  ),
  209: both('PSRLW', shift.psrlw),
  210: both('PSRLD', shift.psrld),
  211: both('PSRLQ', shift.psrlq),
  212: both('PADDQ', packed.paddq, SSE2),
  213: both('PMULLW', packed.pmullw),
  214: byPrefix(
    undefined,
    systemInsn('MOVQ Wq,Vq', moveQuad, SSE2),
    systemInsn('MOVQ2DQ Vdq,Nq', mmxSystem.moveBetween, SSE2),
    systemInsn('MOVDQ2Q Pq,Uq', mmxSystem.moveBetween, SSE2),
  ),
  215: byPrefix(
    systemInsn('PMOVMSKB Gd,Nq', mmx(shuffle.pmovmskb), SSE),
    systemInsn('PMOVMSKB Gd,Udq', sse(shuffle.pmovmskb), SSE2),
  ),
  216: both('PSUBUSB', packed.psubusb),
  217: both('PSUBUSW', packed.psubusw),
  218: both('PMINUB', packed.pminub, SSE),
  219: both('PAND', packed.pand),
  220: both('PADDUSB', packed.paddusb),
  221: both('PADDUSW', packed.paddusw),
  222: both('PMAXUB', packed.pmaxub, SSE),
  223: both('PANDN', packed.pandn),
  224: both('PAVGB', packed.pavgb, SSE),
  225: both('PSRAW', shift.psraw),
  226: both('PSRAD', shift.psrad),
  227: both('PAVGW', packed.pavgw, SSE),
  228: both('PMULHUW', packed.pmulhuw, SSE),
  229: both('PMULHW', packed.pmulhw),
  231: byPrefix(systemInsn('MOVNTQ Mq,Pq', moveMmx, SSE), systemInsn('MOVNTDQ Mdq,Vdq', moveAligned, SSE2)),
  232: both('PSUBSB', packed.psubsb),
  233: both('PSUBSW', packed.psubsw),
  234: both('PMINSW', packed.pminsw, SSE),
  235: both('POR', packed.por),
  236: both('PADDSB', packed.paddsb),
  237: both('PADDSW', packed.paddsw),
  238: both('PMAXSW', packed.pmaxsw, SSE),
  239: both('PXOR', packed.pxor),
  241: both('PSLLW', shift.psllw),
  242: both('PSLLD', shift.pslld),
  243: both('PSLLQ', shift.psllq),
  244: both('PMULUDQ', packed.pmuludq, SSE2),
  245: both('PMADDWD', packed.pmaddwd),
  246: both('PSADBW', packed.psadbw, SSE),
  247: byPrefix(
    systemInsn('MASKMOVQ Pq,Nq', mmxSystem.maskmovq, SSE),
    systemInsn('MASKMOVDQU Vdq,Udq', mmxSystem.maskmovdqu, SSE2),
  ),
  248: both('PSUBB', packed.psubb),
  249: both('PSUBW', packed.psubw),
  250: both('PSUBD', packed.psubd),
  251: both('PSUBQ', packed.psubq, SSE2),
  252: both('PADDB', packed.paddb),
  253: both('PADDW', packed.paddw),
  254: both('PADDD', packed.paddd),
};

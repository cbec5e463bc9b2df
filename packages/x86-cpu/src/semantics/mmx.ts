/** What is MMX and no packed operation: EMMS, masked stores, and the moves between MMX and XMM registers. */
import { EDI, FPU_TAGS } from '../state/layout.js';
import { enterMmxState, requireMmx, requireSse, requireSseAndMmx } from './sse/availability.js';
import { Vector } from './sse/vector.js';
import { checkWrite, currentUser, vectorAddress } from './sse/vector-memory.js';
import { loadOperand, storeOperand } from './sse/vector-operand.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

const ALL_EMPTY = 0xffff;
const source = new Vector();
const mask = new Vector();

/** EMMS: every x87 register is empty, and TOP is 0. */
export const emms: SystemSemantics = (m) => {
  requireMmx(m);
  enterMmxState(m);
  m.cpu.registers.set(FPU_TAGS, ALL_EMPTY);
};

/** MOVQ2DQ, zero-extended, and MOVDQ2Q. */
export const moveBetween: SystemSemantics = (m) => {
  requireSseAndMmx(m);
  loadOperand(m, 1, source);
  storeOperand(m, 0, source);
  enterMmxState(m);
};

/** MASKMOVQ, MASKMOVDQU: the bytes whose mask has bit 7 set, to DS:(E)DI. */
export const maskmovq: SystemSemantics = (m) => {
  requireMmx(m);
  storeMasked(m, 8);
  enterMmxState(m);
};

export const maskmovdqu: SystemSemantics = (m) => {
  requireSse(m);
  storeMasked(m, 16);
};

/** The whole range is checked, as if every byte were written: SDM leaves the faults of unwritten bytes open. */
function storeMasked(m: SystemMachine, bytes: number): void {
  loadOperand(m, 0, source);
  loadOperand(m, 1, mask);
  const { cpu } = m;
  const edi = cpu.registers.get(EDI);
  const offset = m.addressSize === 16 ? edi & 0xffff : edi >>> 0;
  const laddr = vectorAddress(cpu, m.decoded.dataSegment, offset, bytes, 'unaligned', true);
  if (!mask.u8.subarray(0, bytes).some((byte) => byte & 0x80)) return;
  checkWrite(cpu, laddr, bytes);
  const user = currentUser(cpu);
  for (let i = 0; i < bytes; i++) {
    if ((mask.u8[i] ?? 0) & 0x80) cpu.memory.writeLinear((laddr + i) >>> 0, 1, source.u8[i] ?? 0, user);
  }
}

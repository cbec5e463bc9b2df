/** Control instructions: FNINIT, FNCLEX, FLDCW, FNSTCW, FNSTSW, FFREE, FINCSTP, FDECSTP, FNOP. */
import { STATUS_B, STATUS_C1, STATUS_ES, STATUS_EXCEPTIONS, STATUS_SF } from '../../state/fpu.js';
import { computing, nonWaiting, stackIndex, waiting } from './escape.js';
import { readBits, writeBits } from './memory.js';

const AX = 0;
const WORD_BYTES = 2;

export const fninit = nonWaiting((_, fpu) => fpu.initialize());

export const fnclex = nonWaiting((_, fpu) => {
  fpu.status &= ~(STATUS_EXCEPTIONS | STATUS_SF | STATUS_ES | STATUS_B);
});

export const fldcw = waiting((m, fpu, memory) => {
  if (memory) fpu.control = Number(readBits(m, memory, WORD_BYTES));
});

export const fnstcw = nonWaiting((m, fpu, memory) => {
  if (memory) writeBits(m, memory, WORD_BYTES, BigInt(fpu.control));
});

export const fnstsw = nonWaiting((m, fpu, memory) => {
  if (memory?.inMemory) writeBits(m, memory, WORD_BYTES, BigInt(fpu.status));
  else m.cpu.registers.writeGeneral(AX, fpu.status, 16);
});

export const ffree = computing((m, fpu) => {
  fpu.setConditions(0, STATUS_C1);
  fpu.free(stackIndex(m, 0));
});

/** FFREEP: FFREE, and TOP + 1; the register at the top keeps its tag. */
export const ffreep = computing((m, fpu) => {
  fpu.setConditions(0, STATUS_C1);
  fpu.free(stackIndex(m, 0));
  fpu.pop();
});

export const fincstp = computing((_, fpu) => {
  fpu.setConditions(0, STATUS_C1);
  fpu.top++;
});

export const fdecstp = computing((_, fpu) => {
  fpu.setConditions(0, STATUS_C1);
  fpu.top--;
});

export const fnop = computing(() => {});

/** FENI, FDISI and FSETPM of the 8087 and the 80287: nothing since the 387. */
export const legacy = nonWaiting(() => {});

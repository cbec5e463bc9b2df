/** The multimedia state as a whole: LDMXCSR, STMXCSR, FXSAVE, FXRSTOR; and CLFLUSH. */
import type { Cpu } from '../../cpu.js';
import { CpuException, generalProtection, invalidOpcode, VECTOR } from '../../exception.js';
import { SSE2 } from '../../isa/insn.js';
import { CR0_EM, CR0_TS } from '../../state/control.js';
import {
  CR0,
  FPU_CONTROL,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  MXCSR,
  ST,
  XMM,
} from '../../state/layout.js';
import type { SystemMachine, SystemSemantics } from '../system-machine.js';
import { requireSse } from './availability.js';
import { abridgeTags, fullTags } from './tags.js';
import { checkRead, checkWrite, operandAddress, readWords, writeWords } from './vector-memory.js';

/*
 * The FXSAVE image (SDM Vol. 1, 10.5 "FXSAVE and FXRSTOR Instructions"), in bytes:
 *
 *   +0 FCW   +2 FSW   +4 abridged FTW (a bit for each register that is not empty)   +6 FOP   +8 FIP   +c FCS
 *   +10 FDP   +14 FDS   +18 MXCSR   +1c MXCSR_MASK   +20 ST0 … ST7, 16 bytes each   +a0 XMM0 … XMM7
 *   +120 … +1ff reserved, or the operating system's
 */
const IMAGE_BYTES = 512;
const STORED_WORDS = 0x120 / 4;
const WORD_MXCSR = 0x18 / 4;
const WORD_ST = 0x20 / 4;
const WORD_XMM = 0xa0 / 4;
/** MXCSR bits of the first SSE processors: no denormals-are-zeros. */
const MXCSR_WITHOUT_DAZ = 0xffbf;
const MXCSR_WITH_DAZ = 0xffff;
const STATUS_TOP_SHIFT = 11;
const FOP_MASK = 0x7ff;
const SIGN_AND_EXPONENT = 0xffff;

const image = new Uint32Array(STORED_WORDS);

/** MXCSR_MASK: the bits that may be set. */
function mxcsrMask(cpu: Cpu): number {
  return cpu.model.rows & SSE2 ? MXCSR_WITH_DAZ : MXCSR_WITHOUT_DAZ;
}

/** LDMXCSR: a reserved bit is #GP(0). An exception flag and its mask set together raise nothing now. */
export const ldmxcsr: SystemSemantics = (m, source) => {
  requireSse(m);
  const value = source?.read() ?? 0;
  if (value & ~mxcsrMask(m.cpu)) throw generalProtection();
  m.cpu.registers.set(MXCSR, value);
};

export const stmxcsr: SystemSemantics = (m, destination) => {
  requireSse(m);
  destination?.write(m.cpu.registers.get(MXCSR));
};

/** FXSAVE writes no more than the XMM registers' end, and changes no state. */
export const fxsave: SystemSemantics = (m) => {
  requireFxsr(m);
  const { cpu } = m;
  const laddr = operandAddress(m, IMAGE_BYTES, 'aligned', true);
  const { registers } = cpu;
  const status = registers.get(FPU_STATUS) & 0xffff;
  const tags = abridgeTags(registers.get(FPU_TAGS));
  const opcode = registers.get(FPU_OPCODE) & FOP_MASK;
  image.set([
    (registers.get(FPU_CONTROL) & 0xffff) | (status << 16),
    tags | (opcode << 16),
    registers.get(FPU_IP),
    registers.get(FPU_CS) & 0xffff,
    registers.get(FPU_DP),
    registers.get(FPU_DS) & 0xffff,
    registers.get(MXCSR),
    mxcsrMask(cpu),
  ]);
  for (let i = 0; i < 8; i++) {
    const field = physicalRegister(status, i);
    const at = WORD_ST + 4 * i;
    image[at] = registers.get(field);
    image[at + 1] = registers.get(field + 4);
    image[at + 2] = registers.get(field + 8) & SIGN_AND_EXPONENT;
    image[at + 3] = 0;
  }
  for (let i = 0; i < 32; i++) image[WORD_XMM + i] = registers.get(XMM + 4 * i);
  // The reserved part is not written, but a missing page of it faults.
  checkWrite(cpu, laddr, IMAGE_BYTES);
  writeWords(cpu, laddr, image, STORED_WORDS);
};

/** FXRSTOR: a reserved bit of MXCSR is #GP(0), and nothing is loaded. */
export const fxrstor: SystemSemantics = (m) => {
  requireFxsr(m);
  const { cpu } = m;
  const laddr = operandAddress(m, IMAGE_BYTES, 'aligned', false);
  checkRead(cpu, laddr, IMAGE_BYTES);
  readWords(cpu, laddr, image, STORED_WORDS);
  const word = (index: number) => image[index] ?? 0;
  if (word(WORD_MXCSR) & ~mxcsrMask(cpu)) throw generalProtection();
  const { registers } = cpu;
  const status = word(0) >>> 16;
  registers.set(FPU_CONTROL, word(0) & 0xffff);
  registers.set(FPU_STATUS, status);
  // FERR# goes away with the exception.
  if (!cpu.fpu.isExceptionPending) cpu.board.setFerr?.(false);
  registers.set(FPU_OPCODE, (word(1) >>> 16) & FOP_MASK);
  registers.set(FPU_IP, word(2));
  registers.set(FPU_CS, word(3) & 0xffff);
  registers.set(FPU_DP, word(4));
  registers.set(FPU_DS, word(5) & 0xffff);
  registers.set(MXCSR, word(WORD_MXCSR));
  for (let i = 0; i < 8; i++) {
    const field = physicalRegister(status, i);
    const at = WORD_ST + 4 * i;
    registers.set(field, word(at));
    registers.set(field + 4, word(at + 1));
    registers.set(field + 8, word(at + 2) & SIGN_AND_EXPONENT);
  }
  registers.set(FPU_TAGS, fullTags(word(1) & 0xff));
  for (let i = 0; i < 32; i++) registers.set(XMM + 4 * i, word(WORD_XMM + i));
};

/** CLFLUSH: caches are not modelled, but the line must be readable. */
export const clflush: SystemSemantics = (m) => {
  checkRead(m.cpu, operandAddress(m, 1, 'unaligned', false), 1);
};

/** #UD by EM, #NM by TS (SDM Vol. 2A, "FXSAVE—Save x87 FPU, MMX Technology, and SSE State"). */
function requireFxsr(m: SystemMachine): void {
  const cr0 = m.cpu.registers.get(CR0);
  if (cr0 & CR0_EM) throw invalidOpcode();
  if (cr0 & CR0_TS) throw new CpuException(VECTOR.NM);
}

/** Where ST(i) is. */
function physicalRegister(status: number, i: number): number {
  return ST + 16 * (((status >> STATUS_TOP_SHIFT) + i) & 7);
}

/** RESET#: what every register holds before the first instruction. */
import type { Cpu } from './cpu.js';
import { signature } from './model.js';
import { CR0_CD, CR0_ET, CR0_NW, setCpl } from './state/control.js';
import { EFLAGS_FIXED, writeEflags } from './state/eflags.js';
import {
  CR0,
  CR2,
  CR3,
  CR4,
  CS,
  DR0,
  DS,
  EAX,
  EDI,
  EDX,
  EIP,
  ES,
  FS,
  GDTR_BASE,
  GDTR_LIMIT,
  GS,
  IDTR_BASE,
  IDTR_LIMIT,
  LDTR,
  MXCSR,
  SS,
  TR,
  XMM,
  ZERO,
} from './state/layout.js';
import { REAL_MODE_ATTRIBUTES, REAL_MODE_LIMIT, setSegment } from './state/segment.js';

const RESET_EIP = 0xfff0;
const RESET_CODE_BASE = 0xffff_0000;
const LDT_ATTRIBUTES = 0x82;
const BUSY_TSS_ATTRIBUTES = 0x8b;
const DR6_RESET = 0xffff_0ff0;
const DR7_RESET = 0x400;
/** Every SIMD exception masked, round to nearest. */
const MXCSR_RESET = 0x1f80;

/** SDM Vol. 3A, Table 9-1 "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT". */
export function resetRegisters(cpu: Cpu): void {
  const { registers, model } = cpu;
  for (let field = EAX; field <= EDI; field += 4) registers.set(field, 0);
  registers.set(EDX, signature(model));
  registers.set(ZERO, 0);
  registers.set(EIP, RESET_EIP);
  writeEflags(registers, EFLAGS_FIXED);
  registers.set(CR0, model.has486Cr0 ? CR0_CD | CR0_NW | CR0_ET : 0);
  for (const field of [CR2, CR3, CR4, GDTR_BASE, IDTR_BASE]) registers.set(field, 0);
  for (const field of [GDTR_LIMIT, IDTR_LIMIT]) registers.set(field, REAL_MODE_LIMIT);
  for (let index = 0; index < 8; index++) registers.set(DR0 + index * 4, 0);
  registers.set(DR0 + 6 * 4, DR6_RESET);
  registers.set(DR0 + 7 * 4, DR7_RESET);
  for (let field = XMM; field < XMM + 8 * 16; field += 4) registers.set(field, 0);
  registers.set(MXCSR, MXCSR_RESET);
  setCpl(registers, 0);
  cpu.fpu.reset();
  const data = { selector: 0, attributes: REAL_MODE_ATTRIBUTES, base: 0, limit: REAL_MODE_LIMIT };
  for (const index of [ES, SS, DS, FS, GS]) setSegment(registers, index, data);
  setSegment(registers, CS, { ...data, selector: 0xf000, base: RESET_CODE_BASE });
  setSegment(registers, LDTR, { ...data, attributes: LDT_ATTRIBUTES });
  setSegment(registers, TR, { ...data, attributes: BUSY_TSS_ATTRIBUTES });
}

/** The registers that a hostile guest starts with: random ones in every mode, privilege level and way of paging. */
import type { Cpu } from '../cpu.js';
import {
  CR0_AM,
  CR0_EM,
  CR0_MP,
  CR0_NE,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_OSFXSR,
  CR4_PAE,
} from '../state/control.js';
import { AC, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from '../state/eflags.js';
import { CS, DR0, DS, ES, FPU_CONTROL, FS, GS, LDTR, MXCSR, SS, ST, XMM } from '../state/layout.js';
import {
  flatAttributes,
  flatSelector,
  LOOPS,
  LOW_CODE,
  PAE_POINTERS,
  PAGE_DIRECTORY,
  PROGRAM_BYTES,
  RAM_BYTES,
} from './adversary-memory.js';
import { CODE, type Guest, STACK_TOP } from './guest.js';
import { pick, type Random } from './random.js';

/** Modes that a state may start in. */
const MODES = ['real', 'virtual-8086', 'protected-16', 'protected-32', 'protected-32'] as const;
type Mode = (typeof MODES)[number];

const WORD_FLAGS = 0xcd5 | IF | NT | RF | AC | IOPL | VIF | VIP;
const DATA_SEGMENTS = [ES, SS, DS, FS, GS] as const;
const MXCSR_MASK = 0xffbf;

/** RESET#, then a mode and its registers; memory stays. */
export function enterRandomState(guest: Guest, next: Random): void {
  const { cpu } = guest;
  const mode = pick(next, MODES);
  const isProtected = mode !== 'real';
  cpu.reset();
  guest.setTableRegisters();
  cpu.setInterruptLine(false);
  cpu.setA20(next() % 8 !== 0);
  setControl(cpu, isProtected, next);
  const trap = next() % 8 === 0 ? TF : 0;
  const flags = ((next() & WORD_FLAGS) | trap) & cpu.model.eflagsMask;
  cpu.eflags = flags | 2 | (mode === 'virtual-8086' ? VM : 0);
  setSegments(cpu, mode, next);
  setGeneral(cpu, next);
  const isLow = !isProtected || mode === 'virtual-8086';
  const offset = !isLow && next() % 2 === 0 ? pick(next, LOOPS) : next() % PROGRAM_BYTES;
  cpu.eip = (isLow ? LOW_CODE : CODE) + offset;
  setDebug(cpu, next);
  setNumeric(cpu, next);
}

function setControl(cpu: Cpu, isProtected: boolean, next: Random): void {
  const { model } = cpu;
  const rare = next() % 8 === 0 ? CR0_TS | CR0_EM : 0;
  const cr0 = next() & (CR0_MP | (model.has486Cr0 ? CR0_AM | CR0_WP | CR0_NE : 0) | rare);
  const paging = isProtected ? next() % 3 : 0;
  const cr4 = (next() & next()) | CR4_OSFXSR;
  if (model.hasCr4) cpu.cr4 = (paging === 2 ? cr4 | CR4_PAE : cr4 & ~CR4_PAE) & model.cr4Mask;
  cpu.cr3 = cpu.cr4 & CR4_PAE ? PAE_POINTERS : PAGE_DIRECTORY;
  cpu.cr0 = cr0 | (isProtected ? CR0_PE : 0) | (paging > 0 ? CR0_PG : 0);
  if (!isProtected) cpu.idtr = { base: 0, limit: 0x3ff };
}

function setSegments(cpu: Cpu, mode: Mode, next: Random): void {
  if (mode === 'real') return setRealSegments(cpu, next);
  if (mode === 'virtual-8086') {
    const segment = { base: 0, selector: 0, limit: 0xffff, attributes: 0xf3 };
    for (const index of [...DATA_SEGMENTS, CS]) cpu.setSegment(index, segment);
    return;
  }
  const size = mode === 'protected-16' ? 16 : 32;
  const level = next() & 3;
  const limit = next() % 4 === 0 ? next() % RAM_BYTES : 0xffff_ffff;
  const flat = (kind: 'code' | 'data') => ({
    base: 0,
    selector: flatSelector(kind, size, level),
    attributes: flatAttributes(kind, size, level),
  });
  for (const index of DATA_SEGMENTS) cpu.setSegment(index, { ...flat('data'), limit });
  // Expand-down now and then.
  if (next() % 8 === 0)
    cpu.setSegment(DS, { ...flat('data'), attributes: flat('data').attributes | 4, limit });
  cpu.setSegment(CS, { ...flat('code'), limit: 0xffff_ffff });
  cpu.setSegment(LDTR, { selector: 0x200, attributes: 0x82, base: 0xa00, limit: 0x7f });
}

/** With the limits of real-address mode, or those that a visit to protected mode has left. */
function setRealSegments(cpu: Cpu, next: Random): void {
  cpu.setSegment(CS, { ...cpu.getSegment(CS), selector: 0, base: 0 });
  if (next() % 4 !== 0) return;
  for (const index of DATA_SEGMENTS) {
    cpu.setSegment(index, { ...cpu.getSegment(index), limit: 0xffff_ffff });
  }
}

function setGeneral(cpu: Cpu, next: Random): void {
  const word = () => (next() & 1 ? next() : next() % RAM_BYTES);
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx] = [word(), next() & 0xff, word(), word()];
  [cpu.ebp, cpu.esi, cpu.edi] = [word(), word(), word()];
  cpu.esp = next() % 4 === 0 ? word() : STACK_TOP;
}

function setDebug(cpu: Cpu, next: Random): void {
  if (next() % 8 !== 0) return;
  for (let index = 0; index < 4; index++) cpu.registers.set(DR0 + index * 4, CODE + (next() % PROGRAM_BYTES));
  cpu.registers.set(DR0 + 7 * 4, next() | 0x400);
}

/** x87, MMX and SSE: arbitrary bits, and control words that mask everything, or do not. */
function setNumeric(cpu: Cpu, next: Random): void {
  if (next() % 4 === 0) return;
  const { registers, fpu } = cpu;
  for (let field = ST; field < FPU_CONTROL; field += 4) registers.set(field, numericWord(next));
  // Sign and exponent have 16 bits.
  for (let field = ST + 8; field < FPU_CONTROL; field += 16) {
    registers.set(field, registers.get(field) & 0xffff);
    registers.set(field + 4, 0);
  }
  for (let field = XMM; field < XMM + 0x80; field += 4) registers.set(field, numericWord(next));
  const isMasked = next() % 4 !== 0;
  fpu.status = next() & 0x7f7f & (isMasked ? 0xffff : next());
  fpu.control = next() | (isMasked ? 0x3f : 0);
  fpu.tags = next();
  registers.set(MXCSR, (next() & MXCSR_MASK) | (isMasked ? 0x1f80 : 0));
}

/** Parts of zeroes, ones, infinities, NaNs and denormals in every format beside arbitrary bits. */
function numericWord(next: Random): number {
  return next() & 1
    ? next()
    : pick(next, [0, 0x8000_0000, 0x7f80_0000, 0x7ff0_0000, 0x3f80_0000, 0xffff_ffff, 1, 0x7fff, 0x3fff]);
}

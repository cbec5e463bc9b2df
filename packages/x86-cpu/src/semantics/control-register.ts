/** Control, debug and test registers: MOV to and from them, LMSW, SMSW, CLTS. */
import { DR6, DR6_BD, DR7, DR7_GD } from '../debug-unit.js';
import { CpuException, invalidOpcode, VECTOR } from '../exception.js';
import { writeCr0, writeCr3, writeCr4 } from '../mmu/paging-mode.js';
import { CR0_PE, CR0_TS, CR4_DE } from '../state/control.js';
import { CR0, CR2, CR3, CR4, DR0 } from '../state/layout.js';
import { requireLevel0 } from './processor.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

/** PE, MP, EM and TS: the machine status word of the 286. */
const MSW_MASK = 0xf;
/* DR6 and DR7 (SDM Vol. 3B, 17.2 "Debug Registers"): fixed bits. */
const DR6_ONES = 0xffff_0ff0;
const DR6_WRITABLE = 0x0000_e00f;
const DR7_ONES = 0x400;
const DR7_ZEROS = 0xd000;

const CONTROL_FIELDS: Readonly<Record<number, number>> = { 0: CR0, 2: CR2, 3: CR3, 4: CR4 };

export const movFromCr: SystemSemantics = (m, destination) => {
  const index = controlIndex(m, 1);
  requireLevel0(m.cpu);
  destination?.write(m.cpu.registers.get(CONTROL_FIELDS[index] ?? CR0));
};

export const movToCr: SystemSemantics = (m, source) => {
  const index = controlIndex(m, 0);
  requireLevel0(m.cpu);
  const value = source?.read() ?? 0;
  if (index === 0) writeCr0(m.cpu, value);
  else if (index === 2) m.cpu.registers.set(CR2, value);
  else if (index === 3) writeCr3(m.cpu, value);
  else writeCr4(m.cpu, value);
};

/** LMSW can set PE but not clear it (SDM Vol. 2A, "LMSW"). */
export const lmsw: SystemSemantics = (m, source) => {
  requireLevel0(m.cpu);
  const cr0 = m.cpu.registers.get(CR0);
  const word = (source?.read() ?? 0) & MSW_MASK;
  writeCr0(m.cpu, (cr0 & ~(MSW_MASK & ~CR0_PE)) | word);
};

/** SMSW: a 32-bit register gets all of CR0. */
export const smsw: SystemSemantics = (m, destination) => {
  destination?.write(m.cpu.registers.get(CR0));
};

export const clts: SystemSemantics = (m) => {
  requireLevel0(m.cpu);
  m.cpu.registers.set(CR0, m.cpu.registers.get(CR0) & ~CR0_TS);
};

export const movFromDr: SystemSemantics = (m, destination) => {
  destination?.write(m.cpu.registers.get(debugField(m, 1)));
};

export const movToDr: SystemSemantics = (m, source) => {
  const field = debugField(m, 0);
  const value = source?.read() ?? 0;
  m.cpu.registers.set(field, fixedDebugBits(field, value));
  // Newly armed breakpoints are for the next instruction.
  m.cpu.attention();
};

/** TR3-TR7 of the 386 and 486 test the cache and the TLB, which are not modelled: they read 0. */
export const movFromTr: SystemSemantics = (m, destination) => {
  requireLevel0(m.cpu);
  destination?.write(0);
};

export const movToTr: SystemSemantics = (m) => requireLevel0(m.cpu);

/** Index of a control register that the model has; CR4 is #UD without it. */
function controlIndex(m: SystemMachine, position: number): number {
  const operand = m.decoded.operands[position];
  const index = operand?.kind === 'control' ? operand.index : 1;
  if (CONTROL_FIELDS[index] === undefined || (index === 4 && !m.cpu.model.hasCr4)) throw invalidOpcode();
  return index;
}

/** Field of the debug register, its access allowed. */
function debugField(m: SystemMachine, position: number): number {
  const { registers } = m.cpu;
  const operand = m.decoded.operands[position];
  const index = operand?.kind === 'debug' ? operand.index : 0;
  const isAlias = index === 4 || index === 5;
  // SDM Vol. 3B, 17.2.2 "Debug Registers DR4 and DR5": aliases of DR6 and DR7 unless CR4.DE is set.
  if (isAlias && registers.get(CR4) & CR4_DE) throw invalidOpcode();
  requireLevel0(m.cpu);
  if (registers.get(DR7) & DR7_GD) {
    registers.set(DR6, registers.get(DR6) | DR6_BD);
    throw new CpuException(VECTOR.DB);
  }
  return DR0 + (isAlias ? index + 2 : index) * 4;
}

function fixedDebugBits(field: number, value: number): number {
  if (field === DR6) return (value & DR6_WRITABLE) | DR6_ONES;
  return field === DR7 ? (value & ~DR7_ZEROS) | DR7_ONES : value;
}

/** What must hold before a multimedia instruction executes, and what an MMX instruction does to the x87 state. */
import { CpuException, invalidOpcode, VECTOR } from '../../exception.js';
import { CR0_EM, CR0_NE, CR0_TS, CR4_OSFXSR } from '../../state/control.js';
import { CR0, CR4, FPU_STATUS, FPU_TAGS } from '../../state/layout.js';
import type { SystemMachine } from '../system-machine.js';

/** Status word: an unmasked x87 exception waits; TOP. */
const STATUS_ES = 1 << 7;
const STATUS_TOP = 7 << 11;

/** MMX: #UD by EM, #NM by TS, and #MF for a waiting x87 exception (SDM Vol. 3A, 12.1 "Emulation of the MMX Instruction Set"). */
export function requireMmx(m: SystemMachine): void {
  requireNotEmulated(m);
  requireNoX87Exception(m);
}

/** SSE: #UD by EM or without OSFXSR, #NM by TS (SDM Vol. 3A, 13.1.2 "Checking for CPU Support"). */
export function requireSse(m: SystemMachine): void {
  if ((m.cpu.registers.get(CR4) & CR4_OSFXSR) === 0) throw invalidOpcode();
  requireNotEmulated(m);
}

/** SSE instructions that read or write an MMX register. */
export function requireSseAndMmx(m: SystemMachine): void {
  requireSse(m);
  requireNoX87Exception(m);
}

function requireNotEmulated(m: SystemMachine): void {
  const cr0 = m.cpu.registers.get(CR0);
  if (cr0 & CR0_EM) throw invalidOpcode();
  if (cr0 & CR0_TS) throw new CpuException(VECTOR.NM);
}

/** With NE clear the exception comes through the board's interrupt controller, and is not waited for here. */
function requireNoX87Exception(m: SystemMachine): void {
  const { registers } = m.cpu;
  const isWaiting = (registers.get(FPU_STATUS) & STATUS_ES) !== 0;
  if (isWaiting && registers.get(CR0) & CR0_NE) throw new CpuException(VECTOR.MF);
}

/** SDM Vol. 3A, 12.2 "The MMX State and MMX Register Aliasing": TOP becomes 0 and every tag valid. */
export function enterMmxState(m: SystemMachine): void {
  const { registers } = m.cpu;
  registers.set(FPU_STATUS, registers.get(FPU_STATUS) & ~STATUS_TOP);
  registers.set(FPU_TAGS, 0);
}

/** VME and PVI: the virtual interrupt flag, and software interrupts redirected to the 8086 program's own handlers. */
import type { Cpu } from '../cpu.js';
import { generalProtection } from '../exception.js';
import { ACCESS_USER } from '../mmu/paging.js';
import { loadCodeSegment, virtual8086Segment } from '../mmu/segment-load.js';
import { CR4_PVI, CR4_VME, isVirtual8086 } from '../state/control.js';
import { changeEflags, hasFlag, IF, IOPL, iopl, readEflags, TF, VIF, VIP } from '../state/eflags.js';
import { CR4, CS, EIP, ESP } from '../state/layout.js';
import { segmentSelector } from '../state/segment.js';
import { currentStackFrame } from './stack-frame.js';
import { isInterruptRedirected } from './tss.js';

const VIRTUAL_CPL = 3;
const IVT_ENTRY_BYTES = 4;

/**
 * The flag that CLI and STI change: IF, or VIF where CPL > IOPL and VME or PVI virtualise it; #GP(0) where not.
 *
 * @see SDM Vol. 3A, 20.3.2 "Class 2—Maskable Hardware Interrupt Handling in Virtual-8086 Mode Using the
 * Virtual Interrupt Mechanism", 20.4 "Protected-Mode Virtual Interrupts"
 */
export function interruptFlag(cpu: Cpu): typeof IF | typeof VIF {
  const { registers } = cpu;
  if (cpu.cpl <= iopl(registers)) return IF;
  const extension = isVirtual8086(registers) ? CR4_VME : CR4_PVI;
  if (cpu.cpl === VIRTUAL_CPL && registers.get(CR4) & extension) return VIF;
  throw generalProtection();
}

/**
 * Whether PUSHF, POPF and IRET in virtual-8086 mode stand in VIF for IF: IOPL < 3, CR4.VME, 16-bit operands.
 * With 32-bit operands, or without VME, they are #GP(0).
 */
export function usesVirtualFlag(cpu: Cpu, operandSize: 16 | 32): boolean {
  const { registers } = cpu;
  if (!isVirtual8086(registers) || iopl(registers) === 3) return false;
  if (operandSize === 32 || (registers.get(CR4) & CR4_VME) === 0) throw generalProtection();
  return true;
}

/** FLAGS as the 8086 program sees them: IF is VIF, and IOPL reads as 3. */
export function virtualFlags(cpu: Cpu): number {
  const flags = readEflags(cpu.registers);
  return (flags & ~IF) | (flags & VIF ? IF : 0) | IOPL;
}

/**
 * EFLAGS bits of a FLAGS word that the 8086 program pops: IF goes to VIF. #GP(0) when the monitor must look:
 * TF, or interrupts enabled while one is pending.
 */
export function checkedVirtualFlags(cpu: Cpu, flags: number): number {
  const isEnabled = (flags & IF) !== 0;
  if (flags & TF || (isEnabled && hasFlag(cpu.registers, VIP))) throw generalProtection();
  return (flags & ~VIF) | (isEnabled ? VIF : 0);
}

/**
 * INT n in virtual-8086 mode: with VME and its redirection bit clear it goes through the program's own
 * interrupt vector table, and the result is true. Otherwise it needs IOPL 3, and takes the gate.
 *
 * @see SDM Vol. 3A, Table 20-2 "Software Interrupt Handling Methods While in Virtual-8086 Mode"
 */
export function redirectInterrupt(cpu: Cpu, vector: number, returnEip: number): boolean {
  const { registers } = cpu;
  if (!isVirtual8086(registers)) return false;
  const isPrivileged = iopl(registers) === 3;
  const isOwn = (registers.get(CR4) & CR4_VME) !== 0 && !isInterruptRedirected(cpu, vector);
  if (!isOwn && !isPrivileged) throw generalProtection();
  if (!isOwn) return false;
  const target = cpu.memory.readLinear(vector * IVT_ENTRY_BYTES, 4, ACCESS_USER);
  const frame = currentStackFrame(cpu);
  frame.push(isPrivileged ? readEflags(registers) : virtualFlags(cpu), 16);
  frame.push(segmentSelector(registers, CS), 16);
  frame.push(returnEip, 16);
  registers.set(ESP, frame.commit());
  changeEflags(registers, 0, TF | (isPrivileged ? IF : VIF));
  loadCodeSegment(cpu, virtual8086Segment(target >>> 16), VIRTUAL_CPL);
  registers.set(EIP, target & 0xffff);
  return true;
}

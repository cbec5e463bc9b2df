/** Task switches: by far JMP and CALL, by IRET with NT, and by task gates, for 286 and 386 TSSs. */
import type { Cpu } from '../cpu.js';
import { DR6_BT } from '../debug-unit.js';
import type { Interruption } from '../deliver.js';
import { CpuException, ERROR_CODE_EXT, generalProtection, selectorError, VECTOR } from '../exception.js';
import { isNullSelector, markBusy, readDescriptor, SELECTOR_RPL_MASK } from '../mmu/descriptor-table.js';
import { CR0_TS } from '../state/control.js';
import { type Descriptor, SYSTEM_32, SYSTEM_TYPE, TSS_BUSY } from '../state/descriptor.js';
import { changeEflags, NT, RF } from '../state/eflags.js';
import { CR0, EIP, ESP, SS, TR } from '../state/layout.js';
import { getSegment, setSegment } from '../state/segment.js';
import { StackFrame } from './stack-frame.js';
import type { SystemMachine } from './system-machine.js';
import {
  isTrapped,
  loadTaskState,
  readLink,
  saveTaskState,
  TASK_FORMAT_16,
  TASK_FORMAT_32,
  writeLink,
} from './task-state.js';

/** What started a switch; it decides over busy bits, NT and the back link (SDM Vol. 3A, Table 8-2). */
export type TaskSwitchSource = 'jump' | 'call' | 'iret' | 'interrupt';

/** JMP or CALL whose selector names neither code nor a call gate: a TSS, a task gate, or #GP. */
export function switchTaskThrough(
  m: SystemMachine,
  descriptor: Descriptor,
  selector: number,
  source: 'jump' | 'call',
): void {
  const { cpu } = m;
  const error = selectorError(selector);
  const isGate = descriptor.isSystem && descriptor.type === SYSTEM_TYPE.TASK_GATE;
  if (!isGate && !isAvailableTss(descriptor)) throw generalProtection(error);
  if (descriptor.dpl < Math.max(cpu.cpl, selector & SELECTOR_RPL_MASK)) throw generalProtection(error);
  if (!descriptor.isPresent) throw new CpuException(VECTOR.NP, error);
  const tss = isGate ? gateTss(cpu, descriptor, 0) : descriptor;
  switchTask(cpu, tss, source, m.nextEip());
  m.cpu.loop.cancelSingleStep();
  m.jump(cpu.registers.get(EIP));
}

/** An interrupt or exception whose gate is a task gate; its error code goes onto the new task's stack. */
export function deliverThroughTaskGate(cpu: Cpu, gate: Descriptor, interruption: Interruption): void {
  const ext = interruption.kind === 'software' ? 0 : ERROR_CODE_EXT;
  const tss = gateTss(cpu, gate, ext);
  switchTask(cpu, tss, 'interrupt', interruption.returnEip, interruption.resume ? RF : 0);
  if (interruption.errorCode === undefined) return;
  const stack = getSegment(cpu.registers, SS);
  const frame = new StackFrame(cpu, stack, cpu.registers.get(ESP), cpu.cpl, ext);
  frame.push(interruption.errorCode, tss.type & SYSTEM_32 ? 32 : 16);
  cpu.registers.set(ESP, frame.commit());
}

/** IRET with NT set: back to the task that the link field names. */
export function returnToPreviousTask(m: SystemMachine): void {
  const { cpu } = m;
  const selector = readLink(cpu, getSegment(cpu.registers, TR));
  const error = selectorError(selector);
  const tss = selector & 4 || isNullSelector(selector) ? undefined : readDescriptor(cpu, selector);
  if (tss === undefined || !isBusyTss(tss)) throw new CpuException(VECTOR.TS, error);
  if (!tss.isPresent) throw new CpuException(VECTOR.NP, error);
  switchTask(cpu, tss, 'iret', m.nextEip());
  cpu.loop.unblockNmi();
  m.cpu.loop.cancelSingleStep();
  m.jump(cpu.registers.get(EIP));
}

/**
 * SDM Vol. 3A, 8.3 "Task Switching".
 *
 * @param flags - RF for a fault: added to the EFLAGS that the old task keeps
 */
function switchTask(
  cpu: Cpu,
  target: Descriptor,
  source: TaskSwitchSource,
  nextEip: number,
  flags = 0,
): void {
  const { registers } = cpu;
  const is32 = (target.type & SYSTEM_32) !== 0;
  const format = is32 ? TASK_FORMAT_32 : TASK_FORMAT_16;
  if (target.limit < format.minimumLimit) throw new CpuException(VECTOR.TS, target.selector);
  const old = getSegment(registers, TR);
  const oldDescriptor = readDescriptor(cpu, old.selector);
  const nests = source === 'call' || source === 'interrupt';
  if (source === 'iret') changeEflags(registers, 0, NT);
  saveTaskState(cpu, old, nextEip, flags);
  if (!nests && oldDescriptor !== undefined) markBusy(cpu, oldDescriptor, false);
  if (nests) writeLink(cpu, target.base, old.selector);
  const entered = source === 'iret' ? target : markBusy(cpu, target, true);
  setSegment(registers, TR, entered.toSegment(target.selector));
  registers.set(CR0, registers.get(CR0) | CR0_TS);
  cpu.debug.leaveTask();
  // SDM Vol. 3B, 17.3.1.5 "Task-Switch Exception Condition": a trap before the new task's first instruction.
  if (is32 && isTrapped(cpu, entered.base)) cpu.debug.pend(DR6_BT);
  loadTaskState(cpu, entered, nests ? NT : 0);
  cpu.loop.keepResumeFlag();
  cpu.attention();
}

function gateTss(cpu: Cpu, gate: Descriptor, ext: number): Descriptor {
  const selector = gate.gateSelector;
  const error = selectorError(selector) | ext;
  const tss = selector & 4 ? undefined : readDescriptor(cpu, selector);
  if (tss === undefined || isNullSelector(selector) || !isAvailableTss(tss)) throw generalProtection(error);
  if (!tss.isPresent) throw new CpuException(VECTOR.NP, error);
  return tss;
}

/** TSSs live in the GDT alone. */
function isAvailableTss(descriptor: Descriptor): boolean {
  const isTss = descriptor.isSystem && (descriptor.type & ~SYSTEM_32) === SYSTEM_TYPE.TSS_16_AVAILABLE;
  return isTss && (descriptor.selector & 4) === 0;
}

function isBusyTss(descriptor: Descriptor): boolean {
  return descriptor.isSystem && (descriptor.type & ~SYSTEM_32) === (SYSTEM_TYPE.TSS_16_AVAILABLE | TSS_BUSY);
}

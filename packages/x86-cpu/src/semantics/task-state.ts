/** The task-state segment as a save area: a task's registers out to it and in from it, in both formats. */
import type { Cpu } from '../cpu.js';
import { CpuException, generalProtection, selectorError, VECTOR } from '../exception.js';
import { isNullSelector, readDescriptor, SELECTOR_RPL_MASK } from '../mmu/descriptor-table.js';
import { writeCr3 } from '../mmu/paging-mode.js';
import {
  checkedStackSegment,
  codeSegment,
  loadCodeSegment,
  loadSegment,
  nullSegment,
  virtual8086Segment,
} from '../mmu/segment-load.js';
import { CR0_PG, setCpl } from '../state/control.js';
import { type Descriptor, SYSTEM_32, SYSTEM_TYPE } from '../state/descriptor.js';
import { readEflags, VM, writeEflags } from '../state/eflags.js';
import { CR0, CS, DS, EAX, EIP, ES, FS, GS, LDTR, SS } from '../state/layout.js';
import { type SegmentState, segmentSelector, setSegment } from '../state/segment.js';

const SUPERVISOR = 0;
const LINK_OFFSET = 0;
/** T flag: bit 0 of the word below the I/O map base. */
const TRAP_OFFSET = 0x64;

/** Where a TSS keeps what: byte offsets. */
export interface TaskFormat {
  readonly minimumLimit: number;
  /** Bytes of a general register, of EIP and of EFLAGS. */
  readonly word: 2 | 4;
  readonly eip: number;
  readonly eflags: number;
  readonly registers: number;
  readonly segments: number;
  /** Segment registers in the order of layout.ts, from ES. */
  readonly segmentCount: number;
  readonly segmentStep: number;
  readonly ldt: number;
  readonly cr3: number | undefined;
}

/** SDM Vol. 3A, Figure 8-2 "32-Bit Task-State Segment (TSS)". */
export const TASK_FORMAT_32: TaskFormat = {
  minimumLimit: 0x67,
  word: 4,
  eip: 0x20,
  eflags: 0x24,
  registers: 0x28,
  segments: 0x48,
  segmentCount: 6,
  segmentStep: 4,
  ldt: 0x60,
  cr3: 0x1c,
};

/** SDM Vol. 3A, Figure 8-10 "16-Bit TSS Format". */
export const TASK_FORMAT_16: TaskFormat = {
  minimumLimit: 0x2b,
  word: 2,
  eip: 0x0e,
  eflags: 0x10,
  registers: 0x12,
  segments: 0x22,
  segmentCount: 4,
  segmentStep: 2,
  ldt: 0x2a,
  cr3: undefined,
};

/** Writes the running task's registers into its TSS. */
export function saveTaskState(cpu: Cpu, tss: SegmentState, eip: number, flags: number): void {
  const format = tss.attributes & SYSTEM_32 ? TASK_FORMAT_32 : TASK_FORMAT_16;
  const { word } = format;
  // Both ends of what is written are checked before the first write.
  checkWritable(cpu, tss.base + format.eip);
  checkWritable(cpu, tss.base + format.segments + format.segmentStep * (format.segmentCount - 1));
  writeField(cpu, tss.base + format.eip, word, eip);
  writeField(cpu, tss.base + format.eflags, word, readEflags(cpu.registers) | flags);
  for (let i = 0; i < 8; i++) {
    writeField(cpu, tss.base + format.registers + i * word, word, cpu.registers.get(EAX + i * 4));
  }
  for (let i = 0; i < format.segmentCount; i++) {
    const selector = segmentSelector(cpu.registers, ES + i);
    writeField(cpu, tss.base + format.segments + i * format.segmentStep, 2, selector);
  }
}

/** The selector of the task to return to. */
export function readLink(cpu: Cpu, tss: SegmentState): number {
  return readField(cpu, tss.base + LINK_OFFSET, 2);
}

/** The T flag of a 32-bit TSS. */
export function isTrapped(cpu: Cpu, base: number): boolean {
  return (readField(cpu, base + TRAP_OFFSET, 2) & 1) !== 0;
}

/** Nests the task at `base` in the task with this selector. */
export function writeLink(cpu: Cpu, base: number, selector: number): void {
  writeField(cpu, base + LINK_OFFSET, 2, selector);
}

/**
 * Loads the new task's registers, then its segments. Faults among the segments belong to the new task:
 * its EIP and selectors are in place already (SDM Vol. 3A, 8.3 "Task Switching", step 13).
 *
 * @param flags - NT for a nested task
 */
export function loadTaskState(cpu: Cpu, descriptor: Descriptor, flags: number): void {
  const { registers } = cpu;
  const format = descriptor.type & SYSTEM_32 ? TASK_FORMAT_32 : TASK_FORMAT_16;
  const { base } = descriptor;
  const { word } = format;
  const words = Array.from({ length: 8 }, (_, i) => readField(cpu, base + format.registers + i * word, word));
  const selectors = Array.from({ length: 6 }, (_, i) =>
    i < format.segmentCount ? readField(cpu, base + format.segments + i * format.segmentStep, 2) : 0,
  );
  const ldt = readField(cpu, base + format.ldt, 2);
  const eip = readField(cpu, base + format.eip, word);
  const eflags = readField(cpu, base + format.eflags, word);
  if (format.cr3 !== undefined && registers.get(CR0) & CR0_PG) {
    writeCr3(cpu, readField(cpu, base + format.cr3, 4));
  }
  writeEflags(registers, (eflags & cpu.model.eflagsMask) | flags);
  registers.set(EIP, eip);
  // A 16-bit TSS leaves the upper halves of the registers undefined; here they become ones, as on the 386.
  for (const [i, value] of words.entries()) {
    registers.set(EAX + i * 4, word === 2 ? value | 0xffff_0000 : value);
  }
  for (const [index, selector] of selectors.entries()) setSegment(registers, index, nullSegment(selector));
  loadTaskSegments(cpu, selectors, ldt, eip);
}

function loadTaskSegments(cpu: Cpu, selectors: readonly number[], ldt: number, eip: number): void {
  const { registers } = cpu;
  const codeSelector = selectors[CS] ?? 0;
  if (readEflags(registers) & VM) {
    for (const [index, selector] of selectors.entries())
      setSegment(registers, index, virtual8086Segment(selector));
    loadTaskLdt(cpu, ldt);
    loadCodeSegment(cpu, virtual8086Segment(codeSelector), 3);
    return;
  }
  loadTaskLdt(cpu, ldt);
  const cpl = codeSelector & SELECTOR_RPL_MASK;
  setCpl(registers, cpl);
  const code = taskCode(cpu, codeSelector);
  loadCodeSegment(cpu, codeSegment(cpu, code, cpl), cpl);
  setSegment(registers, SS, checkedStackSegment(cpu, selectors[SS] ?? 0, cpl, VECTOR.TS));
  for (const index of [ES, DS, FS, GS]) loadTaskData(cpu, index, selectors[index] ?? 0);
  if (eip > code.limit) throw generalProtection();
}

function taskCode(cpu: Cpu, selector: number): Descriptor {
  const error = selectorError(selector);
  const code = isNullSelector(selector) ? undefined : readDescriptor(cpu, selector);
  const rpl = selector & SELECTOR_RPL_MASK;
  const isFit = code?.isCode && (code.isConforming ? code.dpl <= rpl : code.dpl === rpl);
  if (code === undefined || !isFit) throw new CpuException(VECTOR.TS, error);
  if (!code.isPresent) throw new CpuException(VECTOR.NP, error);
  return code;
}

/** A data segment's checks are those of MOV, but what MOV answers with #GP is #TS here. */
function loadTaskData(cpu: Cpu, index: number, selector: number): void {
  try {
    loadSegment(cpu, index, selector);
  } catch (error) {
    if (error instanceof CpuException && error.vector === VECTOR.GP) {
      throw new CpuException(VECTOR.TS, error.errorCode);
    }
    throw error;
  }
}

function loadTaskLdt(cpu: Cpu, selector: number): void {
  setSegment(cpu.registers, LDTR, nullSegment(selector));
  if (isNullSelector(selector)) return;
  const ldt = selector & 4 ? undefined : readDescriptor(cpu, selector);
  const isLdt = ldt?.isSystem === true && ldt.type === SYSTEM_TYPE.LDT && ldt.isPresent;
  if (ldt === undefined || !isLdt) throw new CpuException(VECTOR.TS, selectorError(selector));
  setSegment(cpu.registers, LDTR, ldt.toSegment(selector));
}

function readField(cpu: Cpu, laddr: number, bytes: 2 | 4): number {
  return cpu.memory.readLinear(laddr >>> 0, bytes, SUPERVISOR);
}

function writeField(cpu: Cpu, laddr: number, bytes: 2 | 4, value: number): void {
  cpu.memory.writeLinear(laddr >>> 0, bytes, value, SUPERVISOR);
}

function checkWritable(cpu: Cpu, laddr: number): void {
  cpu.memory.checkLinearWrite(laddr >>> 0, 2, SUPERVISOR);
}

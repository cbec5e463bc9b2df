/** Stack frames of far transfers and interrupts: pushed as a whole or not at all, popped before anything changes. */
import type { Cpu } from '../cpu.js';
import { CpuException, VECTOR } from '../exception.js';
import { ACCESS_USER } from '../mmu/paging.js';
import { isWithinLimit } from '../mmu/segmentation.js';
import { ESP, SS, STACK_MASK } from '../state/layout.js';
import { ATTRIBUTE_DB, getSegment, isWritable, type SegmentState } from '../state/segment.js';

interface Push {
  readonly laddr: number;
  readonly bytes: 2 | 4;
  readonly value: number;
}

/** Collects pushes on the present or a new stack; nothing is written before commit(). */
export class StackFrame {
  readonly #pushes: Push[] = [];
  readonly #mask: number;
  #esp: number;

  /**
   * @param faultCode - error code of the #SS that a push beyond the limit raises: 0, or a new SS's selector
   * @param cpl - privilege at which the stack is written
   */
  constructor(
    private readonly cpu: Cpu,
    private readonly segment: SegmentState,
    esp: number,
    private readonly cpl: number,
    private readonly faultCode = 0,
  ) {
    this.#mask = segment.attributes & ATTRIBUTE_DB ? 0xffff_ffff : 0xffff;
    this.#esp = esp;
  }

  push(value: number, size: 16 | 32): void {
    const bytes = size === 32 ? 4 : 2;
    const { attributes, base, limit } = this.segment;
    const offset = ((this.#esp - bytes) & this.#mask) >>> 0;
    if (!isWritable(attributes) || !isWithinLimit(attributes, limit, offset, bytes)) {
      throw new CpuException(VECTOR.SS, this.faultCode);
    }
    this.#pushes.push({ laddr: (base + offset) >>> 0, bytes, value });
    this.#esp = (this.#esp & ~this.#mask) | offset;
  }

  /** Throws the page fault that commit() would meet, so that the caller may still change nothing. */
  check(): void {
    const { memory } = this.cpu;
    for (const { laddr, bytes } of this.#pushes) {
      // The frame on an inner stack is written by the supervisor, whose accesses need no alignment.
      if (this.cpl === 3) memory.checkAlignment(laddr, bytes);
      memory.checkLinearWrite(laddr, bytes, this.#user());
    }
  }

  /** Writes the frame and returns the new ESP. */
  commit(): number {
    this.check();
    for (const { laddr, bytes, value } of this.#pushes) {
      this.cpu.memory.writeStack(laddr, bytes, value, this.#user());
    }
    return this.#esp;
  }

  #user(): number {
    return this.cpl === 3 ? ACCESS_USER : 0;
  }
}

/** A frame on the stack in use. */
export function currentStackFrame(cpu: Cpu): StackFrame {
  return new StackFrame(cpu, getSegment(cpu.registers, SS), cpu.registers.get(ESP), cpu.cpl);
}

/** Reads a frame from the top of the stack in use upward; ESP itself moves only by release(). */
export class StackReader {
  #esp: number;
  readonly #mask: number;

  constructor(private readonly cpu: Cpu) {
    this.#esp = cpu.registers.get(ESP);
    this.#mask = cpu.registers.get(STACK_MASK);
  }

  /** The next word, zero-extended, as int32. */
  pop(size: 16 | 32): number {
    const value = this.cpu.memory.read(SS, (this.#esp & this.#mask) >>> 0, size);
    this.skip(size === 32 ? 4 : 2);
    return value;
  }

  skip(bytes: number): void {
    this.#esp = (this.#esp & ~this.#mask) | ((this.#esp + bytes) & this.#mask);
  }

  /** ESP above everything popped and skipped. */
  get esp(): number {
    return this.#esp;
  }
}

/** ESP after a load through the present SS: a 16-bit stack keeps the upper half (SDM Vol. 2A, "IRET/IRETD"). */
export function setStackPointer(cpu: Cpu, esp: number): void {
  const mask = cpu.registers.get(STACK_MASK);
  cpu.registers.set(ESP, (cpu.registers.get(ESP) & ~mask) | (esp & mask));
}

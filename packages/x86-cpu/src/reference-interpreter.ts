/** The reference interpreter: fetch, decode, execute, one instruction at a time, nothing cached. */
import type { PhysAddr } from '@kexec/phys-mem';
import { decode } from './decode/decode.js';
import type { Decoded } from './decode/decoded.js';
import { CpuException, generalProtection, invalidOpcode, VECTOR } from './exception.js';
import type { HostBreakpoints } from './host-breakpoints.js';
import type { Interpreter, InterpreterExit } from './interpreter-interface.js';
import type { CpuMemory } from './mmu/cpu-memory.js';
import { isWithinLimit } from './mmu/segmentation.js';
import type { CpuModel } from './model.js';
import type { SystemNumberMachine } from './semantics/system-number-machine.js';
import { CS, EIP } from './state/layout.js';
import type { Registers } from './state/registers.js';
import { codeAddress, codeSize, getSegment } from './state/segment.js';

/** What the reference interpreter runs on. */
export interface ReferenceParts {
  readonly registers: Registers;
  readonly memory: CpuMemory;
  readonly model: CpuModel;
  readonly machine: SystemNumberMachine;
  readonly breakpoints: HostBreakpoints;
}

/** Slow and plain: what the fast interpreter is compared with. */
export class ReferenceInterpreter implements Interpreter {
  left = 0;
  readonly #parts: ReferenceParts;
  readonly #hooks = new Set<PhysAddr>();
  #isExitWanted = false;

  constructor(parts: ReferenceParts) {
    this.#parts = parts;
  }

  run(budget: number): InterpreterExit {
    this.left = budget;
    this.#isExitWanted = false;
    while (this.left > 0) {
      const hook = this.#hookHere();
      if (hook !== undefined) return { kind: 'hook', paddr: hook };
      this.#parts.machine.execute(this.#fetch());
      this.left--;
      if (this.#isExitWanted) return { kind: 'attention' };
    }
    return { kind: 'budget' };
  }

  get isRepeating(): boolean {
    return this.#parts.machine.isRepeating;
  }

  exitSoon(): void {
    this.#isExitWanted = true;
  }

  addHook(paddr: PhysAddr): void {
    this.#hooks.add(paddr);
  }

  removeHook(paddr: PhysAddr): void {
    this.#hooks.delete(paddr);
  }

  // Nothing is cached, so nothing can be stale.
  flush(): void {}
  flushNonGlobal(): void {}
  flushPage(): void {}
  modeChanged(): void {}
  invalidatePage(): void {}
  breakpointsChanged(): void {}

  #hookHere(): PhysAddr | undefined {
    const { breakpoints, registers } = this.#parts;
    const isBreakpoint = breakpoints.has(codeAddress(registers));
    if (breakpoints.isPassing || (this.#hooks.size === 0 && !isBreakpoint)) return undefined;
    const paddr = this.#codeAddress(0);
    return isBreakpoint || this.#hooks.has(paddr) ? paddr : undefined;
  }

  #fetch(): Decoded {
    const { memory, model, registers } = this.#parts;
    const fetchByte = (offset: number) => memory.readCode(this.#codeAddress(offset));
    const decoded = decode(fetchByte, codeSize(registers), model.rows);
    if (decoded === 'too-long') throw generalProtection();
    if (decoded === 'undefined-opcode') throw invalidOpcode();
    return decoded;
  }

  /** Physical address of the byte at EIP + offset; throws #GP(0) beyond the limit, and #PF. */
  #codeAddress(offset: number): PhysAddr {
    const { registers, memory } = this.#parts;
    const { attributes, base, limit } = getSegment(registers, CS);
    const eip = (registers.getUnsigned(EIP) + offset) >>> 0;
    if (!isWithinLimit(attributes, limit, eip, 1)) throw new CpuException(VECTOR.GP, 0);
    return memory.fetchAddress((base + eip) >>> 0);
  }
}

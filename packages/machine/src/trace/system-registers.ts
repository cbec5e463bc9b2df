/** CR0, CR3, CR4, GDTR and IDTR as they change, and which changes are still the new kernel's start. */
import type { Cpu, TableRegister } from '@kexec/x86-cpu';
import { CR0_PE, CR0_PG, CR0_TS } from '@kexec/x86-cpu';
import type { ControlRegister, JumpDetail, Milestone } from './trace-event.js';

const CONTROLS: readonly ControlRegister[] = ['cr0', 'cr3', 'cr4'];
const TABLES = ['gdtr', 'idtr'] as const;

/** Bits of CR0 whose changes are milestones. */
const MODES: readonly (readonly [mask: number, on: Milestone, off: Milestone])[] = [
  [CR0_PE, 'pe-on', 'pe-off'],
  [CR0_PG, 'pg-on', 'pg-off'],
];

/** What the registers held when they were last looked at. */
export class SystemRegisters {
  readonly #cpu: Cpu;
  readonly #controls: Record<ControlRegister, number>;
  readonly #tables: Record<(typeof TABLES)[number], TableRegister>;
  /** The new kernel has its own page tables: which of them it loads, and how it drops the TLB, is its daily work. */
  #isSettled = false;

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
    this.#controls = { cr0: cpu.cr0, cr3: cpu.cr3, cr4: cpu.cr4 };
    this.#tables = { gdtr: cpu.gdtr, idtr: cpu.idtr };
  }

  /** What has changed; a change of CR0.TS alone is a task switch, and told by nobody. */
  *changes(isNewKernel: boolean): Generator<JumpDetail> {
    for (const register of CONTROLS) {
      const before = this.#controls[register];
      const after = this.#cpu[register];
      if (before === after) continue;
      this.#controls[register] = after;
      const changed = before ^ after;
      const isTold = register === 'cr0' ? (changed & ~CR0_TS) !== 0 : !this.#isSettled;
      if (isTold) yield { kind: 'control', register, before, after };
      if (register !== 'cr0') continue;
      for (const [mask, on, off] of MODES)
        if (changed & mask) yield { kind: 'milestone', milestone: after & mask ? on : off };
      if (isNewKernel && changed & after & CR0_PG) this.#isSettled = true;
    }
    for (const register of TABLES) {
      const before = this.#tables[register];
      const after = this.#cpu[register];
      if (before.base === after.base && before.limit === after.limit) continue;
      this.#tables[register] = after;
      yield { kind: 'table', register, before, after };
    }
  }
}

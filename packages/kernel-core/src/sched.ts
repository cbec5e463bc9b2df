/** Which process has the CPU: the switch to it, and back to the idle loop. */
import type { PhysAddr } from '@kexec/phys-mem';
import { THREAD_SIZE } from './arch/i386/data.s.js';
import type { GuestText, HookOutcome } from './arch/i386/guest-text.js';
import type { RunStop } from './arch/i386/processor.js';
import { tss_struct } from './arch/i386/segment.js';
import { __pa, __va, type LinearAddr } from './mm/pgtable.js';
import type { Departure, Process, UserOutcome } from './process.js';

/** Addresses of the kernel's image that the scheduler needs. */
export interface SchedLabels {
  readonly switch_to: LinearAddr;
  readonly switch_to_idle: LinearAddr;
  readonly init_tss: LinearAddr;
  readonly init_stack_end: LinearAddr;
  readonly swapper_pg_dir: LinearAddr;
}

export function schedLabels(label: (name: string) => LinearAddr): SchedLabels {
  return {
    switch_to: label('switch_to'),
    switch_to_idle: label('switch_to_idle'),
    init_tss: label('init_tss'),
    init_stack_end: label('init_stack_end'),
    swapper_pg_dir: label('swapper_pg_dir'),
  };
}

/**
 * One process at a time. It runs from the moment the host gives it something to do until it sleeps in
 * pause(2), ends, or ends the machine; between, the CPU is in the idle loop.
 */
export class Scheduler {
  /** Whose system call, exception or user code is being executed. */
  current: Process | undefined;
  readonly #text: GuestText;
  readonly #labels: SchedLabels;
  readonly #write32: (paddr: PhysAddr, value: number) => void;
  /** What became of the current process; set before the CPU is given back. */
  #outcome: UserOutcome | undefined;

  constructor(text: GuestText, labels: SchedLabels, write32: (paddr: PhysAddr, value: number) => void) {
    this.#text = text;
    this.#labels = labels;
    this.#write32 = write32;
  }

  /** Switches from the idle loop to a process and runs it until the CPU is idle or gone. */
  run(process: Process): UserOutcome {
    const { cpu } = this.#text;
    // SDM Vol. 3A, 6.12.1: on the way from ring 3 to ring 0 SS:ESP come from the TSS.
    const esp0 = __va(process.kernelStack + THREAD_SIZE);
    this.#write32(__pa(this.#labels.init_tss) + tss_struct.offsetof.esp0, esp0);
    cpu.eax = process.mm.pgd;
    cpu.edx = __va(process.regs.paddr);
    cpu.eip = this.#labels.switch_to;
    return this.goOn(process);
  }

  /** Runs a process that has the CPU already until the CPU is idle or gone. */
  goOn(process: Process): UserOutcome {
    this.current = process;
    this.#outcome = undefined;
    const stop = this.#text.run();
    this.current = undefined;
    return stop ? this.#stopped(stop) : (this.#outcome ?? { returned: false, why: 'stopped' });
  }

  /** The process is back in ring 3 with this in EAX. */
  returned(value: number): void {
    this.#outcome = { returned: true, value: value | 0 };
  }

  /** The process will not come back. */
  departed(why: Departure): void {
    this.#outcome = { returned: false, why };
  }

  /** Leaves the current process's stack for the idle loop; its registers stay where they are. */
  switchToIdle(): HookOutcome {
    const { cpu } = this.#text;
    this.current = undefined;
    cpu.eax = __pa(this.#labels.swapper_pg_dir);
    cpu.edx = this.#labels.init_stack_end;
    cpu.eip = this.#labels.switch_to_idle;
    return 'continue';
  }

  /** The machine stopped: because the process ended it, or for a reason of its own. */
  #stopped(stop: RunStop): UserOutcome {
    const meant = this.#outcome?.returned === false ? this.#outcome.why : undefined;
    return { returned: false, why: meant ?? departureOf(stop.kind), stop };
  }
}

function departureOf(kind: string): Departure {
  return kind === 'triple-fault' ? 'triple-fault' : 'stopped';
}

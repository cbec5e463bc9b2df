/** The machine lent to another kernel, which may give it back: what sleeps meanwhile, and how it wakes. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { GuestText } from './arch/i386/guest-text.js';
import type { GeneralRegisters, RunStop } from './arch/i386/processor.js';
import type { LinearAddr } from './mm/pgtable.js';
import type { Process, UserOutcome } from './process.js';
import type { Scheduler } from './sched.js';

/** How the machine is lent. */
export interface MachineLoan {
  /** Where the CPU goes on, interrupts off, and with which registers. */
  readonly vaddr: LinearAddr;
  readonly registers: GeneralRegisters;
  /** A NOP that the CPU comes to when it is given back: all memory is as it was, paging is on, the stack is the old. */
  readonly returnPaddr: PhysAddr;
  /**
   * Called there, with EAX. What follows the NOP has to leave the kernel through `ret_from_sys_call`, with ESP where
   * it was when the machine was lent.
   *
   * @returns what the system call that lent the machine returns
   */
  onReturn(eax: number): number;
}

/** Whose system call had lent the machine, and what became of the call. */
export interface LoanEnd {
  readonly process: Process;
  readonly outcome: UserOutcome;
}

/** A loan that has not ended. While it lasts the kernel has no hooks: its memory may be somebody else's. */
export class OpenLoan {
  readonly #loan: MachineLoan;
  readonly #text: GuestText;
  readonly #process: Process;
  readonly #putHooksBack: () => void;

  constructor(loan: MachineLoan, text: GuestText, process: Process) {
    this.#loan = loan;
    this.#text = text;
    this.#process = process;
    text.enter(loan.vaddr, loan.registers);
    this.#putHooksBack = text.liftHooks();
    text.cpu.addHook(loan.returnPaddr);
  }

  /** Whether the machine stopped because it is given back. */
  endsAt(stop: RunStop): boolean {
    return stop.kind === 'hook' && stop.paddr === this.#loan.returnPaddr;
  }

  /** Serves the return and runs on until the CPU is idle. */
  end(sched: Scheduler): LoanEnd {
    const { cpu } = this.#text;
    cpu.removeHook(this.#loan.returnPaddr);
    cpu.eip = (cpu.eip + 1) >>> 0;
    this.#putHooksBack();
    this.#process.regs.set('eax', this.#loan.onReturn(cpu.eax));
    return { process: this.#process, outcome: sched.goOn(this.#process) };
  }
}

/** The processes there are: how one is made, ended and found again in a snapshot. */
import {
  __GFP_ZERO,
  GFP_KERNEL,
  KexecError,
  PAGE_SHIFT,
  PAGE_SIZE,
  type PhysAddr,
  pfnToPaddr,
} from '@kexec/phys-mem';
import { assemble } from '@kexec/x86-cpu';
import { THREAD_SIZE } from './arch/i386/data.s.js';
import type { GuestText, HookOutcome } from './arch/i386/guest-text.js';
import { __USER_CS, __USER_DS } from './arch/i386/segment.js';
import { CAP_FULL_SET } from './capability.js';
import { MmStruct, TASK_SIZE } from './mm/mm-struct.js';
import { type PageTableOwner, walk } from './mm/pgtable.js';
import {
  type Departure,
  Process,
  type ProcessHost,
  type ProcessState,
  USER_PROGRAM,
  USER_STACK_BYTES,
  USER_STACK_TOP,
  USER_TEXT,
} from './process.js';
import type { Scheduler } from './sched.js';

/** What a new process may do. */
export interface ProcessOptions {
  /** CAP_* numbers; 'all', what root has, by default. */
  readonly capabilities?: readonly number[] | 'all';
}

/** What the table needs of the kernel. */
export interface ProcessTableOptions {
  readonly owner: PageTableOwner;
  readonly swapper_pg_dir: PhysAddr;
  readonly text: GuestText;
  readonly sched: Scheduler;
  isRunning(): boolean;
}

/** The table as plain data. */
export interface ProcessTableState {
  readonly last_pid: number;
  readonly processes: readonly ProcessState[];
}

/** A table that nobody is in. */
export const NO_PROCESSES: ProcessTableState = { last_pid: 0, processes: [] };

const KERNEL_STACK_ORDER = Math.log2(THREAD_SIZE / PAGE_SIZE);
const EFLAGS_FIXED = 0x002;
const EFLAGS_IF = 0x200;

/** Processes by pid. */
export class ProcessTable {
  readonly #options: ProcessTableOptions;
  readonly #host: ProcessHost;
  readonly #processes = new Map<number, Process>();
  /** Ended, but the CPU may still stand on their stack and page tables. */
  readonly #dead: Process[] = [];
  #last_pid = 0;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
    this.#host = {
      mem: options.owner.mem,
      assembleUser: (text, origin) => assemble(text, { origin }).bytes,
      runUser: (process) => {
        if (!options.isRunning()) throw new KexecError('NOT_RUNNING', 'the kernel does not run any more');
        return options.sched.run(process);
      },
    };
  }

  /** The living, by pid. */
  list(): Process[] {
    return [...this.#processes.values()];
  }

  /** A process that sleeps, ready for its first call; throws KexecError 'NO_MEMORY', with every page given back. */
  create({ capabilities = 'all' }: ProcessOptions): Process {
    const { owner, swapper_pg_dir } = this.#options;
    const mm = MmStruct.create(owner, swapper_pg_dir);
    const stack = mm && owner.pages.getFreePages(GFP_KERNEL | __GFP_ZERO, KERNEL_STACK_ORDER);
    const stackBottom = TASK_SIZE - USER_STACK_BYTES;
    const mapped =
      stack !== undefined &&
      mm?.map(USER_TEXT, PAGE_SIZE, { writable: false }) === 0 &&
      mm.map(stackBottom, USER_STACK_BYTES, { writable: true }) === 0;
    if (!mm || !mapped) {
      if (stack !== undefined) owner.pages.freePages(stack, KERNEL_STACK_ORDER);
      mm?.exit();
      throw new KexecError('NO_MEMORY', 'no pages for a process', { remedy: 'give the machine more RAM' });
    }
    const { bytes, labels } = assemble(USER_PROGRAM, { origin: USER_TEXT });
    const process = new Process(this.#host, mm, {
      pid: ++this.#last_pid,
      capabilities: capabilities === 'all' ? CAP_FULL_SET : capabilities,
      kernelStack: pfnToPaddr(stack),
      userReturned: labels.get('user_returned') ?? USER_TEXT,
      files: [],
    });
    process.write(USER_TEXT, bytes);
    initialRegisters(process);
    this.#add(process);
    return process;
  }

  /** Ends the process that has the CPU and goes to the idle loop. @see kernel/exit.c do_exit() */
  exit(process: Process, why: Departure): HookOutcome {
    const { text, sched } = this.#options;
    process.isAlive = false;
    this.#processes.delete(process.pid);
    text.unhook(this.#returnPaddr(process));
    this.#dead.push(process);
    sched.departed(why);
    return sched.switchToIdle();
  }

  /** Gives back what ended processes had; called once the CPU is idle. */
  reap(): void {
    for (const { mm, kernelStack } of this.#dead.splice(0)) {
      mm.exit();
      this.#options.owner.pages.freePages(kernelStack >>> PAGE_SHIFT, KERNEL_STACK_ORDER);
    }
  }

  saveState(): ProcessTableState {
    return { last_pid: this.#last_pid, processes: this.list().map((process) => process.saveState()) };
  }

  loadState({ last_pid, processes }: ProcessTableState): void {
    this.#last_pid = last_pid;
    this.#processes.clear();
    for (const state of processes) {
      this.#add(new Process(this.#host, MmStruct.fromState(this.#options.owner, state.mm), state));
    }
  }

  #add(process: Process): void {
    const { text, sched } = this.#options;
    this.#processes.set(process.pid, process);
    text.hook(this.#returnPaddr(process), () => {
      sched.returned(text.cpu.eax);
      return 'continue';
    });
  }

  #returnPaddr(process: Process): PhysAddr {
    return walk(this.#host.mem, process.mm.pgd, process.userReturned)?.paddr ?? 0;
  }
}

function initialRegisters({ regs }: Process): void {
  regs.set('xcs', __USER_CS);
  regs.set('xss', __USER_DS);
  regs.set('xds', __USER_DS);
  regs.set('xes', __USER_DS);
  regs.set('eip', USER_TEXT);
  regs.set('esp', USER_STACK_TOP);
  regs.set('eflags', EFLAGS_IF | EFLAGS_FIXED);
}

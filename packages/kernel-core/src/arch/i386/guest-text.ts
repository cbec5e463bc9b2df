/** How the TypeScript part of the kernel and its machine code take turns on the CPU. */
import { KexecError, type PhysAddr, type PhysMem } from '@kexec/phys-mem';
import { __pa, type LinearAddr } from '../../mm/pgtable.js';
import {
  GENERAL_REGISTERS,
  type GeneralRegisters,
  type Processor,
  type RunMachine,
  type RunStop,
} from './processor.js';

/** What a hook's handler wants next: go on executing, or give the CPU to whoever called run(). */
export type HookOutcome = 'continue' | 'leave';
export type HookHandler = () => HookOutcome;

/** EFLAGS.IF. */
const EFLAGS_IF = 0x200;
/** Every hooked instruction is a NOP: a hook goes on behind it, so it is never met twice. */
const NOP_BYTES = 1;

/** Budgets that may run out one after another with no hook met: the kernel's own paths are some hundred instructions. */
const MAX_IDLE_BUDGETS = 64;

/**
 * Runs machine code and serves its hooks. A hook is a NOP in kernel or user text at which the CPU stops; its
 * handler is the C function that Linux would call there. Handlers may call kernel subroutines in turn.
 */
export class GuestText {
  readonly cpu: Processor;
  readonly #mem: PhysMem;
  readonly #run: RunMachine;
  readonly #calledReturn: LinearAddr;
  readonly #hooks = new Map<PhysAddr, HookHandler>();

  /** @param calledReturn - label to which subroutines return; hooked here */
  constructor(mem: PhysMem, cpu: Processor, run: RunMachine, calledReturn: LinearAddr) {
    this.#mem = mem;
    this.cpu = cpu;
    this.#run = run;
    this.#calledReturn = calledReturn;
  }

  /** Serves arrivals at a NOP. */
  hook(paddr: PhysAddr, handler: HookHandler): void {
    this.#hooks.set(paddr, handler);
    this.cpu.addHook(paddr);
  }

  unhook(paddr: PhysAddr): void {
    if (this.#hooks.delete(paddr)) this.cpu.removeHook(paddr);
  }

  unhookAll(): void {
    for (const paddr of [...this.#hooks.keys()]) this.unhook(paddr);
  }

  /** Takes the hooks off the CPU, as long as the memory is another's; the result puts them back. */
  liftHooks(): () => void {
    const lifted = [...this.#hooks.keys()];
    for (const paddr of lifted) this.cpu.removeHook(paddr);
    return () => {
      for (const paddr of lifted) this.cpu.addHook(paddr);
    };
  }

  /**
   * Runs the CPU and serves hooks until a handler leaves (undefined) or the machine stops by itself.
   *
   * @throws KexecError 'RUN_LIMIT' for code that goes on and on and comes to no hook
   */
  run(): RunStop | undefined {
    for (let budgets = 0; ; ) {
      const stop = this.#run();
      if (stop.kind === 'budget') {
        if (++budgets === MAX_IDLE_BUDGETS) throw this.#runLimit();
        continue;
      }
      budgets = 0;
      const handler =
        stop.kind === 'hook' && stop.paddr !== undefined ? this.#hooks.get(stop.paddr) : undefined;
      if (!handler) return stop;
      this.cpu.eip = (this.cpu.eip + NOP_BYTES) >>> 0;
      if (handler() === 'leave') return undefined;
    }
  }

  /**
   * Calls a kernel subroutine that ends in a near RET, on the current kernel stack, in ring 0.
   *
   * @returns the registers as the subroutine left them
   * @throws KexecError 'CALL_STOPPED' when the machine stops before it returns
   */
  call(vaddr: LinearAddr, registers: GeneralRegisters = {}): GeneralRegisters {
    const { cpu } = this;
    const { eip } = cpu;
    this.#setRegisters(registers);
    cpu.esp = (cpu.esp - 4) >>> 0;
    this.#mem.write32(__pa(cpu.esp), this.#calledReturn);
    cpu.eip = vaddr;
    let returned = false;
    this.hook(__pa(this.#calledReturn), () => {
      returned = true;
      return 'leave';
    });
    const stop = this.run();
    if (!returned) {
      const at = `0x${vaddr.toString(16)}`;
      throw new KexecError(
        'CALL_STOPPED',
        `the subroutine at ${at} did not return: ${stop?.kind ?? 'the kernel has ended'}`,
        {
          details: { stop },
        },
      );
    }
    cpu.eip = eip;
    return Object.fromEntries(GENERAL_REGISTERS.map((name) => [name, cpu[name]]));
  }

  /** Goes on at an address for good, interrupts off; what was being done on this stack is given up. */
  enter(vaddr: LinearAddr, registers: GeneralRegisters): void {
    this.#setRegisters(registers);
    this.cpu.eflags &= ~EFLAGS_IF;
    this.cpu.eip = vaddr;
  }

  #runLimit(): KexecError {
    const { eip } = this.cpu;
    return new KexecError(
      'RUN_LIMIT',
      `the running kernel loops without an end at eip 0x${eip.toString(16)}`,
      {
        details: { eip },
        remedy: 'its code or its tables are damaged: make the machine anew',
      },
    );
  }

  #setRegisters(registers: GeneralRegisters): void {
    for (const name of GENERAL_REGISTERS) {
      const value = registers[name];
      if (value !== undefined) this.cpu[name] = value >>> 0;
    }
  }
}

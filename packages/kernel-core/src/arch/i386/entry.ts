/** What the kernel's C code does at each hook of the entry text: system calls, exceptions, interrupts. */
import type { PhysMem } from '@kexec/phys-mem';
import type { CrashRegisters } from '../../crash-core.js';
import { __pa } from '../../mm/pgtable.js';
import { KERN_ALERT, KERN_EMERG, KERN_INFO } from '../../printk.js';
import type { ProcessTable } from '../../process-table.js';
import type { Scheduler } from '../../sched.js';
import { NORETURN, type SyscallTable } from '../../syscall-table.js';
import type { GuestText, HookOutcome } from './guest-text.js';
import type { Interrupts } from './irq.js';
import { PtRegs } from './ptrace.js';
import { isNmi, oopsLines, userFaultLine } from './traps.js';

/** What the handlers need of the kernel. */
export interface EntryServices {
  readonly mem: PhysMem;
  readonly text: GuestText;
  readonly sched: Scheduler;
  readonly syscalls: SyscallTable;
  readonly processes: ProcessTable;
  interrupts(): Interrupts;
  printk(level: number, text: string): void;
  /** @param registers - of whoever is to blame; the CPU's own when left out */
  panic(reason: string, registers?: CrashRegisters): HookOutcome;
  /** The kernel has given the CPU to something that its caller runs. */
  isHandedOver(): boolean;
}

/** Handlers by the label of their hook. */
export function entryHandlers(services: EntryServices): Readonly<Record<string, () => HookOutcome>> {
  const frame = () => new PtRegs(services.mem, __pa(services.text.cpu.esp));
  return {
    do_system_call: () => doSystemCall(services, frame()),
    do_exception: () => doException(services, services.text.cpu.ecx, frame()),
    do_irq: () => doIrq(services, frame()),
    do_ignore_int: () => doIgnoreInt(services),
    idle_wait: () => {
      services.processes.reap();
      return 'leave';
    },
  };
}

/** @see arch/x86/entry/common.c do_int80_syscall_32() */
function doSystemCall(services: EntryServices, regs: PtRegs): HookOutcome {
  const process = services.sched.current;
  if (!process) return services.panic('system call without a process');
  const [ebx, ecx, edx] = [regs.get('ebx'), regs.get('ecx'), regs.get('edx')];
  const [esi, edi, ebp] = [regs.get('esi'), regs.get('edi'), regs.get('ebp')];
  const result = services.syscalls.dispatch(regs.get('orig_eax'), { process, ebx, ecx, edx, esi, edi, ebp });
  if (result === NORETURN) return services.isHandedOver() ? 'leave' : 'continue';
  regs.set('eax', result);
  return 'continue';
}

/** An exception in ring 3 ends the process; one in ring 0 ends the kernel. @see arch/x86/kernel/traps.c do_trap() */
function doException(services: EntryServices, vector: number, regs: PtRegs): HookOutcome {
  const { cr2 } = services.text.cpu;
  const process = services.sched.current;
  if (isNmi(vector)) {
    services.printk(
      KERN_EMERG,
      'Uhhuh. NMI received for unknown reason. Dazed and confused, but trying to continue',
    );
    return 'continue';
  }
  if (process && regs.userMode()) {
    services.printk(KERN_INFO, userFaultLine(`process[${process.pid}]`, vector, regs, cr2));
    return services.processes.exit(process, 'killed');
  }
  for (const line of oopsLines(vector, regs, cr2)) services.printk(KERN_ALERT, line);
  return services.panic('Fatal exception', regs.toCrashRegisters());
}

function doIrq({ interrupts }: EntryServices, regs: PtRegs): HookOutcome {
  interrupts().doIrq((regs.get('orig_eax') + 256) & 0xff);
  return 'continue';
}

function doIgnoreInt({ printk }: EntryServices): HookOutcome {
  printk(KERN_EMERG, 'Unknown interrupt or fault');
  return 'continue';
}

/** The crash path: who is started when the kernel panics, what is kept for a dump, and the files that tell of it. */
import { PAGE_SIZE } from '@kexec/phys-mem';
import type { Processor } from './arch/i386/processor.js';
import { __KERNEL_CS, __KERNEL_DS } from './arch/i386/segment.js';
import {
  type CrashRegisters,
  crashSaveCpu,
  KEXEC_NOTE_BYTES,
  VMCOREINFO_NOTE_SIZE,
  vmcoreinfoNote,
} from './crash-core.js';
import type { DeviceList } from './device.js';
import type { KernelFile } from './file.js';
import type { KernelBase } from './kernel-base.js';
import { KERN_INFO } from './printk.js';
import type { Process } from './process.js';
import type { NORETURN, SyscallResult } from './syscall-table.js';

/** What the path needs of the kernel. */
export interface CrashHost
  extends Pick<KernelBase, 'mem' | 'uts' | 'label' | 'paddrOf' | 'crashkRes' | 'printk'> {
  readonly devices: DeviceList;
  readonly currentProcess: Process | undefined;
  registerFile(path: string, file: KernelFile): void;
  panic(reason: string): typeof NORETURN;
}

/** Starts the other kernel; true when the CPU has been pointed at it. */
export type CrashHandler = (registers: CrashRegisters) => boolean;

/** Symbols that dump tools ask for. @see kernel/crash_core.c VMCOREINFO_SYMBOL() */
const VMCOREINFO_SYMBOLS = ['swapper_pg_dir', '_stext', 'log_buf', 'log_end', 'log_buf_len', 'logged_chars'];

export class Crash {
  readonly #host: CrashHost;
  #handler: CrashHandler | undefined;

  constructor(host: CrashHost) {
    this.#host = host;
  }

  /** Sets who is asked at a panic. @see kernel/kexec_core.c __crash_kexec() */
  onCrash(handler: CrashHandler): void {
    this.#handler = handler;
  }

  /** Asks; false when nobody can start anything, and the panic goes on. */
  kexec(registers: CrashRegisters): boolean {
    return this.#handler?.(registers) ?? false;
  }

  /** Quiets what would disturb the next kernel, and keeps the registers. @see arch/x86/kernel/crash.c */
  machineCrashShutdown(registers: CrashRegisters): void {
    const { devices, mem, currentProcess } = this.#host;
    devices.crashShutdown();
    mem.writeBytes(this.#host.paddrOf('crash_notes'), crashSaveCpu(registers, currentProcess?.pid ?? 0));
  }

  /** @see kernel/crash_core.c crash_save_vmcoreinfo_init() */
  saveVmcoreinfo(): void {
    const { mem, uts } = this.#host;
    const symbols = VMCOREINFO_SYMBOLS.map((name) => [name, this.#host.label(name)] as const);
    const note = vmcoreinfoNote({
      release: uts.release,
      pageSize: PAGE_SIZE,
      symbols: Object.fromEntries(symbols),
    });
    mem.writeBytes(this.#host.paddrOf('vmcoreinfo_note'), note);
  }

  /** What kexec(8) reads for the crash kernel, and what a user panics by. */
  registerFiles(): void {
    const host = this.#host;
    host.registerFile('/sys/devices/system/cpu/cpu0/crash_notes', {
      read: () => `${host.paddrOf('crash_notes').toString(16)}\n`,
    });
    host.registerFile('/sys/devices/system/cpu/cpu0/crash_notes_size', {
      read: () => `${KEXEC_NOTE_BYTES}\n`,
    });
    host.registerFile('/sys/kernel/vmcoreinfo', {
      read: () => `${hexPointer(host.paddrOf('vmcoreinfo_note'))} ${VMCOREINFO_NOTE_SIZE.toString(16)}\n`,
    });
    host.registerFile('/proc/sysrq-trigger', { write: (text) => this.#sysrq(text) });
  }

  /** @see drivers/tty/sysrq.c write_sysrq_trigger() */
  #sysrq(text: string): SyscallResult {
    if (!text.startsWith('c')) {
      this.#host.printk(KERN_INFO, 'sysrq: HELP : crash(c)');
      return text.length;
    }
    this.#host.printk(KERN_INFO, 'sysrq: Trigger a crash');
    return this.#host.panic('sysrq triggered crash');
  }
}

/** The registers of a CPU that panics in kernel text. @see arch/x86/include/asm/kexec.h crash_setup_regs() */
export function currentRegisters(cpu: Processor): CrashRegisters {
  const { eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags } = cpu;
  const segments = { cs: __KERNEL_CS, ds: __KERNEL_DS, es: __KERNEL_DS, fs: 0, gs: 0, ss: __KERNEL_DS };
  return { eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags, orig_eax: 0xffff_ffff, ...segments };
}

/** As %pa prints it. */
function hexPointer(paddr: number): string {
  return `0x${paddr.toString(16).padStart(8, '0')}`;
}

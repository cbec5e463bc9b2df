/** reboot(2): what ends the running kernel, and who hears of it first. */
import { KexecError } from '@kexec/phys-mem';
import { CAP_SYS_BOOT } from './capability.js';
import { strncpyFromUser } from './mm/uaccess.js';
import { NotifierChain } from './notifier.js';
import { KERN_EMERG } from './printk.js';
import type { Process } from './process.js';
import type { NORETURN, SyscallArgs, SyscallResult, SyscallTable } from './syscall-table.js';
import { EFAULT, EINVAL, EPERM } from './uapi/errno.js';
import {
  LINUX_REBOOT_CMD_CAD_OFF,
  LINUX_REBOOT_CMD_CAD_ON,
  LINUX_REBOOT_CMD_HALT,
  LINUX_REBOOT_CMD_POWER_OFF,
  LINUX_REBOOT_CMD_RESTART,
  LINUX_REBOOT_CMD_RESTART2,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
  LINUX_REBOOT_MAGIC2A,
  LINUX_REBOOT_MAGIC2B,
  LINUX_REBOOT_MAGIC2C,
  SYS_HALT,
  SYS_POWER_OFF,
  SYS_RESTART,
} from './uapi/reboot.js';
import { __NR_reboot } from './uapi/unistd.js';

/** How the machine is left. */
export type MachineEnd = 'restart' | 'halt' | 'power-off';

/** What reboot(2) needs of the kernel. */
export interface RebootServices {
  printk(level: number, text: string): void;
  deviceShutdown(): void;
  capable(capability: number): boolean;
  /** machine_restart(), machine_halt(), machine_power_off(). */
  endMachine(end: MachineEnd): typeof NORETURN;
}

/** Who called, and the fourth argument of the call. */
export interface RebootArgs {
  readonly process: Process;
  readonly arg: number;
}

export type RebootCommand = (args: RebootArgs) => SyscallResult;

const SECOND_MAGICS: ReadonlySet<number> = new Set([
  LINUX_REBOOT_MAGIC2,
  LINUX_REBOOT_MAGIC2A,
  LINUX_REBOOT_MAGIC2B,
  LINUX_REBOOT_MAGIC2C,
]);
/** Bytes of a RESTART2 command, its NUL not counted. */
const COMMAND_MAX_BYTES = 255;

const ENDS = {
  restart: { event: SYS_RESTART, message: 'Restarting system' },
  halt: { event: SYS_HALT, message: 'System halted' },
  'power-off': { event: SYS_POWER_OFF, message: 'Power down' },
} as const;

/** The system call and its state. @see kernel/reboot.c */
export class Reboot {
  /** Told SYS_RESTART, SYS_HALT or SYS_POWER_OFF before the devices are shut down; the data is RESTART2's command. */
  readonly notifiers = new NotifierChain<string | undefined>();
  /** 1 when Ctrl-Alt-Del restarts at once, 0 when it signals init. */
  C_A_D: 0 | 1 = 1;
  readonly #services: RebootServices;
  readonly #commands: Map<number, RebootCommand>;

  constructor(services: RebootServices) {
    this.#services = services;
    this.#commands = new Map<number, RebootCommand>([
      [LINUX_REBOOT_CMD_RESTART, () => this.#end('restart', undefined)],
      [LINUX_REBOOT_CMD_HALT, () => this.#end('halt', undefined)],
      [LINUX_REBOOT_CMD_POWER_OFF, () => this.#end('power-off', undefined)],
      [LINUX_REBOOT_CMD_RESTART2, (args) => this.#restart2(args)],
      [LINUX_REBOOT_CMD_CAD_ON, () => this.#setCad(1)],
      [LINUX_REBOOT_CMD_CAD_OFF, () => this.#setCad(0)],
    ]);
  }

  /** Adds a command (KEXEC, SW_SUSPEND); without one it is `-EINVAL`. Throws KexecError 'COMMAND_TAKEN'. */
  registerCommand(cmd: number, handler: RebootCommand): void {
    if (this.#commands.has(cmd)) {
      throw new KexecError('COMMAND_TAKEN', `reboot command 0x${cmd.toString(16)} has a handler already`);
    }
    this.#commands.set(cmd, handler);
  }

  /** The right to do it comes before the magic numbers, those before the command. @see kernel/reboot.c SYSCALL_DEFINE4(reboot) */
  sysReboot({ process, ebx: magic1, ecx: magic2, edx: cmd, esi: arg }: SyscallArgs): SyscallResult {
    if (!this.#services.capable(CAP_SYS_BOOT)) return -EPERM;
    if (magic1 !== LINUX_REBOOT_MAGIC1 || !SECOND_MAGICS.has(magic2)) return -EINVAL;
    return this.#commands.get(cmd)?.({ process, arg }) ?? -EINVAL;
  }

  /** @see kernel/reboot.c kernel_restart(), kernel_halt(), kernel_power_off() */
  #end(end: MachineEnd, command: string | undefined): typeof NORETURN {
    const { event, message } = ENDS[end];
    this.notifiers.callChain(event, command);
    this.#services.deviceShutdown();
    this.#services.printk(
      KERN_EMERG,
      command === undefined ? message : `${message} with command '${command}'`,
    );
    return this.#services.endMachine(end);
  }

  #restart2({ process, arg }: RebootArgs): SyscallResult {
    const command = strncpyFromUser(process.userSpace, arg, COMMAND_MAX_BYTES);
    return command === undefined ? -EFAULT : this.#end('restart', command);
  }

  #setCad(C_A_D: 0 | 1): number {
    this.C_A_D = C_A_D;
    return 0;
  }
}

export function registerRebootCall(table: SyscallTable, reboot: Reboot): void {
  table.register(__NR_reboot, { name: 'reboot', support: 'full', call: (args) => reboot.sysReboot(args) });
}

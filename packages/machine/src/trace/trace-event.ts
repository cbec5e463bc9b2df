/** What a jump is made of, as it is told: the events of {@link JumpTrace}. */
import type { DeviceAction, DeviceStep } from '@kexec/kernel-core';
import type { PhysAddr } from '@kexec/phys-mem';
import type { TableRegister } from '@kexec/x86-cpu';
import type { MachineStop } from '../machine-stop.js';

/** A moment of the machine. */
export interface Instant {
  /** Instructions retired since power-on; the one under execution is not counted. */
  readonly icount: number;
  /** Nanoseconds of virtual time since power-on. */
  readonly time: number;
}

/** When it was, and at which instruction. */
export interface Moment extends Instant {
  readonly cs: number;
  readonly eip: number;
}

/** A control register that the trace follows. */
export type ControlRegister = 'cr0' | 'cr3' | 'cr4';

/** Moments of a start that a reader looks for. */
export const MILESTONES = {
  /** The relocation stub has gone to the purgatory. */
  purgatory: 'the purgatory is entered',
  /** 16-bit entry of a bzImage. */
  'setup-entry': 'the kernel is entered in real mode',
  'kernel-entry': 'the kernel is entered',
  'a20-on': 'A20 on',
  'a20-off': 'A20 off',
  'pe-on': 'protected mode on',
  'pe-off': 'protected mode off',
  'pg-on': 'paging on',
  'pg-off': 'paging off',
  'first-serial-byte': 'first byte on ttyS0',
  /** The decompressor's jump to the kernel that it has unpacked. */
  decompressed: 'the decompressor jumps to the kernel',
  'linux-version': 'Linux tells its version',
  init: 'Linux runs init',
  panic: 'Linux panics',
} as const;

export type Milestone = keyof typeof MILESTONES;

/** What happened. A program tells the kinds apart by `kind`. */
export type JumpDetail =
  /** `reboot(LINUX_REBOOT_CMD_KEXEC)`, or a panic. */
  | { readonly kind: 'start'; readonly call: 'reboot' | 'panic' }
  /** A chain of reboot notifiers is called: SYS_RESTART and how many there are. */
  | { readonly kind: 'notifiers'; readonly event: number; readonly registered: number }
  /** One of them has been told. */
  | { readonly kind: 'notifier'; readonly name: string; readonly answer: number; readonly since: Instant }
  /** A device has had its turn. */
  | {
      readonly kind: 'device';
      readonly name: string;
      readonly action: DeviceAction;
      readonly outcome: DeviceStep['outcome'];
      readonly since: Instant;
    }
  /** The CPU stands at the running kernel's last code. */
  | {
      readonly kind: 'machine_kexec';
      /** Page directory for the jump. */
      readonly pgd: PhysAddr;
      readonly controlPage: PhysAddr;
      /** First argument of the stub: the entry list. */
      readonly list: number;
      /** Where the stub goes at its end. */
      readonly start: PhysAddr;
    }
  /** The stub begins, in the control page. */
  | { readonly kind: 'relocate_new_kernel' }
  /** A page has been copied; EIP is the copying instruction's. */
  | {
      readonly kind: 'copy';
      readonly source: PhysAddr;
      readonly destination: PhysAddr;
      readonly bytes: number;
      readonly since: Instant;
    }
  | {
      readonly kind: 'control';
      readonly register: ControlRegister;
      readonly before: number;
      readonly after: number;
    }
  | {
      readonly kind: 'table';
      readonly register: 'gdtr' | 'idtr';
      readonly before: TableRegister;
      readonly after: TableRegister;
    }
  | {
      readonly kind: 'milestone';
      readonly milestone: Milestone /** Such as the line. */;
      readonly text?: string;
    }
  /** The machine has stopped by itself. */
  | { readonly kind: 'stop'; readonly stop: Exclude<MachineStop, { kind: 'budget' | 'hook' | 'stop' }> };

/** One step of the jump, or of the start that follows it. */
export type JumpEvent = Moment & JumpDetail;

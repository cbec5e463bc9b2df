/** A modelled running Linux kernel for i386 whose state is real state of the PC. */
export type { CpuInfo } from './arch/i386/cpu-features.js';
export { KERNEL_PADDR } from './arch/i386/image.js';
export type {
  GeneralRegister,
  GeneralRegisters,
  Processor,
  RunMachine,
  RunStop,
} from './arch/i386/processor.js';
export * from './arch/i386/segment.js';
export * from './capability.js';
export { type CrashRegisters, KEXEC_NOTE_BYTES, VMCOREINFO_NOTE_SIZE } from './crash-core.js';
export * from './device.js';
export type { KernelFile } from './file.js';
export { createKernel, Kernel } from './kernel.js';
export type { KernelOptions } from './kernel-base.js';
export type { KernelText } from './kernel-text.js';
export type { LoanEnd, MachineLoan } from './machine-loan.js';
export { START_BRK, TASK_SIZE, TASK_UNMAPPED_BASE } from './mm/mm-struct.js';
export * from './mm/pgtable.js';
export type { UserSpace } from './mm/uaccess.js';
export * from './notifier.js';
export type { PortIo } from './port-io.js';
export * from './printk.js';
export type { Departure, Process, UserOutcome } from './process.js';
export type { ProcessOptions } from './process-table.js';
export type { MachineEnd, RebootArgs, RebootCommand } from './reboot.js';
export type { Resource } from './resource.js';
export { Resources } from './resource.js';
export type { KernelLife, KernelState } from './state.js';
export * from './syscall-table.js';
export * from './uapi/errno.js';
export * from './uapi/mman.js';
export * from './uapi/reboot.js';
export * from './uapi/unistd.js';
export { new_utsname, type Uts } from './uts.js';

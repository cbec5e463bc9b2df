/** Public face of @kexec/machine. */
export type { KexecEngine } from '@kexec/kexec';
export { pageCopies } from '@kexec/kexec';
export { type BlockBackend, BlockError, SECTOR_BYTES, wholeSectors } from '@kexec/pc';
export { KexecError } from '@kexec/phys-mem';
export type { SupportRow } from '@kexec/x86-cpu';
export { supportTable } from '@kexec/x86-cpu';
export type { BiosMachine, BiosMachineOptions } from './bios-machine.js';
export { createBiosMachine } from './bios-machine.js';
export { CPU_MODEL_NAMES } from './cpu-models.js';
export type { MachineDisk } from './disks.js';
export type { Machine, MachineLoadOptions, MachineOptions, RestoreOptions } from './machine.js';
export { createMachine, restoreMachine } from './machine.js';
export type { MachineStop } from './machine-stop.js';
export { parseMemory } from './memory-size.js';
export type { PageRun, Snapshot } from './snapshot-file.js';
export { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from './snapshot-file.js';
export { KexecSyscallError } from './syscall-error.js';

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
export type { Position } from './debug/checkpoint.js';
export type { DebugPause, DebugStop } from './debug/debug-stop.js';
export type { DebugTarget } from './debug/debug-target.js';
export type { DebuggerOptions, ReturnPlace } from './debug/debugger.js';
export { Debugger } from './debug/debugger.js';
export { ReplayedOutput } from './debug/replayed-output.js';
export type { MachineDisk } from './disks.js';
export type { BootFailure, BootResult, BootStep, BootTestSpec } from './expect/boot-test.js';
export { BootTest, FAILURE_PATTERNS } from './expect/boot-test.js';
export { PlainText } from './expect/plain-text.js';
export type { DecompressedKernel, DecompressorOptions } from './extract/decompressed-kernel.js';
export { runDecompressor } from './extract/decompressed-kernel.js';
export type { ByteStream, GdbConnection } from './gdb/connection.js';
export type { GdbServerOptions } from './gdb/server.js';
export { GdbServer } from './gdb/server.js';
export type { Machine, MachineLoadOptions, MachineOptions, RestoreOptions } from './machine.js';
export { createMachine, restoreMachine } from './machine.js';
export type { MachineStop } from './machine-stop.js';
export { mapSvg } from './map/map-svg.js';
export { mapText } from './map/map-text.js';
export type { MapKind, MapRegion, PhysicalMap } from './map/physical-map.js';
export { physicalMap } from './map/physical-map.js';
export { parseMemory } from './memory-size.js';
export type { MonitorAnswer } from './monitor/monitor.js';
export { Monitor } from './monitor/monitor.js';
export { readSymbols, Symbols } from './monitor/symbols.js';
export { refuseRecord } from './record/record-lines.js';
export type { RecorderOptions } from './record/recorder.js';
export { Recorder } from './record/recorder.js';
export type { RecordEnd } from './record/replay.js';
export { Replay, recordedFuture } from './record/replay.js';
export type { RecordedEvent, RecordedMoment, RunRecord } from './record/run-record.js';
export { decodeRecord } from './record/run-record.js';
export type { PageRun, Snapshot } from './snapshot-file.js';
export { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from './snapshot-file.js';
export { KexecSyscallError } from './syscall-error.js';
export type { TracedExec, TracedPlan } from './trace/jump-trace.js';
export { JumpTrace } from './trace/jump-trace.js';
export type {
  ControlRegister,
  Instant,
  JumpDetail,
  JumpEvent,
  Milestone,
  Moment,
} from './trace/trace-event.js';
export { MILESTONES } from './trace/trace-event.js';
export type { TraceFormat, TraceOutcome, TraceWriter } from './trace/trace-format.js';
export { TRACE_FORMATS } from './trace/trace-format.js';

/** A machine's run and what is kept of it: the snapshot, the screen. */
import type { BiosMachine, Machine, ReplayedOutput } from '@kexec/machine';
import { DebuggedMachine, type GdbFlags } from '../debugged-machine.js';
import { replaceFile } from '../replace-file.js';
import { type RunFlags, runToEnd } from '../run-to-end.js';
import type { SerialOutput } from '../serial-output.js';

/** What of the command line says what is kept, and who may look. */
export interface KeepFlags extends RunFlags, GdbFlags {
  readonly screen?: boolean;
  /** The file that the machine goes into when its run ends. */
  readonly snapshotSave?: string;
}

/**
 * A run, under a debugger if the command line asks for one.
 *
 * @returns the exit code of the run
 */
export async function runDebugged(
  target: Machine | BiosMachine,
  serial: SerialOutput,
  flags: RunFlags & GdbFlags,
  outputs: readonly ReplayedOutput[],
): Promise<number> {
  if (flags.gdb === undefined && !flags.waitGdb) return runToEnd(target, serial, flags);
  const machine = await DebuggedMachine.open(target, flags, outputs);
  try {
    return await runToEnd(machine, serial, flags);
  } finally {
    await machine.close();
  }
}

/** @returns the exit code of the run */
export async function runMachine(machine: Machine, serial: SerialOutput, flags: KeepFlags): Promise<number> {
  const exitCode = await runDebugged(machine, serial, flags, [serial.output]);
  if (flags.snapshotSave !== undefined) replaceFile(flags.snapshotSave, machine.saveSnapshot());
  if (flags.screen) process.stdout.write(`${machine.pc.devices.vga.text()}\n`);
  return exitCode;
}

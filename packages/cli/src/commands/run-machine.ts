/** A machine's run and what is kept of it: the snapshot, the screen. */
import type { Machine } from '@kexec/machine';
import { replaceFile } from '../replace-file.js';
import { type RunFlags, runToEnd } from '../run-to-end.js';
import type { SerialOutput } from '../serial-output.js';

/** What of the command line says what is kept. */
export interface KeepFlags extends RunFlags {
  readonly screen?: boolean;
  /** The file that the machine goes into when its run ends. */
  readonly snapshotSave?: string;
}

/** @returns the exit code of the run */
export async function runMachine(machine: Machine, serial: SerialOutput, flags: KeepFlags): Promise<number> {
  const exitCode = await runToEnd(machine, serial, flags);
  if (flags.snapshotSave !== undefined) replaceFile(flags.snapshotSave, machine.saveSnapshot());
  if (flags.screen) process.stdout.write(`${machine.pc.devices.vga.text()}\n`);
  return exitCode;
}

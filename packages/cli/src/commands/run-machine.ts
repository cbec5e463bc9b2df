/** A machine's run and what is kept of it: the record, the snapshot, the screen. */
import type { BiosMachine, Machine } from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { DebuggedMachine } from '../debugged-machine.js';
import { EXIT } from '../exit-code.js';
import type { KexecFlags } from '../kexec-flags.js';
import { describePlan } from '../plan-text.js';
import { RecordedMachine } from '../recorded-machine.js';
import { replaceFile } from '../replace-file.js';
import { runToEnd } from '../run-to-end.js';
import type { SerialOutput } from '../serial-output.js';
import type { Start } from '../start-conditions.js';
import { type Started, startMachine } from '../start-machine.js';

/** Makes a machine and runs it. @returns the exit code of the run */
export async function runStart(start: Start, serial: SerialOutput, flags: KexecFlags): Promise<number> {
  const onPlan = flags.debug
    ? { onPlan: (plan: Parameters<typeof describePlan>[0]) => process.stderr.write(describePlan(plan)) }
    : {};
  return runMachine(startMachine(start, serial, { ...flags, ...onPlan }), start, serial, flags);
}

/**
 * Runs a machine, recorded or under a debugger if the command line asks for that.
 *
 * @param start - how it was made
 * @returns the exit code of the run
 */
export async function runMachine(
  started: Started,
  start: Start,
  serial: SerialOutput,
  flags: KexecFlags,
): Promise<number> {
  const exitCode = await run(started, start, serial, flags);
  keep(started.target, flags);
  return exitCode;
}

async function run(
  { target, outputs }: Started,
  start: Start,
  serial: SerialOutput,
  flags: KexecFlags,
): Promise<number> {
  if (flags.record !== undefined) {
    const machine = RecordedMachine.open(target, start, flags.record);
    try {
      return await runToEnd(machine, serial, flags);
    } finally {
      machine.close();
    }
  }
  if (flags.gdb === undefined && !flags.waitGdb) return runToEnd(target, serial, flags);
  return DebuggedMachine.during(target, flags, { outputs }, (machine) => runToEnd(machine, serial, flags));
}

/** What is left of a run that is over. */
export function keep(target: Machine | BiosMachine, { snapshotSave, screen }: KexecFlags): void {
  if (snapshotSave !== undefined) {
    if (!('saveSnapshot' in target)) {
      throw new CliError(EXIT.USAGE, 'USAGE', '--snapshot-save: a machine without a kernel is not saved', {
        remedy: 'Leave it out with --bios, and with the replay of such a run.',
      });
    }
    replaceFile(snapshotSave, target.saveSnapshot());
  }
  if (screen) process.stdout.write(`${target.pc.devices.vga.text()}\n`);
}

/** `kexec --replay FILE`: a recorded run again, compared with the record at every place that it names. */
import { decodeRecord, type RunRecord, recordedFuture, refuseRecord } from '@kexec/machine';
import { DebuggedMachine } from '../debugged-machine.js';
import { readFile } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import { endsByItself, ReplayedMachine } from '../replayed-machine.js';
import { runToEnd } from '../run-to-end.js';
import type { SerialOutput } from '../serial-output.js';
import { foundStart, type Start } from '../start-conditions.js';
import { startMachine } from '../start-machine.js';
import type { Console } from '../terminal.js';
import { VERSION } from '../version.js';
import { keep } from './run-machine.js';

/** Nobody types in a replay: all that was typed is in the record. */
const NO_CONSOLE: Console = { interactive: false, open: false, detach: () => undefined };

/**
 * Replays a run.
 *
 * @returns the exit code of the recorded run; 0 where the record was cut short
 * @throws KexecError `RECORD_…` when the run cannot be had again, or has become another
 */
export async function replayCommand(path: string, serial: SerialOutput, flags: KexecFlags): Promise<number> {
  const { record, start } = openRecord(path);
  const { target, outputs } = startMachine(start, serial, flags);
  const future = recordedFuture(record, target, endsByItself(record));
  const exitCode =
    flags.gdb === undefined && !flags.waitGdb
      ? await compared(new ReplayedMachine(target, record), record, serial, flags)
      : await DebuggedMachine.during(target, flags, { outputs, ...future }, (machine) =>
          runToEnd(machine, serial, flags, () => NO_CONSOLE),
        );
  keep(target, flags);
  return exitCode;
}

/** A record, and where its run begins. @throws KexecError `RECORD_…` */
export function openRecord(path: string): { readonly record: RunRecord; readonly start: Start } {
  const record = decodeRecord(readFile(path));
  if (record.program !== VERSION) {
    throw refuseRecord(
      'RECORD_VERSION',
      `${path} was recorded by kexec ${record.program}, and this is ${VERSION}: another version need not run the same`,
      'Use that version, or record the run again.',
    );
  }
  return { record, start: foundStart(record.conditions, path) };
}

async function compared(
  machine: ReplayedMachine,
  record: RunRecord,
  serial: SerialOutput,
  flags: KexecFlags,
): Promise<number> {
  const exitCode = await runToEnd(machine, serial, flags, () => NO_CONSOLE);
  if (!machine.isReplayed && record.end && !flags.json) {
    const { position, hash } = record.end;
    process.stderr.write(`kexec: the same end: ${position.icount} instructions, trace hash ${hash}\n`);
  }
  return exitCode;
}

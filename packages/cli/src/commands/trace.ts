/** `kexec trace FILE`: the jump step by step, and the new kernel's start up to where it runs init. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createElfGuest } from '@kexec/guests';
import {
  createMachine,
  JumpTrace,
  type Milestone,
  TRACE_FORMATS,
  type TraceFormat,
  type TraceOutcome,
} from '@kexec/machine';
import { EXIT } from '../exit-code.js';
import { readImage } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import { loadOptions, refuseOptions } from '../load-flags.js';
import type { RunStop } from '../run-stop.js';
import { untilStopped } from '../run-to-end.js';
import { machineOptions } from '../start-machine.js';
import { describeStop } from '../stop-report.js';
import type { Console } from '../terminal.js';
import { TraceOutput } from '../trace-output.js';
import { TracedMachine, TraceEar } from '../traced-machine.js';
import { listModels } from './kexec.js';

/** What the command takes besides the options of a load and a machine. */
export interface TraceFlags extends KexecFlags {
  readonly format: TraceFormat;
  readonly until: Milestone;
  /** A file instead of stdout. */
  readonly output?: string;
  /** The guest's serial line is heard, too. */
  readonly console?: boolean;
}

/** @returns the exit code: 5 when the new kernel panics, else what the end of the run calls for */
export async function traceCommand(file: string | undefined, flags: TraceFlags): Promise<number> {
  if (listModels(flags)) return EXIT.OK;
  refuseOptions(flags);
  const image = file === undefined ? createElfGuest() : readImage(file);
  const stream = flags.output === undefined ? process.stdout : createWriteStream(flags.output);
  const output = new TraceOutput(stream, ...(flags.console ? [process.stderr] : []));
  const writer = TRACE_FORMATS[flags.json ? 'json' : flags.format]();
  const ear = new TraceEar(writer, (text) => output.write(text), flags.until);
  const trace = new JumpTrace(ear.hear);
  const machine = createMachine({
    ...machineOptions(flags, output.console),
    onSerial: (byte) => {
      output.console.onByte(byte);
      trace.onByte(byte);
    },
  });
  const options = file === undefined ? DEMO : loadOptions(file, flags, machine);
  const plan = machine.load(image, { ...options, onCrash: flags.crash });
  trace.exec(machine, plan, { crash: flags.crash ?? false });
  const traced = new TracedMachine(machine, trace, ear);
  const stop = await untilStopped(traced, output, flags, () => NO_CONSOLE);
  const exitCode = tellEnd(stop, traced, ear, output);
  output.write(writer.end(outcomeOf(stop, ear, exitCode)));
  output.flush();
  await output.drained();
  if (stream !== process.stdout) await closed(stream);
  return exitCode;
}

const DEMO = { append: 'console=ttyS0' };

/** A trace is of the machine alone: nobody types. */
const NO_CONSOLE: Console = { interactive: false, open: false, detach: () => {} };

function tellEnd(stop: RunStop, traced: TracedMachine, ear: TraceEar, output: TraceOutput): number {
  const { lastLine } = output.console;
  if (stop.kind === 'traced' && ear.end === 'panic') {
    process.stderr.write(`kexec: the new kernel panics\n  last line on ttyS0: ${lastLine}\n`);
    return EXIT.GUEST_FAULT;
  }
  const { exitCode, message } = describeStop(stop, traced, lastLine);
  if (message !== undefined) process.stderr.write(`kexec: ${message}\n`);
  return exitCode;
}

/** What stands at the end of the trace. */
function outcomeOf({ kind }: RunStop, { end }: TraceEar, exitCode: number): TraceOutcome {
  return { exitCode, end: end ?? kind };
}

async function closed(stream: Writable): Promise<void> {
  stream.end();
  await finished(stream);
}

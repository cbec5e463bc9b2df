/** Runs a machine to its end, a slice at a time, with the console attached and every bound kept. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import pc from 'picocolors';
import { Arrivals } from './arrivals.js';
import { EXIT } from './exit-code.js';
import { Pace } from './pace.js';
import type { RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';
import type { SerialOutput } from './serial-output.js';
import { Slices } from './slices.js';
import { describeStop } from './stop-report.js';
import type { Console } from './terminal.js';
import { attachConsole, ESCAPE_HELP } from './terminal.js';

/** Bounds of a run, as the command line gives them. */
export interface RunFlags {
  readonly icountLimit?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Time on the clock between two looks at keys, signals and the time limit. */
const TURN_MS = 15;
/** The longest delay that setTimeout takes; it makes a longer one 1 ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Runs until the machine stops or the host stops it, and reports that.
 *
 * @param attach - attaches the console; replaced in tests
 * @returns the exit code that the end calls for
 * @throws what the serial line's reader failed with, unless it has merely gone away
 */
export async function runToEnd(
  machine: Runnable,
  serial: SerialOutput,
  flags: RunFlags,
  attach = attachConsole,
): Promise<number> {
  const first = machine.pc.cpu.icount;
  const stop = await untilStopped(machine, serial, flags, attach);
  await serial.drained();
  const end = describeStop(stop, machine, serial.lastLine);
  const instructions = machine.pc.cpu.icount - first;
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ schemaVersion: 1, exitCode: end.exitCode, stop, instructions })}\n`,
    );
  } else if (end.message) {
    process.stderr.write(`${end.exitCode === EXIT.OK ? 'kexec:' : pc.red('kexec:')} ${end.message}\n`);
  }
  return end.exitCode;
}

async function untilStopped(
  machine: Runnable,
  serial: SerialOutput,
  { timeout, icountLimit }: RunFlags,
  attach: typeof attachConsole,
): Promise<RunStop> {
  const arrivals = new Arrivals();
  const onSignal = (signal: NodeJS.Signals) =>
    arrivals.ask({ kind: 'interrupted', signal: signal === 'SIGTERM' ? signal : 'SIGINT' });
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => arrivals.ask({ kind: 'timeout' }), Math.min(timeout, MAX_TIMER_MS));
  const console = attach({
    input: (bytes) => {
      machine.input(bytes);
      arrivals.note();
    },
    end: () => arrivals.note(),
    command: () => arrivals.ask({ kind: 'escape' }),
  });
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (console.interactive) process.stderr.write(`${ESCAPE_HELP}\r\n`);
  try {
    return await turns(new Slices(machine, icountLimit), serial, arrivals, console);
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
    console.detach();
  }
}

/**
 * While somebody may type, time in HLT is slept: a guest that idles costs next to nothing. It is not while the guest
 * talks: at 9600 baud a driver that sends from its interrupt handler would make the user wait for every line.
 */
async function turns(
  slices: Slices,
  serial: SerialOutput,
  arrivals: Arrivals,
  console: Console,
): Promise<RunStop> {
  const pace = new Pace();
  for (;;) {
    arrivals.clear();
    const stop = slices.runFor(TURN_MS, console.open);
    const unslept = slices.takeUnslept();
    const sleeps = console.open && !serial.hasPending && unslept > 0;
    serial.flush();
    if (stop && stop.kind !== 'idle') return stop;
    await arrivals.unlessAsked(serial.drained());
    await nextTurn();
    if (stop && !arrivals.any) {
      if (!console.open) return stop;
      await arrivals.next();
    } else if (sleeps) {
      await arrivals.within(pace.sleepFor(unslept));
    }
    if (arrivals.asked) return arrivals.asked;
  }
}

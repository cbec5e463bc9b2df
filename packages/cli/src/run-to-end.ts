/** Runs a machine to its end, a slice at a time, with the console attached and every bound kept. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import pc from 'picocolors';
import { Arrivals } from './arrivals.js';
import { EXIT } from './exit-code.js';
import { Pace } from './pace.js';
import { ENDING_SIGNALS, type EndingSignal, type RunStop } from './run-stop.js';
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
  /** The guest's clock is never ahead of the host's. */
  readonly realtime?: boolean;
}

/** Where a run's output goes, at the pace of whoever reads it. */
export type RunOutput = Pick<SerialOutput, 'hasPending' | 'readerIsGone' | 'flush' | 'drained'>;

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
  machine.ended?.(stop);
  const end = describeStop(stop, machine, serial.lastLine);
  const instructions = machine.pc.cpu.icount - first;
  if (flags.json) {
    const result = { exitCode: end.exitCode, stop, instructions, traceHash: machine.pc.traceHash() };
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...result })}\n`);
  } else if (end.message) {
    process.stderr.write(`${end.exitCode === EXIT.OK ? 'kexec:' : pc.red('kexec:')} ${end.message}\n`);
  }
  return end.exitCode;
}

/** Runs until the machine stops or the host stops it. */
export async function untilStopped(
  machine: Runnable,
  serial: RunOutput,
  { timeout, icountLimit, realtime = false }: Omit<RunFlags, 'json'>,
  attach: typeof attachConsole,
): Promise<RunStop> {
  const arrivals = new Arrivals();
  const onSignal = (signal: EndingSignal) => arrivals.ask({ kind: 'interrupted', signal });
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => arrivals.ask({ kind: 'timeout' }), Math.min(timeout, MAX_TIMER_MS));
  machine.heed?.({ note: () => arrivals.note(), kill: () => arrivals.ask({ kind: 'killed' }) });
  const console = attach({
    input: (bytes) => {
      machine.input(bytes);
      arrivals.note();
    },
    end: () => arrivals.note(),
    command: () => arrivals.ask({ kind: 'escape' }),
  });
  for (const signal of ENDING_SIGNALS) process.on(signal, onSignal);
  if (console.interactive) process.stderr.write(`${ESCAPE_HELP}\r\n`);
  try {
    return await turns(new Slices(machine, { icountLimit, realtime }), serial, arrivals, console, machine);
  } finally {
    clearTimeout(timer);
    for (const signal of ENDING_SIGNALS) process.removeListener(signal, onSignal);
    console.detach();
  }
}

/**
 * While somebody may type, time in HLT is slept: a guest that idles costs next to nothing. It is not while the guest
 * talks: at 9600 baud a driver that sends from its interrupt handler would make the user wait for every line. In real
 * time all of the guest's time is slept, whatever it does.
 */
async function turns(
  slices: Slices,
  serial: RunOutput,
  arrivals: Arrivals,
  console: Console,
  machine: Runnable,
): Promise<RunStop> {
  const pace = new Pace();
  for (;;) {
    arrivals.clear();
    const stop = slices.runFor(TURN_MS, console.open);
    const unslept = slices.takeUnslept();
    const sleeps = unslept > 0 && (slices.realtime || (console.open && !serial.hasPending));
    serial.flush();
    if (stop && stop.kind !== 'idle' && stop.kind !== 'paused') return stop;
    await arrivals.unlessAsked(serial.drained());
    if (stop?.kind === 'paused') await arrivals.unlessAsked(machine.started?.() ?? Promise.resolve());
    await nextTurn();
    if (serial.readerIsGone) return arrivals.asked ?? { kind: 'reader-gone' };
    if (stop?.kind === 'idle' && !arrivals.any && !machine.isReplayed) {
      if (!console.open && !machine.isAttended) return stop;
      await arrivals.next();
    } else if (sleeps) {
      await arrivals.within(pace.sleepFor(unslept));
    }
    if (arrivals.asked) return arrivals.asked;
  }
}

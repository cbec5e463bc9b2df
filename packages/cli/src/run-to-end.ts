/** Runs a machine to its end, a slice at a time, with the console attached and every bound kept. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Machine } from '@kexec/machine';
import pc from 'picocolors';
import { EXIT } from './exit-code.js';
import type { HostStop, RunStop } from './run-stop.js';
import type { SerialOutput } from './serial-output.js';
import { describeStop } from './stop-report.js';
import { attachConsole, ESCAPE_HELP } from './terminal.js';

/** Bounds of a run, as the command line gives them. */
export interface RunFlags {
  readonly icountLimit?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Short enough that keys and signals are answered in some 20 ms. */
const SLICE_INSTRUCTIONS = 1_000_000;

/** @returns the exit code that the end calls for */
export async function runToEnd(machine: Machine, serial: SerialOutput, flags: RunFlags): Promise<number> {
  const first = machine.pc.cpu.icount;
  const stop = await untilStopped(machine, serial, flags);
  serial.flush();
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

async function untilStopped(machine: Machine, serial: SerialOutput, flags: RunFlags): Promise<RunStop> {
  let asked: HostStop | undefined;
  let wake: () => void = () => {};
  const ask = (kind: HostStop['kind']) => {
    asked ??= { kind };
    wake();
  };
  const onSignal = () => ask('interrupted');
  const timer = flags.timeout === undefined ? undefined : setTimeout(() => ask('timeout'), flags.timeout);
  const console = attachConsole({
    input: (bytes) => {
      machine.input(bytes);
      wake();
    },
    end: () => wake(),
    command: () => ask('escape'),
  });
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (console.interactive) process.stderr.write(`${ESCAPE_HELP}\r\n`);
  try {
    let left = flags.icountLimit ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const before = machine.pc.cpu.icount;
      const stop = machine.run({ instructions: Math.min(left, SLICE_INSTRUCTIONS) });
      left -= machine.pc.cpu.icount - before;
      serial.flush();
      await nextTurn();
      if (asked) return asked;
      if (stop.kind === 'idle' && console.open) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (asked) return asked;
      } else if (stop.kind !== 'budget') return stop;
      if (left <= 0) return { kind: 'icount-limit' };
    }
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
    console.detach();
  }
}

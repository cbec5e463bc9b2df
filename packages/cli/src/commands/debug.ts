/** `kexec debug`: a monitor on the terminal, from the jump on, in both directions. */
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type BiosMachine,
  Debugger,
  KexecError,
  type Machine,
  Monitor,
  readSymbols,
  recordedFuture,
  Symbols,
} from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { readFile } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import { checkDebug, checkReplay } from '../kexec-usage.js';
import { refuseOptions } from '../load-flags.js';
import { endsByItself } from '../replayed-machine.js';
import { SerialOutput } from '../serial-output.js';
import { type Start, startFlags } from '../start-conditions.js';
import { type Started, startMachine } from '../start-machine.js';
import { listModels } from './kexec.js';
import { openRecord } from './replay.js';

/** What the command takes besides the options of a load and a machine. */
export interface DebugFlags extends KexecFlags {
  /** Files with the new kernel's symbols. */
  readonly symbols?: readonly string[];
}

/** Some milliseconds. */
const SLICE_INSTRUCTIONS = 200_000;
const PROMPT = '(kexec) ';

/**
 * Reads commands until they end.
 *
 * @param file - the kernel; our own demo kernel when left out
 * @returns the exit code: 2 when a command of a script could not be followed
 */
export async function debugCommand(file: string | undefined, flags: DebugFlags): Promise<number> {
  if (listModels(flags)) return EXIT.OK;
  const serial = new SerialOutput(process.stdout);
  const started = flags.replay === undefined ? fresh(file, serial, flags) : replayed(file, serial, flags);
  const { target, ...options } = started;
  const held = new Debugger(target, { ...options, paused: true });
  return readCommands(new MonitoredRun(held, new Monitor(held, symbolsOf(target, flags)), serial, flags));
}

function fresh(file: string | undefined, serial: SerialOutput, flags: DebugFlags): Started {
  refuseOptions(flags);
  checkDebug(flags);
  const given = startFlags(flags);
  const start: Start =
    file === undefined
      ? { from: 'demo', name: 'elf', bare: true, flags: { append: 'console=ttyS0', ...given } }
      : { from: 'file', name: file, flags: given };
  return startMachine(start, serial, flags);
}

/** The machine of a record, and what reached it. */
function replayed(
  file: string | undefined,
  serial: SerialOutput,
  flags: DebugFlags,
): Started & ReturnType<typeof recordedFuture> {
  checkReplay(file, flags);
  const { record, start } = openRecord(flags.replay ?? '');
  const started = startMachine(start, serial, flags);
  return { ...started, ...recordedFuture(record, started.target, endsByItself(record)) };
}

/** The places of the jump, and what the user's files name. */
function symbolsOf(target: Machine | BiosMachine, flags: DebugFlags): Symbols {
  const symbols = new Symbols();
  for (const path of flags.symbols ?? []) symbols.add(symbolsIn(path));
  if (!('kexec' in target)) return symbols;
  symbols.add([['machine_kexec', target.pc.cpu.eip]]);
  const { image } = target.kexec;
  if (image) {
    symbols.add([
      ['relocate_new_kernel', image.controlCodePage],
      ['kernel_entry', image.start],
    ]);
  }
  return symbols;
}

/** @throws CliError `SYMBOLS` */
function symbolsIn(path: string): ReturnType<typeof readSymbols> {
  try {
    return readSymbols(readFile(path));
  } catch (error) {
    if (!(error instanceof KexecError)) throw error;
    const { remedy } = error;
    throw new CliError(
      EXIT.IO,
      error.code,
      `${path}: ${error.message}`,
      remedy === undefined ? {} : { remedy },
    );
  }
}

async function readCommands(run: MonitoredRun): Promise<number> {
  const { stdin, stdout } = process;
  const isInteractive = Boolean(stdin.isTTY && stdout.isTTY);
  const lines = createInterface({
    input: stdin,
    ...(isInteractive ? { output: stdout, prompt: PROMPT } : {}),
  });
  const interrupt = () => run.interrupt();
  process.on('SIGINT', interrupt);
  lines.on('SIGINT', interrupt);
  try {
    await run.tell(`${run.monitor.describeStop()}"help" lists the commands.\n`);
    if (isInteractive) lines.prompt();
    for await (const line of lines) {
      if (!(await run.command(line))) break;
      if (isInteractive) lines.prompt();
    }
  } finally {
    process.removeListener('SIGINT', interrupt);
    lines.close();
  }
  return run.isTimedOut ? EXIT.TIMEOUT : run.hasFailed && !isInteractive ? EXIT.USAGE : EXIT.OK;
}

/** A monitor, and the machine run as far as it says. */
class MonitoredRun {
  readonly monitor: Monitor;
  readonly #held: Debugger;
  readonly #serial: SerialOutput;
  readonly #end: number;
  readonly #deadline: number;
  hasFailed = false;
  isTimedOut = false;

  constructor(held: Debugger, monitor: Monitor, serial: SerialOutput, { icountLimit, timeout }: DebugFlags) {
    this.#held = held;
    this.monitor = monitor;
    this.#serial = serial;
    this.#end = held.timeline.position.icount + (icountLimit ?? Number.POSITIVE_INFINITY);
    this.#deadline = performance.now() + (timeout ?? Number.POSITIVE_INFINITY);
  }

  /** @returns whether there may be another */
  async command(line: string): Promise<boolean> {
    const { text, isDone, isOver } = this.monitor.run(line);
    if (!isDone) this.hasFailed = true;
    await this.tell(text);
    if (!this.#held.isRunning) return !isOver;
    await this.#run();
    await this.tell(this.monitor.describeStop());
    return !this.isTimedOut;
  }

  interrupt(): void {
    this.#held.interrupt();
  }

  /** Behind what the guest has said. */
  async tell(text: string): Promise<void> {
    this.#serial.flush();
    await this.#serial.drained();
    if (text !== '') process.stdout.write(text);
  }

  async #run(): Promise<void> {
    while (this.#held.isRunning) {
      const left = this.#end - this.#held.timeline.position.icount;
      if (left <= 0 || performance.now() > this.#deadline) {
        this.isTimedOut = true;
        this.#held.interrupt();
        await this.tell('The limit is reached.\n');
        return;
      }
      const stop = this.#held.advance({ instructions: Math.min(left, SLICE_INSTRUCTIONS) });
      this.#serial.flush();
      await this.#serial.drained();
      await nextTurn();
      if (stop.kind !== 'idle') continue;
      this.#held.interrupt();
      await this.tell('The CPU waits for an interrupt that only input can raise: "type" gives it some.\n');
    }
  }
}

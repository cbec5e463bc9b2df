/** A machine whose run goes into a file as it happens: `--record`. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type BiosMachine, type Machine, Recorder } from '@kexec/machine';
import { isOwnStop, recordedStop } from './recorded-stop.js';
import type { RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';
import { type Start, startConditions } from './start-conditions.js';
import { VERSION } from './version.js';

/** Every line is in the file as soon as it is known: a run that is killed leaves a record up to there. */
export class RecordedMachine implements Runnable {
  readonly pc: Machine['pc'];
  readonly #file: number;
  readonly #recorder: Recorder;

  private constructor(target: Machine | BiosMachine, conditions: unknown, path: string) {
    this.pc = target.pc;
    this.#file = openSync(path, 'w');
    this.#recorder = new Recorder(target, {
      program: VERSION,
      conditions,
      write: (line) => writeSync(this.#file, line),
    });
  }

  /** @throws CliError when the run could not be had again, Error of node:fs when the file cannot be written */
  static open(target: Machine | BiosMachine, start: Start, path: string): RecordedMachine {
    return new RecordedMachine(target, startConditions(start), path);
  }

  run(limit: Parameters<Runnable['run']>[0]): ReturnType<Runnable['run']> {
    return this.#recorder.run(limit);
  }

  input(bytes: Uint8Array): void {
    this.#recorder.input(bytes);
  }

  ended(stop: RunStop): void {
    this.#recorder.end(recordedStop(stop), isOwnStop(stop));
  }

  close(): void {
    closeSync(this.#file);
  }
}

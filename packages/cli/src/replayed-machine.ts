/** A machine that runs as a record says: `--replay`. */
import { type BiosMachine, type Machine, Replay, type RunRecord } from '@kexec/machine';
import { hostStop, isOwnStop, recordedStop, stopFields } from './recorded-stop.js';
import type { RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';

export class ReplayedMachine implements Runnable {
  readonly pc: Machine['pc'];
  readonly #replay: Replay;
  readonly #record: RunRecord;
  #stop: RunStop | undefined;

  /** @throws KexecError `RECORD_START` when the machine is another than the recorded one was */
  constructor(target: Machine | BiosMachine, record: RunRecord) {
    this.pc = target.pc;
    this.#record = record;
    this.#replay = new Replay(record, target, endsByItself(record));
  }

  /** Whether something of the record is still to come. */
  get isReplayed(): boolean {
    return this.#stop === undefined;
  }

  run(limit: Parameters<Runnable['run']>[0]): ReturnType<Runnable['run']> {
    const stop = this.#replay.run(limit);
    if (stop.kind === 'budget') return stop;
    this.#stop = stop.kind === 'record-end' ? hostStop(this.#record.end?.stop) : stop;
    return this.#stop;
  }

  /** Nobody types in a replay. */
  input(): void {}

  /** @throws KexecError `RECORD_DIVERGED` */
  ended(stop: RunStop): void {
    if (stop !== this.#stop) return;
    this.#replay.compareEnd(recordedStop(stop));
  }
}

/** Whether the recorded machine has stopped by itself. */
export function endsByItself({ end }: RunRecord): boolean {
  return isOwnStop(stopFields(end?.stop));
}

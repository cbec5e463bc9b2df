/** Replaying a record: what came from outside comes again at its places, and every place is compared. */
import type { Pc, PcLimit } from '@kexec/pc';
import type { DebugTarget } from '../debug/debug-target.js';
import { type OutsideEvent, Timeline, type TimelineOptions } from '../debug/timeline.js';
import type { MachineStop } from '../machine-stop.js';
import { refuseRecord } from './record-lines.js';
import { endOf, type RecordedMoment, type RunRecord } from './run-record.js';
import { traceDigest } from './trace-digest.js';

/** How a replayed run ends by itself: where its record does, though the machine has not stopped. */
export interface RecordEnd {
  readonly kind: 'record-end';
}

const OTHER_RUN =
  'The same files and the same version of the program give the same run; if nothing has changed, this is a bug in kexec.';

/**
 * What a debugger is given so that a recorded run comes again, and ends where it did.
 *
 * @param ownEnd - the machine has stopped by itself at the record's end
 */
export function recordedFuture(
  record: RunRecord,
  target: DebugTarget,
  ownEnd: boolean,
): Required<Pick<TimelineOptions, 'events' | 'until'>> {
  const events = record.events.flatMap(({ position, input }): OutsideEvent[] =>
    input ? [{ position, apply: () => target.input(input) }] : [],
  );
  return { events, until: ownEnd ? undefined : endOf(record) };
}

/** A machine that runs as its record says. */
export class Replay {
  readonly pc: Pc;
  readonly #record: RunRecord;
  readonly #timeline: Timeline;

  /**
   * @param ownEnd - the machine has stopped by itself at the record's end
   * @throws KexecError `RECORD_START` when the machine is not as it was when the record began
   */
  constructor(record: RunRecord, target: DebugTarget, ownEnd: boolean) {
    this.pc = target.pc;
    this.#record = record;
    const events = record.events.map((event): OutsideEvent => {
      const { position, input } = event;
      return {
        position,
        apply: () => {
          this.#compare(event, traceDigest(this.pc));
          if (input) target.input(input);
        },
      };
    });
    const until = ownEnd ? undefined : endOf(record);
    this.#timeline = new Timeline(target, [], { maxCheckpoints: 0, events, until });
    const { start } = record;
    const hash = this.pc.traceHash();
    if (hash === start.hash) return;
    throw refuseRecord(
      'RECORD_START',
      `the machine at the start has trace hash ${hash}, the recorded one had ${start.hash}`,
      OTHER_RUN,
    );
  }

  /** Whether the run has yet to come to the end of its record. */
  get isUnderWay(): boolean {
    return !this.#timeline.isAtEnd;
  }

  /** @throws KexecError `RECORD_DIVERGED` with the place */
  run(limit: PcLimit): MachineStop | RecordEnd {
    const stop = this.#timeline.run(limit);
    if (stop.kind !== 'budget') return stop;
    if (this.#timeline.position.time > endOf(this.#record).time)
      throw this.#diverged('it goes on where the recorded run ended');
    if (!this.#timeline.isAtEnd) return stop;
    this.#timeline.settle();
    return { kind: 'record-end' };
  }

  /**
   * Compares the end of the run with the record's, unless the record was cut short.
   *
   * @param stop - as it was recorded
   * @throws KexecError `RECORD_DIVERGED`
   */
  compareEnd(stop: unknown): void {
    const { end } = this.#record;
    if (!end) return;
    this.#compare(end, this.pc.traceHash());
    const [now, then] = [JSON.stringify(stop), JSON.stringify(end.stop)];
    if (now !== then) throw this.#diverged(`it stopped as ${now}, the recorded run as ${then}`);
  }

  #compare({ position, hash }: RecordedMoment, now: string): void {
    const { icount, time } = this.#timeline.position;
    if (icount !== position.icount || time !== position.time) {
      throw this.#diverged(
        `at ${icount} instructions and ${time} ns, where the recorded run was at ${position.icount} and ${position.time}`,
      );
    }
    if (now !== hash) throw this.#diverged(`its trace hash is ${now}, the recorded run's was ${hash}`);
  }

  #diverged(what: string): Error {
    const { icount } = this.#timeline.position;
    return refuseRecord(
      'RECORD_DIVERGED',
      `the replay has become another run, before instruction ${icount}: ${what}`,
      OTHER_RUN,
    );
  }
}

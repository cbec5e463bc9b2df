/** The record of a run: how the machine was made, what reached it from outside and where, and how it ended. */
import type { Position } from '../debug/checkpoint.js';
import { checkedLines, refuseRecord } from './record-lines.js';

/** The first word of a record. */
export const RECORD_WORD = 'kexec-record';
/** Version written, and the only one read. */
export const RECORD_VERSION = 1;

/** A place in a run, and what the run has done up to there. */
export interface RecordedMoment {
  readonly position: Position;
  /** 16 digits: for `start` and `end` the trace hash, else that of the events alone. */
  readonly hash: string;
}

/** What came from outside; a mark has no bytes. */
export interface RecordedEvent extends RecordedMoment {
  /** Typed on ttyS0. */
  readonly input: Uint8Array | undefined;
}

/** A run as it was recorded. */
export interface RunRecord {
  /** The version of the program that recorded it. */
  readonly program: string;
  readonly start: RecordedMoment;
  /** What the recording program wants to know to make the machine again: any JSON value. */
  readonly conditions: unknown;
  readonly events: readonly RecordedEvent[];
  /** Undefined when the record was cut short: the run was killed, or is not over. `stop` is the recording program's. */
  readonly end: (RecordedMoment & { readonly stop: unknown }) | undefined;
}

/** Where a record ends. */
export function endOf({ start, events, end }: RunRecord): Position {
  return (end ?? events.at(-1) ?? start).position;
}

/**
 * Reads a record.
 *
 * @throws KexecError `RECORD_FORMAT`, `RECORD_VERSION` or `RECORD_CHECKSUM`
 */
export function decodeRecord(file: Uint8Array): RunRecord {
  const text = new TextDecoder().decode(file);
  if (!text.startsWith(`${RECORD_WORD} `)) {
    throw refuseRecord('RECORD_FORMAT', `not a record: it does not begin with "${RECORD_WORD}"`);
  }
  const version = /^\S+ (\S*)/.exec(text)?.[1];
  if (version !== `${RECORD_VERSION}`) {
    throw refuseRecord(
      'RECORD_VERSION',
      `record version ${version}; this program reads version ${RECORD_VERSION}`,
    );
  }
  const [head = '', start, ...rest] = checkedLines(text).map((line, at) => new Fields(line, at + 1));
  if (!head || start?.word !== 'start')
    throw refuseRecord('RECORD_FORMAT', 'the record is cut short before its "start"');
  const last = rest.at(-1);
  const end = last?.word === 'end' ? last : undefined;
  const events = end ? rest.slice(0, -1) : rest;
  return {
    program: head.text(2),
    start: start.moment(),
    conditions: start.json(),
    events: events.map((line) => ({ ...line.moment(), input: line.input() })),
    end: end && { ...end.moment(), stop: end.json() },
  };
}

/** A line: `word icount nanoseconds hash rest`. */
class Fields {
  readonly word: string;
  readonly #fields: readonly string[];
  readonly #number: number;

  constructor(line: string, number: number) {
    // JSON may have spaces in it.
    const [, word = '', icount = '', time = '', hash = '', rest = ''] =
      /^(\S+) (\S+) (\S+) ?(\S*) ?(.*)$/.exec(line) ?? [];
    this.word = word;
    this.#fields = [word, icount, time, hash, rest];
    this.#number = number;
  }

  text(at: number): string {
    return this.#fields[at] ?? '';
  }

  moment(): RecordedMoment {
    const [icount, time] = [Number(this.text(1)), Number(this.text(2))];
    const isPlace = Number.isSafeInteger(icount) && Number.isSafeInteger(time) && icount >= 0 && time >= 0;
    if (!isPlace) throw this.#refuse('has no place');
    return { position: { icount, time }, hash: this.text(3) };
  }

  json(): unknown {
    try {
      return JSON.parse(this.text(4));
    } catch {
      throw this.#refuse('has no JSON at its end');
    }
  }

  input(): Uint8Array | undefined {
    if (this.word === 'mark') return undefined;
    const digits = this.text(4);
    if (this.word !== 'input' || !/^([0-9a-f]{2})+$/.test(digits)) throw this.#refuse('says nothing known');
    return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  }

  #refuse(what: string): Error {
    return refuseRecord('RECORD_FORMAT', `line ${this.#number} of the record, "${this.word}", ${what}`);
  }
}

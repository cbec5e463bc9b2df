/** Recording a run: what reaches the machine goes through here, and is written down with its place. */
import type { Pc, PcLimit } from '@kexec/pc';
import type { DebugTarget } from '../debug/debug-target.js';
import { Timeline } from '../debug/timeline.js';
import type { MachineStop } from '../machine-stop.js';
import { LineWriter } from './record-lines.js';
import { RECORD_VERSION, RECORD_WORD } from './run-record.js';
import { traceDigest } from './trace-digest.js';

/** A record without an end is good up to the last line: so far apart are its lines at most, if somebody runs the machine. */
const MARK_INSTRUCTIONS = 20_000_000;

/** What a record begins with. */
export interface RecorderOptions {
  /** The version of the program that records. */
  readonly program: string;
  /** What it takes to make the machine again: any JSON value. */
  readonly conditions: unknown;
  /** Gets each line, with its newline. */
  readonly write: (line: string) => void;
}

/** A machine whose run is recorded. It must be made before the run, and nobody may get past it. */
export class Recorder {
  readonly pc: Pc;
  readonly #target: DebugTarget;
  readonly #timeline: Timeline;
  readonly #lines: LineWriter;
  #marked: number;

  constructor(target: DebugTarget, { program, conditions, write }: RecorderOptions) {
    this.pc = target.pc;
    this.#target = target;
    this.#timeline = new Timeline(target, [], { maxCheckpoints: 0 });
    this.#lines = new LineWriter(write);
    this.#lines.line(RECORD_WORD, RECORD_VERSION, program);
    this.#moment('start', target.pc.traceHash(), JSON.stringify(conditions));
    this.#marked = target.pc.cpu.icount;
  }

  run(limit: PcLimit): MachineStop {
    const stop = this.#timeline.run(limit);
    const isFar = this.pc.cpu.icount - this.#marked >= MARK_INSTRUCTIONS;
    if (stop.kind === 'budget' && isFar) this.#timeline.outside(() => this.#event('mark'));
    return stop;
  }

  /** Bytes typed on ttyS0. */
  input(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#timeline.outside(() => {
      this.#event('input', Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
      this.#target.input(bytes);
    });
  }

  /**
   * The run is over.
   *
   * @param stop - any JSON value
   * @param isOwn - the machine has stopped by itself, and not somebody outside
   */
  end(stop: unknown, isOwn: boolean): void {
    // As a replay comes to this place, which it is told.
    if (!isOwn) this.#timeline.settle();
    this.#moment('end', this.pc.traceHash(), JSON.stringify(stop));
  }

  #event(word: string, ...rest: readonly string[]): void {
    this.#marked = this.pc.cpu.icount;
    this.#moment(word, traceDigest(this.pc), ...rest);
  }

  #moment(word: string, hash: string, ...rest: readonly string[]): void {
    const { icount, time } = this.#timeline.position;
    this.#lines.line(word, icount, time, hash, ...rest);
  }
}

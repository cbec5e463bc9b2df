/** A run that can be gone through in both directions: checkpoints, and what came from outside, to run again from them. */
import type { PcLimit } from '@kexec/pc';
import { PAGE_SIZE } from '@kexec/phys-mem';
import type { MachineStop } from '../machine-stop.js';
import {
  type Checkpoint,
  isBefore,
  isReversible,
  type Position,
  positionOf,
  restoreCheckpoint,
  takeCheckpoint,
} from './checkpoint.js';
import type { DebugTarget } from './debug-target.js';
import type { ReplayedOutput } from './replayed-output.js';

/** What somebody outside did to the machine: typed, or wrote to memory. */
export interface OutsideEvent {
  readonly position: Position;
  apply(): void;
}

/** A moment kept by name: everything that it takes to go on from there. */
export interface SavedMoment {
  readonly checkpoint: Checkpoint;
  readonly checkpoints: readonly Checkpoint[];
  readonly events: readonly OutsideEvent[];
  readonly isRecorded: boolean;
  readonly until: Position | undefined;
}

/** How much of a run is kept, and what is known of it beforehand. */
export interface TimelineOptions {
  /** Checkpoints at most; then every second is given up, and the next come half as often. */
  readonly maxCheckpoints?: number;
  /** Bytes of RAM that they may hold between them. */
  readonly maxBytes?: number;
  /** Instructions between the first two. */
  readonly interval?: number;
  /** What will come from outside, of a run that was recorded; in the order of its places. */
  readonly events?: readonly OutsideEvent[];
  /** Where that run ended. This one goes no further, unless somebody changes it. */
  readonly until?: Position | undefined;
}

const MAX_CHECKPOINTS = 32;
const MAX_BYTES = 0x2000_0000;
const INTERVAL = 20_000_000;
/** A seek that has further to run leaves a checkpoint this near to its end: the next seek often goes just before it. */
const NEAR = 100_000;

/** The run of one machine, from the first checkpoint on. Runs are deterministic, so that a place is found again by its count. */
export class Timeline {
  readonly #target: DebugTarget;
  readonly #outputs: readonly ReplayedOutput[];
  readonly #maxCheckpoints: number;
  readonly #maxBytes: number;
  #interval: number;
  #checkpoints: Checkpoint[] = [];
  #near: Checkpoint | undefined;
  #events: OutsideEvent[] = [];
  /** How many of them have come at this moment. */
  #come = 0;
  /** Whether the events that have not come are those of a record. */
  #isRecorded = false;
  #until: Position | undefined;
  /** What ended a run before its caller could be told. */
  #pending: MachineStop | undefined;
  readonly isReversible: boolean;

  constructor(target: DebugTarget, outputs: readonly ReplayedOutput[] = [], options: TimelineOptions = {}) {
    this.#target = target;
    this.#outputs = outputs;
    this.#maxCheckpoints = options.maxCheckpoints ?? MAX_CHECKPOINTS;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#interval = options.interval ?? INTERVAL;
    this.isReversible = isReversible(target) && this.#maxCheckpoints > 0;
    this.restart();
    this.#events = [...(options.events ?? [])];
    this.#isRecorded = options.events !== undefined;
    this.#until = options.until;
  }

  get position(): Position {
    return positionOf(this.#target);
  }

  /** The earliest moment that can be gone back to. */
  get start(): Position {
    return this.#checkpoints[0]?.position ?? this.position;
  }

  /** Whether what comes from outside is what came to a recorded run. */
  get isRecorded(): boolean {
    return this.#isRecorded;
  }

  /** Whether the run is where the recorded one ended. */
  get isAtEnd(): boolean {
    const isThere = this.#until !== undefined && !isBefore(this.position, this.#until);
    return isThere && this.#come === this.#events.length;
  }

  /** Forgets the past. */
  restart(): void {
    this.#checkpoints = [];
    this.#near = undefined;
    this.#events = [];
    this.#leaveRecord();
    this.#come = 0;
    if (this.isReversible) this.#checkpoints.push(this.#take());
  }

  /**
   * Does something to the machine, now, and again whenever this moment is run through. In the past it gives up the
   * future that was.
   */
  outside(apply: () => void): void {
    const position = this.settle();
    this.#events.length = this.#come;
    this.#leaveRecord();
    this.#events.push({ position, apply });
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => !isBefore(position, checkpoint.position));
    if (this.#near && isBefore(position, this.#near.position)) this.#near = undefined;
    for (const output of this.#outputs) output.diverge();
    this.#come++;
    apply();
  }

  /** Runs forward until something stops the machine or a limit is reached; what came from outside comes again. */
  run({ instructions = Number.POSITIVE_INFINITY, ...limit }: PcLimit): MachineStop {
    this.#applyDue();
    if (this.#pending) return this.#takePending();
    this.#checkpointWhenDue();
    const { icount, time } = this.position;
    const { nanoseconds = Number.POSITIVE_INFINITY } = limit;
    const next = this.#events[this.#come]?.position ?? this.#until;
    const stop = this.#target.run({
      ...limit,
      instructions: Math.min(instructions, this.#nextCheckpoint - icount),
      nanoseconds: Math.min(nanoseconds, (next?.time ?? Number.POSITIVE_INFINITY) - time),
    });
    // A CPU that waits for what will come is not idle.
    return stop.kind === 'idle' && next ? { kind: 'budget' } : stop;
  }

  /**
   * Brings the machine to the boundary between two instructions, with everything delivered that is due there: so a
   * place looks the same however it was come to.
   */
  settle(): Position {
    const stop = this.#target.run({ instructions: 0 });
    if (stop.kind !== 'budget') this.#pending ??= stop;
    const delivered = this.#target.pc.cpu.run(0);
    if (delivered.kind === 'watchpoint' || delivered.kind === 'triple-fault') this.#pending ??= delivered;
    return this.position;
  }

  /** Goes to a place of this run; yields between slices. Breakpoints must be out of the way. */
  *seek(to: Position): Generator<void, void> {
    yield* this.#approach(to);
    yield* this.#runWhile(() => ({ nanoseconds: to.time - this.position.time }));
    this.settle();
    this.#applyDue();
  }

  /** Goes to where so many instructions had retired. */
  *seekCount(icount: number): Generator<void, void> {
    yield* this.#approach({ icount, time: Number.POSITIVE_INFINITY });
    yield* this.#runWhile(() => ({ instructions: icount - this.position.icount }));
    this.settle();
    this.#applyDue();
  }

  /** Goes to the last checkpoint before a place. @returns undefined when there is none */
  seekCheckpointBefore(place: Position): Position | undefined {
    const checkpoint = this.#checkpoints.findLast(({ position }) => isBefore(position, place));
    if (checkpoint) this.#restore(checkpoint);
    return checkpoint?.position;
  }

  /** Keeps this moment. */
  save(): SavedMoment {
    this.settle();
    return {
      checkpoint: this.#take(),
      checkpoints: this.#checkpoints.filter(({ position }) => isBefore(position, this.position)),
      events: this.#isRecorded ? [...this.#events] : this.#events.slice(0, this.#come),
      isRecorded: this.#isRecorded,
      until: this.#until,
    };
  }

  /** Goes back to a moment that was kept; what was done since is given up. */
  load({ checkpoint, checkpoints, events, isRecorded, until }: SavedMoment): void {
    this.#checkpoints = [...checkpoints, checkpoint];
    this.#events = [...events];
    this.#isRecorded = isRecorded;
    this.#until = until;
    this.#near = undefined;
    this.#restore(checkpoint);
    for (const output of this.#outputs) output.diverge();
  }

  /** Goes to somewhere before a place from which it can be run to, and leaves a checkpoint near it. */
  *#approach(to: Position): Generator<void, void> {
    const from = this.#before(to);
    if (!from) return;
    const { icount, time } = this.position;
    if (icount > to.icount || time > to.time || time < from.position.time || icount === to.icount)
      this.#restore(from);
    if (to.icount - this.position.icount < 2 * NEAR) return;
    yield* this.#runWhile(() => ({ instructions: to.icount - NEAR - this.position.icount }));
    this.settle();
    this.#near = this.#take();
  }

  /** Runs while there is something left to run. */
  *#runWhile(left: () => PcLimit): Generator<void, void> {
    for (let idle = 0; idle < 2; ) {
      const { instructions = SLICE_INSTRUCTIONS, nanoseconds = Number.POSITIVE_INFINITY } = left();
      if (instructions <= 0 || nanoseconds <= 0) return;
      const { time } = this.position;
      this.run({ instructions: Math.min(instructions, SLICE_INSTRUCTIONS), nanoseconds });
      // Once, what was told of already ends the run; twice, the machine goes no further.
      idle = this.position.time === time ? idle + 1 : 0;
      yield;
    }
  }

  /** What comes from outside at this very moment, comes. */
  #applyDue(): void {
    for (;;) {
      const event = this.#events[this.#come];
      if (!event || isBefore(this.position, event.position)) return;
      this.settle();
      this.#come++;
      event.apply();
    }
  }

  /** Another future begins. */
  #leaveRecord(): void {
    this.#isRecorded = false;
    this.#until = undefined;
  }

  #takePending(): MachineStop {
    const stop = this.#pending ?? { kind: 'stop' };
    this.#pending = undefined;
    return stop;
  }

  /** The count at which the next checkpoint is due. */
  get #nextCheckpoint(): number {
    const last = this.#checkpoints.at(-1)?.position.icount;
    return last === undefined ? Number.POSITIVE_INFINITY : last + this.#interval;
  }

  #checkpointWhenDue(): void {
    if (this.#target.pc.cpu.icount < this.#nextCheckpoint) return;
    this.settle();
    this.#checkpoints.push(this.#take());
    while (this.#checkpoints.length > this.#maxCheckpoints || this.#holdsTooMuch()) {
      if (this.#checkpoints.length <= 2) return;
      this.#checkpoints = this.#checkpoints.filter((_, nth) => nth % 2 === 0);
      this.#interval *= 2;
    }
  }

  #holdsTooMuch(): boolean {
    const held = new Set<Int32Array>();
    for (const { ram } of this.#checkpoints) ram.collect(held);
    return held.size * PAGE_SIZE > this.#maxBytes;
  }

  #take(): Checkpoint {
    const earlier = this.#before(this.position)?.ram;
    return takeCheckpoint(this.#target, this.#come, this.#outputs, earlier);
  }

  /** The last checkpoint at or before a place, of which one of the two may be unknown: Infinity. */
  #before({ icount, time }: Position): Checkpoint | undefined {
    const isEarlier = ({ position }: Checkpoint) => position.icount <= icount && position.time <= time;
    const found = this.#checkpoints.findLast(isEarlier);
    const near = this.#near;
    return near && isEarlier(near) && (!found || isBefore(found.position, near.position)) ? near : found;
  }

  #restore(checkpoint: Checkpoint): void {
    this.#pending = undefined;
    this.#come = checkpoint.events;
    restoreCheckpoint(this.#target, checkpoint, this.#outputs);
  }
}

/** Some milliseconds at most. */
const SLICE_INSTRUCTIONS = 1_000_000;

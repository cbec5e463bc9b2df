/** Finding the last stop before a moment: the run again from each checkpoint before it, the latest first. */
import type { MachineStop } from '../machine-stop.js';
import type { Position } from './checkpoint.js';
import type { DebugStop } from './debug-stop.js';
import type { Timeline } from './timeline.js';

/** A stop that a run went through. */
export interface PastStop {
  readonly stop: DebugStop;
  /** Where the machine is to stand; without it, the count tells. */
  readonly at: Position | undefined;
  readonly icount: number;
}

/** Some milliseconds at most. */
const SLICE_INSTRUCTIONS = 1_000_000;

/**
 * Goes back from the moment at which the machine is, with breakpoints armed.
 *
 * @returns the last stop before it; undefined when there was none, and the machine is then somewhere in its past
 */
export function* findStopBefore(timeline: Timeline): Generator<void, PastStop | undefined> {
  const from = timeline.settle();
  let end = from;
  for (;;) {
    const start = timeline.seekCheckpointBefore(end);
    if (!start) return undefined;
    const found = yield* lastStop(timeline, end, from);
    if (found) return found;
    end = start;
  }
}

/** Runs to `end` and keeps the last stop that lies before `from`. */
function* lastStop(timeline: Timeline, end: Position, from: Position): Generator<void, PastStop | undefined> {
  const first = timeline.position.icount;
  let last: PastStop | undefined;
  for (let idle = 0; idle < 2; ) {
    const { time } = timeline.position;
    if (time >= end.time) return last;
    const stop = timeline.run({ instructions: SLICE_INSTRUCTIONS, nanoseconds: end.time - time });
    const passed = pastStop(stop, timeline, first);
    if (passed && (passed.at ? passed.at.time < from.time : passed.icount < from.icount)) last = passed;
    idle = timeline.position.time === time && !passed ? idle + 1 : 0;
    yield;
  }
  return last;
}

/** A breakpoint stops where its instruction is to be executed next; so does a watchpoint, of the instruction that met it. */
function pastStop(stop: MachineStop, timeline: Timeline, first: number): PastStop | undefined {
  if (stop.kind !== 'breakpoint' && stop.kind !== 'watchpoint') return undefined;
  const at = timeline.settle();
  if (stop.kind === 'breakpoint') return { stop, at, icount: at.icount };
  return { stop, at: undefined, icount: Math.max(first, at.icount - 1) };
}

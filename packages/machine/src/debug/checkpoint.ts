/** A machine as it was at one moment, to go back to in place: CPU, devices, RAM, disks. */
import { OverlayBlocks, type OverlayState, type PcState } from '@kexec/pc';
import type { DebugTarget } from './debug-target.js';
import { RamPages } from './ram-pages.js';
import type { ReplayedOutput } from './replayed-output.js';

/** A place in a run. Time alone tells it: every instruction takes some, and a halted CPU lets it pass. */
export interface Position {
  /** Instructions retired. */
  readonly icount: number;
  /** Nanoseconds on the machine's clock. */
  readonly time: number;
}

export interface Checkpoint {
  readonly position: Position;
  /** How many of the events that came from outside had come. */
  readonly events: number;
  readonly pc: PcState;
  readonly ram: RamPages;
  readonly disks: readonly (OverlayState | undefined)[];
  readonly sent: readonly number[];
}

/** Where a machine is. */
export function positionOf({ pc }: DebugTarget): Position {
  return { icount: pc.cpu.icount, time: pc.clock.now() };
}

/** Whether `a` is before `b`. */
export function isBefore(a: Position, b: Position): boolean {
  return a.time < b.time;
}

/** Whether all that a machine has written can be taken back: a disk that writes to a file cannot. */
export function isReversible({ disks }: DebugTarget): boolean {
  return disks.every(({ backend }) => backend instanceof OverlayBlocks);
}

/**
 * Takes a checkpoint. The TLB is emptied, as it will be when the machine comes back here: what it holds is no part of
 * the state, but decides which accessed bits are set.
 *
 * @param earlier - pages of an earlier checkpoint, to be shared where they are the same
 */
export function takeCheckpoint(
  target: DebugTarget,
  events: number,
  outputs: readonly ReplayedOutput[],
  earlier: RamPages | undefined,
): Checkpoint {
  const { pc, disks } = target;
  pc.cpu.flushTlb();
  return {
    position: positionOf(target),
    events,
    pc: pc.saveState(),
    ram: RamPages.take(pc.mem, earlier),
    disks: disks.map(({ backend }) => (backend instanceof OverlayBlocks ? backend.saveState() : undefined)),
    sent: outputs.map((output) => output.sent),
  };
}

/** Puts the machine back to where it was. */
export function restoreCheckpoint(
  { pc, disks }: DebugTarget,
  checkpoint: Checkpoint,
  outputs: readonly ReplayedOutput[],
): void {
  checkpoint.ram.restore(pc.mem);
  pc.loadState(checkpoint.pc);
  disks.forEach(({ backend }, nth) => {
    const state = checkpoint.disks[nth];
    if (backend instanceof OverlayBlocks && state) backend.loadState(state);
  });
  outputs.forEach((output, nth) => {
    output.rewind(checkpoint.sent[nth] ?? 0);
  });
}

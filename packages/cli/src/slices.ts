/** A run in slices: the host's clock is looked at between them, and never decides where they end. */
import type { DebugPause } from '@kexec/machine';
import type { HostStop, RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';

/** Some milliseconds even for a guest that does nothing but poll a port. */
const SLICE_INSTRUCTIONS = 50_000;
/** As in pc.run: a HLT that lasts longer can only be ended by input. */
const IDLE_NS = 60_000_000_000;

/** What is slept lasts as long for the user as for the guest, to this precision. Longer, and a prompt would come late. */
const PACE_NS = 50_000_000;

/** Why slices end before their time is up. */
export type SliceStop = Exclude<RunStop, { kind: 'budget' }> | DebugPause;

/** What a run is bound by. */
export interface SliceSettings {
  readonly icountLimit?: number | undefined;
  readonly realtime?: boolean;
}

/** The slices of one run. */
export class Slices {
  readonly #machine: Runnable;
  #left: number;
  #haltedNs = 0;
  /** Whether all of the guest's time is to be slept, not only that in HLT. */
  readonly realtime: boolean;
  /** Up to where time has been slept on the host's clock. */
  #sleptNs: number;

  /** @param icountLimit - instructions that the whole run may retire */
  constructor(
    machine: Runnable,
    { icountLimit = Number.POSITIVE_INFINITY, realtime = false }: SliceSettings = {},
  ) {
    this.#machine = machine;
    this.#left = icountLimit;
    this.realtime = realtime;
    this.#sleptNs = this.#sleepableNs;
  }

  /** Time that has not been slept yet, in milliseconds; the caller sleeps it now, or not at all. */
  takeUnslept(): number {
    const sleepableNs = this.#sleepableNs;
    const unslept = sleepableNs - this.#sleptNs;
    this.#sleptNs = sleepableNs;
    return unslept / 1e6;
  }

  get #sleepableNs(): number {
    const { clock, haltedNanoseconds } = this.#machine.pc;
    return this.realtime ? clock.now() : haltedNanoseconds;
  }

  /**
   * Runs slices for so long on the host's clock, and at least one.
   *
   * @param paced - stop early when there is time to be slept; always so in real time
   * @returns why the run stopped; undefined when only this time is up
   */
  runFor(milliseconds: number, paced = false): SliceStop | undefined {
    const haltedNanoseconds = paced || this.realtime ? PACE_NS : Number.POSITIVE_INFINITY;
    const end = performance.now() + milliseconds;
    do {
      if (this.#left <= 0) return LIMIT_REACHED;
      const stop = this.#slice(haltedNanoseconds);
      if (stop.kind !== 'budget') return stop;
      if (this.#sleepableNs - this.#sleptNs >= haltedNanoseconds) return undefined;
    } while (performance.now() < end);
    return undefined;
  }

  #slice(haltedNanoseconds: number): RunStop | DebugPause {
    const { cpu, clock } = this.#machine.pc;
    const icount = cpu.icount;
    const since = clock.now();
    const instructions = Math.min(this.#left, SLICE_INSTRUCTIONS);
    const stop = this.#machine.run({ instructions, haltedNanoseconds });
    this.#left -= cpu.icount - icount;
    // A masked timer ticks on during HLT and each tick counts as an instruction, so that a slice can end before
    // pc.run has seen enough ticks to call the CPU idle.
    this.#haltedNs = cpu.icount === icount ? this.#haltedNs + clock.now() - since : 0;
    if (stop.kind !== 'budget' || this.#haltedNs < IDLE_NS) return stop;
    this.#haltedNs = 0;
    return { kind: 'idle' };
  }
}

const LIMIT_REACHED: HostStop = { kind: 'icount-limit' };

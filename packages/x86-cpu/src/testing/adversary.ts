/** Random bytes from random states in every mode: what a hostile guest may do to the CPU, in a bounded run. */
import type { TierPolicy } from '../jit/policy.js';
import { CPU_MODELS, type CpuModelName } from '../model.js';
import type { StopReason } from '../run-state.js';
import { layOutMemory, RAM_BYTES } from './adversary-memory.js';
import { enterRandomState } from './adversary-state.js';
import { Guest } from './guest.js';
import { pick, type Random, random } from './random.js';

/** '686' is another name of a model; 'max' has most to go wrong. */
const MODELS = [
  ...(Object.keys(CPU_MODELS) as CpuModelName[]).filter((name) => name !== '686'),
  'max',
] as const;
const STATES_AN_EPOCH = 64;
const INSTRUCTIONS_A_STATE = 2000;
const LONGEST_SLICE = 512;

/** What is jumped to twice is translated. */
const EAGER: Partial<TierPolicy> = { arrivals: 2, batch: 4, patience: 200, regions: 1000 };

/** How long a run is, and what of it both interpreters execute. */
export interface AdversaryOptions {
  /** At least so many are executed by the fast interpreter. */
  readonly instructions: number;
  readonly seed: number;
  /** Every so many epochs the reference interpreter does the same, and must come to the same. */
  readonly referenceStride: number;
}

/** What a run of random states came to. */
export interface AdversaryReport {
  readonly instructions: number;
  readonly states: number;
  /** Regions that were translated. */
  readonly regions: number;
  /** Instructions that both interpreters executed, with the same state after each run. */
  readonly compared: number;
  /** How often run() ended in each way. */
  readonly stops: ReadonlyMap<StopReason['kind'], number>;
}

/** Keeps its machines, so that what they hold on to would show. */
export class Adversary {
  readonly #players: ReadonlyMap<string, Player>;

  constructor() {
    const interpreters = ['fast', 'reference'] as const;
    this.#players = new Map(
      MODELS.flatMap((model) =>
        interpreters.map(
          (interpreter) => [`${model} ${interpreter}`, new Player(model, interpreter)] as const,
        ),
      ),
    );
  }

  /** Throws Error with the epoch's seed where something escapes from a CPU, and where the interpreters differ. */
  run({ instructions, seed, referenceStride }: AdversaryOptions): AdversaryReport {
    const stops = new Map<StopReason['kind'], number>();
    const next = random(seed);
    const report = { instructions: 0, states: 0, compared: 0, stops };
    const regions = this.#regions();
    for (let epoch = 0; report.instructions < instructions; epoch++) {
      const model = pick(next, MODELS);
      const epochSeed = next();
      const isCompared = epoch % referenceStride === 0;
      const ends = this.#player(model, 'fast').play(epochSeed, isCompared);
      for (const { stop, executed } of ends) {
        stops.set(stop, (stops.get(stop) ?? 0) + 1);
        report.instructions += executed;
        report.states++;
        if (isCompared) report.compared += executed;
      }
      if (isCompared) this.#compare(model, epochSeed, ends);
    }
    return { ...report, regions: this.#regions() - regions };
  }

  /** Of all machines so far. */
  #regions(): number {
    return [...this.#players.values()].reduce((sum, { regions }) => sum + regions, 0);
  }

  #player(model: CpuModelName, interpreter: 'fast' | 'reference'): Player {
    const player = this.#players.get(`${model} ${interpreter}`);
    if (player === undefined) throw new Error(`no machine for ${model}`);
    return player;
  }

  #compare(model: CpuModelName, seed: number, ends: readonly StateEnd[]): void {
    const reference = this.#player(model, 'reference');
    const expected = reference.play(seed, true);
    for (const [i, end] of ends.entries()) {
      const difference = firstDifference(end.state, expected[i]?.state);
      if (difference < 0 && end.stop === expected[i]?.stop) continue;
      throw new Error(
        `${model}, seed ${seed}, state ${i}: the interpreters differ at ${difference.toString(16)}`,
      );
    }
    const at = firstDifference(this.#player(model, 'fast').ram, reference.ram);
    if (at >= 0) throw new Error(`${model}, seed ${seed}: RAM differs at ${at.toString(16)}`);
  }
}

/** What one state came to. */
interface StateEnd {
  readonly stop: StopReason['kind'];
  readonly executed: number;
  /** The CPU's snapshot, where it is to be compared. */
  readonly state: Uint8Array;
}

const NO_STATE = new Uint8Array(0);

/** One CPU, and the board and memory that are all its own. */
class Player {
  readonly #guest: Guest;
  readonly #pristine: Uint8Array;
  readonly #zeroes = new Uint8Array(RAM_BYTES);
  /** What ports and the interrupt controller answer. */
  #input: Random = random(1);
  regions = 0;

  constructor(model: CpuModelName, interpreter: 'fast' | 'reference') {
    const board = {
      readPort: () => this.#input(),
      writePort: () => {},
      acknowledgeInterrupt: () => this.#input() & 0xff,
    };
    const translator = { ...EAGER, onRegion: () => this.regions++ };
    this.#guest = new Guest({ model, interpreter, translator, ramBytes: RAM_BYTES, board });
    this.#pristine = this.#guest.cpu.saveState();
  }

  get ram(): Uint8Array {
    return this.#guest.mem.ram;
  }

  /** An epoch: memory once, then one random state after the other on what the last has left of it. */
  play(seed: number, isCompared: boolean): StateEnd[] {
    const { cpu } = this.#guest;
    const next = random(seed);
    this.#input = random(~seed);
    cpu.loadState(this.#pristine);
    layOutMemory(this.#guest, this.#zeroes, next);
    return Array.from({ length: STATES_AN_EPOCH }, () => {
      enterRandomState(this.#guest, next);
      const before = cpu.icount;
      const stop = this.#runState(next);
      // A state that goes nowhere counts too, or the run would not end.
      const executed = Math.max(cpu.icount - before, 1);
      return { stop, executed, state: isCompared ? cpu.saveState() : NO_STATE };
    });
  }

  /** Interrupts, snapshots and slices come in between, as on a board. */
  #runState(next: Random): StopReason['kind'] {
    const { cpu } = this.#guest;
    for (let left = INSTRUCTIONS_A_STATE; left > 0; ) {
      const slice = Math.min(left, 1 + (next() % LONGEST_SLICE));
      if (next() % 8 === 0) cpu.setInterruptLine((next() & 1) !== 0);
      if (next() % 32 === 0) cpu.raiseNmi();
      if (next() % 128 === 0) cpu.loadState(cpu.saveState());
      const stop = cpu.run(slice);
      if (stop.kind === 'triple-fault' || (stop.kind === 'halt' && next() % 4 !== 0)) return stop.kind;
      left -= slice;
    }
    return 'budget';
  }
}

/** Index of the first byte that differs, or -1. */
function firstDifference(some: Uint8Array, others: Uint8Array = NO_STATE): number {
  if (some.length !== others.length) return Math.min(some.length, others.length);
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return at;
  return -1;
}

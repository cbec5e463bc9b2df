/** 8254 counter: the computed one agrees with one that counts pulse by pulse, as the data sheet tells it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { I8254Counter } from './i8254-counter.js';

/** A counter that does at each CLK pulse what "Mode Definitions" says; one-byte counts, binary. */
class CountingCounter {
  out: boolean;
  /** CE; undefined until it was loaded. */
  element: number | undefined;
  /** True when the next pulse loads the element. */
  isLoading = false;
  private readonly mode: number;
  private gate = true;
  private register = 0;
  private isStrobing = false;
  /** Whether the count loaded last was odd. */
  private isOdd = false;

  constructor(mode: number) {
    this.mode = mode;
    this.out = mode !== 0;
  }

  write(value: number): void {
    this.register = value;
    if (this.mode === 0 || this.mode === 4) this.isLoading = true;
    if ((this.mode === 2 || this.mode === 3) && this.element === undefined) this.isLoading = true;
    if (this.mode === 0) this.out = false;
  }

  setGate(level: boolean): void {
    if (level && !this.gate && this.mode !== 0 && this.mode !== 4) this.isLoading = true;
    this.gate = level;
    if (!level && (this.mode === 2 || this.mode === 3)) this.out = true;
  }

  pulse(): void {
    if (this.isStrobing) this.out = true;
    this.isStrobing = false;
    if (this.isLoading) this.load(this.mode !== 1);
    else if (this.element === undefined) return;
    else if (this.mode === 1 || this.mode === 5) this.count(this.element);
    else if (!this.gate) return;
    else if (this.mode === 2) this.rate(this.element);
    else if (this.mode === 3) this.square(this.element);
    else this.count(this.element);
  }

  private load(out: boolean): void {
    this.isLoading = false;
    this.isOdd = (this.register & 1) === 1;
    this.element = this.mode === 3 ? this.register & ~1 : this.register;
    if (this.mode !== 0) this.out = out;
  }

  private count(element: number): void {
    this.element = (element - 1) & 0xffff;
    if (this.element !== 0) return;
    this.out = this.mode < 2;
    this.isStrobing = this.mode >= 4;
  }

  private rate(element: number): void {
    if (element === 1) this.load(true);
    else this.element = element - 1;
    this.out = this.element !== 1;
  }

  private square(element: number): void {
    if (element === (this.isOdd && this.out ? 0 : 2)) this.load(!this.out);
    else this.element = element - 2;
  }
}

type Step = { readonly pulses: number; readonly count?: number; readonly gate?: boolean };

const steps = (changesGate: boolean): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ pulses: fc.integer({ min: 0, max: 40 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          pulses: fc.integer({ min: 0, max: 40 }),
          count: fc.integer({ min: 2, max: 20 }),
        }),
      },
      { weight: changesGate ? 2 : 0, arbitrary: fc.record({ pulses: fc.nat(30), gate: fc.boolean() }) },
    ),
    { maxLength: 30 },
  );

/** What both counters show after each step and each pulse, and where they differ. */
function differences(mode: number, sequence: readonly Step[]): string[] {
  const computed = new I8254Counter();
  const counting = new CountingCounter(mode);
  const found: string[] = [];
  let tick = 0;
  const compare = (what: string, ours: unknown, theirs: unknown) => {
    if (ours !== theirs) found.push(`${what} at ${tick}: ${ours}, not ${theirs}`);
  };
  const pulse = () => {
    const predicted = computed.nextChange(tick);
    const before = counting.out;
    counting.pulse();
    tick++;
    compare('OUT', computed.out(tick), counting.out);
    if (counting.out !== before) compare('change', predicted, tick);
    if (counting.element === undefined || counting.isLoading) return;
    compare('count', computed.read(tick), counting.element & 0xff);
  };
  computed.program(0x10 | (mode << 1));
  for (const { pulses, count, gate } of [{ pulses: 3, count: 9 }, ...sequence] as Step[]) {
    if (count !== undefined) {
      computed.write(count, tick);
      counting.write(count);
    }
    if (gate !== undefined) {
      computed.setGate(gate, tick);
      counting.setGate(gate);
    }
    compare('OUT', computed.out(tick), counting.out);
    for (let i = 0; i < pulses; i++) pulse();
  }
  return found;
}

function agrees(mode: number, changesGate: boolean): void {
  const property = fc.property(steps(changesGate), (sequence) => {
    expect(differences(mode, sequence)).toEqual([]);
  });
  fc.assert(property, { numRuns: 300, seed: 8254 + mode });
}

describe('8254 counter against one that counts', () => {
  for (const mode of [0, 1, 2, 3, 5]) {
    it(`agrees in mode ${mode}, whatever is written and however GATE moves`, () => agrees(mode, true));
  }

  it('agrees in mode 4, whatever is written', () => agrees(4, false));
});

describe('8254 counter state', () => {
  it('is refused when it counts no ticks', () => {
    const counter = new I8254Counter();
    counter.program(0x16);
    counter.write(5, 0);
    expect(() => counter.loadState({ ...counter.saveState(), count: 0 })).toThrowError(
      expect.objectContaining({ code: 'BAD_STATE' }),
    );
    expect(() =>
      counter.loadState({ ...counter.saveState(), count: 5, takenAt: 9, waiting: -1 }),
    ).toThrowError(expect.objectContaining({ code: 'BAD_STATE' }));
  });
});

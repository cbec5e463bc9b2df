/** A hostile guest: nothing it executes may escape from the CPU, make it grow, or depend on the interpreter. */
/// <reference types="node" />
import { describe, expect, it } from 'vitest';
import { Adversary } from './testing/adversary.js';
import { noteFigures } from './testing/figures.js';

/** scripts/run-adversary.mjs has 10**8 instructions, and collects garbage before it measures. */
const ROUND_INSTRUCTIONS = 50_000;
const ROUNDS = 4;
const TIMEOUT_MS = 240_000;
const WARM_ROUNDS = 2;
const REFERENCE_STRIDE = 4;
/** So that the translator is known to be in it. */
const LEAST_REGIONS = 100;
const HEAP_GROWTH_BYTES = 64 << 20;

describe('random bytes from random states in every mode', () => {
  it(
    'end in a defined way, the same in both interpreters, and without growth of the heap',
    () => {
      const adversary = new Adversary();
      const heap: number[] = [];
      const kinds = new Set<string>();
      const total = { instructions: 0, states: 0, compared: 0, regions: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const report = adversary.run({
          instructions: ROUND_INSTRUCTIONS,
          seed: 1 + round,
          referenceStride: REFERENCE_STRIDE,
        });
        total.instructions += report.instructions;
        total.states += report.states;
        total.compared += report.compared;
        total.regions += report.regions;
        for (const kind of report.stops.keys()) kinds.add(kind);
        globalThis.gc?.();
        heap.push(process.memoryUsage().heapUsed);
      }
      expect(total.instructions).toBeGreaterThanOrEqual(ROUNDS * ROUND_INSTRUCTIONS);
      expect(total.compared).toBeGreaterThan(ROUND_INSTRUCTIONS / 2);
      expect(total.regions).toBeGreaterThan(LEAST_REGIONS);
      expect([...kinds].sort()).toEqual(['budget', 'halt', 'triple-fault']);
      const warm = heap[WARM_ROUNDS - 1] ?? 0;
      expect(Math.min(...heap.slice(WARM_ROUNDS)) - warm).toBeLessThan(HEAP_GROWTH_BYTES);
      noteFigures('hostile guest', total);
    },
    TIMEOUT_MS,
  );
});

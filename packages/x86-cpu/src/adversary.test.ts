/** A hostile guest: nothing it executes may escape from the CPU, or make it grow. */
/// <reference types="node" />
import { describe, expect, it } from 'vitest';
import { runAdversary } from './testing/adversary.js';

/** Instructions of the run: the full one has 10**8 (scripts/run-adversary.mjs). */
const INSTRUCTIONS = Number(process.env.ADVERSARY_INSTRUCTIONS ?? 200_000);
const SEED = Number(process.env.ADVERSARY_SEED ?? 1);
const EACH = 400;
const ROUNDS = 10;
const HEAP_GROWTH_BYTES = 32 << 20;

describe('random bytes from random states in every mode', () => {
  it('end in a defined way, without an exception that escapes, and without growth of the heap', () => {
    // The first rounds compile and fill caches.
    const heap: number[] = [];
    let executed = 0;
    const kinds = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const report = runAdversary(INSTRUCTIONS / ROUNDS, EACH, SEED + round);
      executed += report.instructions;
      for (const kind of report.stops.keys()) kinds.add(kind);
      globalThis.gc?.();
      heap.push(process.memoryUsage().heapUsed);
    }
    expect(executed).toBeGreaterThanOrEqual(INSTRUCTIONS);
    expect([...kinds].sort()).toEqual(['budget', 'halt', 'triple-fault']);
    const [, , warm = 0] = heap;
    expect(Math.min(...heap.slice(-3)) - warm).toBeLessThan(HEAP_GROWTH_BYTES);
  }, 3_600_000);
});

/** Translated code and the interpreter in lockstep, over random loops of every row that the translator takes in. */
import { describe, expect, it } from 'vitest';
import { noteFigures } from '../testing/figures.js';
import { TranslatorLockstep } from '../testing/translator-lockstep.js';

/** scripts/run-lockstep.mjs has 10**8 instructions, and longer loops. */
const INSTRUCTIONS_A_RUN = 40_000;
const ROUNDS = 60;
const TIMEOUT_MS = 240_000;
const LEAST_RUNS = 4;
const MOST_RUNS = 64;

describe('translated code', () => {
  it(
    'keeps step with the interpreter until every row that it takes in was in a region',
    () => {
      const both = new TranslatorLockstep();
      const total = { rows: 0, instructions: 0, programs: 0, regions: 0 };
      let missing: readonly string[] = [];
      for (let run = 1; run <= MOST_RUNS && (run <= LEAST_RUNS || missing.length > 0); run++) {
        const report = both.run({ instructions: INSTRUCTIONS_A_RUN, seed: run, rounds: ROUNDS });
        missing = report.missing;
        total.rows = report.rows;
        total.instructions += report.instructions;
        total.programs += report.programs;
        total.regions += report.regions;
      }
      expect(missing).toEqual([]);
      expect(total.regions).toBeGreaterThan(total.programs);
      noteFigures('translator in lockstep', total);
    },
    TIMEOUT_MS,
  );
});

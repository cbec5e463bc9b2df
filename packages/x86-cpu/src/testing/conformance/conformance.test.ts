/** Every conformance program on this CPU, with both interpreters, against what the manual says must come out. */
import { beforeAll, describe, expect, it } from 'vitest';
import { noteFigures } from '../figures.js';
import { PROGRAMS } from './programs.js';
import { bootOurs } from './run-ours.js';
import { runPrograms } from './run-programs.js';

describe.each(['fast', 'reference'] as const)('with the %s interpreter', (interpreter) => {
  let outcomes: readonly string[] = [];
  beforeAll(async () => {
    outcomes = await runPrograms(bootOurs({ interpreter }), PROGRAMS);
  }, 60_000);

  it.each(PROGRAMS.map((program, number) => ({ ...program, number })))('$name', ({ number, expected }) => {
    expect(outcomes[number]).toBe(expected);
    if (interpreter === 'reference') return;
    noteFigures('system behaviour', { programs: 1, observations: expected.split(' ').length });
  });
});

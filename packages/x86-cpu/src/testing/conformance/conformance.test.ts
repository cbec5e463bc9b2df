/** Every conformance program on this CPU, with both interpreters, against what the manual says must come out. */
import { beforeAll, describe, expect, it } from 'vitest';
import { noteFigures } from '../figures.js';
import { CPU_PROGRAMS } from './programs.js';
import { bootOurs } from './run-ours.js';
import { runPrograms } from './run-programs.js';

describe.each(['fast', 'reference'] as const)('with the %s interpreter', (interpreter) => {
  let outcomes: readonly string[] = [];
  beforeAll(async () => {
    outcomes = await runPrograms(bootOurs({ interpreter }), CPU_PROGRAMS);
  }, 60_000);

  it.each(CPU_PROGRAMS.map((program, number) => ({ program, number, name: program.name })))(
    '$name',
    ({ program, number }) => {
      const { expected, reference = expected } = program;
      expect(outcomes[number]).toBe(interpreter === 'reference' ? reference : expected);
      if (interpreter === 'reference') return;
      noteFigures('system behaviour', { programs: 1, observations: expected.split(' ').length });
    },
  );
});

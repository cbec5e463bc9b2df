/** Every conformance program on QEMU and on Bochs: what they say agrees with the manual, or is a departure by name. */
import { describe, expect, it } from 'vitest';
import { noteFigures } from '../figures.js';
import { BOCHS, bootOf, QEMU, whyAbsent } from './emulators.js';
import { PROGRAMS } from './programs.js';
import { runPrograms } from './run-programs.js';

const TIMEOUT_MS = 300_000;

describe.each([QEMU, BOCHS])('$name', (emulator) => {
  const absence = whyAbsent(emulator);
  if (absence !== undefined) console.warn(`SKIPPED: ${absence}`);

  it.skipIf(absence !== undefined)(
    'says what the tables say of it',
    async () => {
      const outcomes = await runPrograms(bootOf(emulator), PROGRAMS);
      const said = PROGRAMS.map(({ name }, i) => [name, outcomes[i]]);
      const departures = PROGRAMS.filter((program) => program[emulator.name] !== undefined).length;
      noteFigures(`system behaviour on ${emulator.name}`, { programs: PROGRAMS.length, departures });
      expect(said).toEqual(
        PROGRAMS.map((program) => [program.name, program[emulator.name] ?? program.expected]),
      );
    },
    TIMEOUT_MS,
  );
});

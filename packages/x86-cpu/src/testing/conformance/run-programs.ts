/** Runs conformance programs on any machine: one boot after another, until each has been run. */
import { buildImage, type Image } from './image.js';
import { outcomeOf, parseOutput } from './outcome.js';
import type { Program } from './program.js';

/** What a machine wrote to port E9 until it ended, or until it was given up. */
export interface Speech {
  readonly text: string;
  readonly isHung: boolean;
}

/** Runs a machine from its reset, or the like, to its end. */
export type Boot = (image: Image) => Promise<Speech> | Speech;

/**
 * The outcome of each program. A boot that ends within a program, which then says `shutdown` or `hang`, is
 * followed by another, from the next one on.
 */
export async function runPrograms(boot: Boot, programs: readonly Program[]): Promise<readonly string[]> {
  const said: string[] = [];
  while (said.length < programs.length) {
    const first = said.length;
    const { text, isHung } = await boot(buildImage(programs, first));
    const { programs: lines, stoppedIn } = parseOutput(text);
    const end = stoppedIn === undefined ? programs.length : stoppedIn + 1;
    if (end <= first) throw new Error(`program ${first} was not reached: ${text.slice(0, 200)}`);
    for (let i = first; i < end; i++) {
      const ending = i === stoppedIn ? [isHung ? 'hang' : 'shutdown'] : [];
      said.push(outcomeOf([...(lines.get(i) ?? []), ...ending]));
    }
  }
  return said;
}

/** The malformed corpus: each file is refused with its code, and so is what nobody has thought of. */
import { expect, test } from 'vitest';
import { LoaderError } from './loader-error.js';
import { planLoad } from './plan.js';
import { createRandom, pcMemory } from './testing/images.js';
import { MALFORMED } from './testing/malformed.js';
import { refusal } from './testing/refusal.js';

test('there are more than 300 files, and each has a name of its own', () => {
  expect(MALFORMED.length).toBeGreaterThan(300);
  expect(new Set(MALFORMED.map(({ name }) => name)).size).toBe(MALFORMED.length);
});

test.each(MALFORMED)('$code: $name', ({ image, code, options }) => {
  refusal(code, () => planLoad({ image, memoryRanges: pcMemory(64), ...options }));
});

test('a byte changed in any of them gives a plan or a LoaderError', () => {
  const random = createRandom(0x2548);
  for (const { image, options } of MALFORMED) {
    for (let round = 0; round < 8 && image.length > 0; round++) {
      const mutant = image.slice();
      mutant[Math.floor(random() * Math.min(mutant.length, 0x280))] = Math.floor(random() * 256);
      try {
        planLoad({ image: mutant, memoryRanges: pcMemory(64), ...options });
      } catch (error) {
        if (!(error instanceof LoaderError)) throw error;
      }
    }
  }
});

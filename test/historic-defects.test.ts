/** Each defect that can show has a test that names it. */
import { readdirSync, readFileSync } from 'node:fs';
import { HISTORIC_DEFECTS } from '@kexec/kexec';
import { expect, test } from 'vitest';

const here = new URL('.', import.meta.url);
const texts = readdirSync(here)
  .filter((name) => /^historic-(load|relocation|jump)\.test\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, here), 'utf8'))
  .join('\n');
/** The question of 2002 has a test file of its own. */
const CR4 = 26;

test.each(HISTORIC_DEFECTS.filter(({ shows, number }) => shows !== 'no' && number !== CR4))(
  'defect $number, $title, is shown',
  ({ number }) => {
    // By its name, or as the first column of a table of tests.
    expect(texts).toMatch(new RegExp(`defect ${number}\\b|^ +\\[${number}, '`, 'm'));
  },
);

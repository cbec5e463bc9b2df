/** The site's pages on the patch of 2002: their index is made here, and each says what the table says. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HISTORIC_DEFECTS, type HistoricDefect } from '@kexec/kexec';
import { describe, expect, test } from 'vitest';
import { DEMONSTRATIONS } from './show-defect.js';

const pages = fileURLToPath(new URL('../../apps/docs/src/content/docs/patch/', import.meta.url));
const tests = fileURLToPath(new URL('../', import.meta.url));
const slug = ({ number }: HistoricDefect) => String(number).padStart(2, '0');

/** The test that names a defect: its file, and its words. */
function testOf({ number }: HistoricDefect): { readonly file: string; readonly name: string } | undefined {
  for (const file of readdirSync(tests).filter((name) => /^(historic|cr4).*\.test\.ts$/.test(name))) {
    const text = readFileSync(tests + file, 'utf8');
    const named = new RegExp(`['\`](defect ${number}\\b[^'\`]*)['\`]`).exec(text)?.[1];
    const row = new RegExp(`^ +\\[${number}, '([^']*)'`, 'm').exec(text)?.[1];
    const name = named ?? (row === undefined ? undefined : `defect ${number}: ${row}`);
    if (name !== undefined) return { file, name };
  }
  return number === CR4 ? { file: 'cr4-question.test.ts', name: 'on a %s MOV CR4 is #UD' } : undefined;
}
/** The question of 2002 has a test file of its own. */
const CR4 = 26;

const SHOWS: Readonly<Record<HistoricDefect['shows'], string>> = {
  historic: 'yes',
  both: 'yes, with both engines',
  no: 'no',
};

function row(defect: HistoricDefect): string {
  const { number, title, condition, shows } = defect;
  const found = testOf(defect);
  const where = found ? `\`${found.file}\`` : WHY_NOT[number];
  return `| ${number} | [${title}](/patch/${slug(defect)}/) | ${condition} | ${SHOWS[shows]} | ${where} |`;
}

/** Why nothing of a defect can be seen on the machine. */
const WHY_NOT: Readonly<Record<number, string>> = {
  10: 'the statement has no effect',
  22: 'a compiler’s matter: nobody includes both',
  23: 'a compiler’s matter: the code that came out is right',
  28: 'no load makes such a list',
};

test('the index is made from the table (vitest -u writes it)', async () => {
  const shown = HISTORIC_DEFECTS.filter(({ shows }) => shows !== 'no').length;
  const page = `---
title: The patch of 2002
description: The thirty defects of the first kexec patch for Linux 2.5.48, and what each does on a machine.
---

In November 2002 Eric Biederman posted the kexec patch for Linux 2.5.48. Its design has lasted: \`kexec_load(2)\`, a list of
pages with four flags, a stub of a hundred lines that copies and jumps. Its first implementation has thirty defects, from a
\`kmalloc()\` with its arguments swapped to an algorithm that mixes up the pages that it should sort.

Both are here. The engine \`fixed\`, the default, keeps the interface and mends the defects as Linux did. The engine
\`historic\` is the algorithm of 2002 on the same guest memory, bug for bug; for study, and only when asked for:

\`\`\`sh
pnpm -s defect                              # lists them
pnpm -s defect 7                            # shows one, with the engine of 2002
pnpm -s defect 7 --engine fixed             # and what the mended engine does instead
pnpm -s kexec demo --engine historic        # a whole kexec with it
\`\`\`

${shown} of the thirty show on this machine. The first column of the last two says so; the other names the test that holds it,
or says why there is nothing to see.

| | defect | when | shows | test, or why not |
|---|---|---|---|---|
${HISTORIC_DEFECTS.map(row).join('\n')}

The usual case is right, which is how the patch could work for people: a load that gets no page of its own destinations from
the allocator meets none of defects 7 to 11. Of 200 random allocations of segments of several pages in free RAM, 162 came out
corrupt or without an end when the patch's own C code was run; with 7, 8, 9 and 11 mended, none of 500.
`;
  await expect(page).toMatchFileSnapshot(`${pages}index.md`);
});

describe.each(HISTORIC_DEFECTS)('the page on defect $number', (defect) => {
  const page = readFileSync(`${pages}${slug(defect)}.md`, 'utf8');

  test('says what the table says', () => {
    expect(page).toContain(`title: "${defect.number}: ${defect.title}"`);
    for (const text of [defect.condition, defect.consequence, defect.mended]) expect(page).toContain(text);
  });

  test('shows both engines, if there is anything to see', () => {
    const isShown = ['historic', 'fixed'].map((engine) => page.includes(`--engine ${engine}`));
    expect(isShown).toEqual(Array(2).fill(defect.shows !== 'no'));
    expect(defect.number in DEMONSTRATIONS).toBe(defect.shows !== 'no');
  });

  test('names a test that is there, or none', () => {
    const found = testOf(defect);
    if (defect.shows === 'no') expect(found).toBeUndefined();
    else expect(page).toContain(`test/${found?.file}`);
  });
});

/** The compatibility table: what it says of each option, and the page of the site that is made from it. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type KexecOption, LOAD_OPTIONS, optionName, VERB_OPTIONS } from './kexec-options.js';
import { createProgram } from './program.js';

const rows = [...VERB_OPTIONS, ...LOAD_OPTIONS];

test('every option is in the help, and what is not followed has a reason', () => {
  const help = createProgram(() => undefined)
    .helpInformation()
    .replace(/\s+/g, ' ');
  for (const { flags, support, why } of rows) {
    expect(help).toContain(flags);
    if (support !== 'full') expect(why?.length).toBeGreaterThan(15);
  }
});

test('each option is there once', () => {
  expect(new Set(rows.map(optionName)).size).toBe(rows.length);
});

test('a name is commander’s', () => {
  const names = ['--mem-min <address>', '-i, --no-checks', '--entry-32bit'].map((flags) =>
    optionName({ flags, help: '', support: 'full' }),
  );
  expect(names).toEqual([
    'memMin',
    'checks',
    'entry-32bit'.replace(/-(.)/, (_, c: string) => c.toUpperCase()),
  ]);
});

const WORDS = { full: 'supported', none: 'no effect', refused: 'refused' } as const;
const cell = (text: string) => text.replace(/[<>|]/g, (character) => `&#${character.charCodeAt(0)};`);

function table(title: string, options: readonly KexecOption[]): string {
  const lines = options.map(({ flags, help, support, why }) => {
    const text = support === 'full' ? `${help}${why ? ` – ${why}` : ''}` : (why ?? '');
    return `| \`${flags}\` | ${WORDS[support]} | ${cell(text)} |`;
  });
  return `## ${title}\n\n| option | | |\n|---|---|---|\n${lines.join('\n')}\n`;
}

test('the page of the site is made from the table (vitest -u writes it)', async () => {
  const page = `---
title: Options of kexec(8)
description: Every option of kexec-tools for i386, and what it does here.
---

The table from which the command's parser and its help are made. A refused option ends the command with a reason; one
without effect is accepted, because there is nothing for it to do.

${table('What is done', VERB_OPTIONS)}
${table('How a file is loaded', LOAD_OPTIONS)}`;
  const path = '../../../apps/docs/src/content/docs/options.md';
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL(path, import.meta.url)));
});

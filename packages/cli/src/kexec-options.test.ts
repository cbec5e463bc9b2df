/** The compatibility table: what it says of each option, and the page of the site that is made from it. */
import { fileURLToPath } from 'node:url';
import { IMAGE_TYPES } from '@kexec/loaders';
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
  return `## ${title}\n\n| option | here | what it does, or why not |\n|---|---|---|\n${lines.join('\n')}\n`;
}

test('the page of the site is made from the table (vitest -u writes it)', async () => {
  const count = (level: KexecOption['support']) => rows.filter(({ support }) => support === level).length;
  const page = `---
title: Options of kexec(8)
description: Every option of kexec-tools for i386, and what it does here.
---

The table from which the command's parser and its help are made: ${rows.length} options of kexec-tools 2.0.31 for i386. ${count('full')} are
supported, ${count('none')} are accepted without effect, ${count('refused')} are refused.

An option without effect is one for which there is nothing to do here: a script that has it goes on as it would on a PC. An
option is refused when to ignore it in silence would be wrong; the command then ends with the reason below: with exit code 2,
or with 3 for \`-s\`, which is the kernel's answer.
The machine's own options are with the [commands](/reference/commands/).

${table('What is done', VERB_OPTIONS)}
${table('How a file is loaded', LOAD_OPTIONS)}
## Types of files

\`-t TYPE\` names the type, \`-t help\` lists them: ${IMAGE_TYPES.map((type) => `\`${type}\``).join(', ')}. Without it the types are asked in
this order, as in kexec-tools, and the first that knows the file has it. A compressed file is decompressed once before.

## What differs

- Between \`-l\` and \`-e\` the machine is a file: \`--machine NAME\` in the state directory of XDG, with a checksum and a lock. On a PC
  it is the PC.
- A FILE with no verb is loaded and started; there is no shutdown(8) to call first.
- An ELF kernel with a command line or an initrd is handed a boot_params, and else nothing; kexec-tools hands it ELF boot notes.
- An error names its rule, its place and a remedy, and has a code that [\`kexec explain\`](/reference/errors/) knows.
- Exit codes are more than 0 and 1: [commands](/reference/commands/#exit-codes). \`--status\` keeps kexec(8)'s.
`;
  const path = '../../../apps/docs/src/content/docs/options.md';
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL(path, import.meta.url)));
});

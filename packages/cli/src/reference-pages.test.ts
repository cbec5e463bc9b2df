/** The site's pages on the commands and on the error codes, made from the definitions that the command itself reads. */
import { fileURLToPath } from 'node:url';
import type { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { EXIT } from './exit-code.js';
import { EXPLANATIONS, type Explanation } from './explanations.js';
import { LOAD_OPTIONS, VERB_OPTIONS } from './kexec-options.js';
import { createProgram } from './program.js';

const pathOf = (page: string) =>
  fileURLToPath(new URL(`../../../apps/docs/src/content/docs/reference/${page}.md`, import.meta.url));
/** A text as Markdown: nothing in it is markup. */
const plain = (text: string) =>
  text.replace(/[<>|*`[\]\\]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\s+/g, ' ');

const kexecOptions = new Set([...VERB_OPTIONS, ...LOAD_OPTIONS].map(({ flags }) => flags));
const program = createProgram(() => undefined);
/** How a machine is made and how long it runs: what kexec, demo and debug share. */
const runOptions = program.options
  .map(({ flags }) => flags)
  .slice(program.options.findIndex(({ flags }) => flags.startsWith('--memory')));

test('the page on the commands is made from the program (vitest -u writes it)', async () => {
  const page = `---
title: Commands
description: Every verb of the command, its arguments, its options and its exit codes.
---

Made from the definitions that the command parses with. \`kexec\` alone, and \`kexec FILE\`, have the options of
[kexec(8)](/options/) and those below. A verb's options stand behind it.

${section(program, (option) => !kexecOptions.has(option.flags), 'kexec [FILE]')}
${program.commands.map((command) => section(command)).join('\n')}
## Exit codes

A script learns from the exit code alone how a run ended. A run that ends on a fault never exits with 0.

| code | name | |
|---|---|---|
${exitCodes()}

A guest that writes a byte to port 0xf4 ends the run with that byte as exit code; the demo kernels end so. \`--json\` prints one object
with the code as \`exitCode\`, also when a run ends on a signal.
`;
  await expect(page).toMatchFileSnapshot(pathOf('commands'));
});

function section(
  command: Command,
  shown: (option: Option) => boolean = () => true,
  title = `kexec ${command.name()}`,
): string {
  const flags = command.options.map((option) => option.flags);
  // Long lists that verbs share stand in one place.
  const loads = LOAD_OPTIONS.every((option) => flags.includes(option.flags));
  const runs = command !== program && runOptions.every((option) => flags.includes(option));
  const own = command.options
    .filter(shown)
    .filter(
      (option) => !loads || command === program || !LOAD_OPTIONS.some((row) => row.flags === option.flags),
    )
    .filter((option) => !runs || !runOptions.includes(option.flags));
  const rows = [
    ...command.registeredArguments.map((argument) => [argumentName(argument), argument.description]),
    ...own.map((option) => [option.flags, optionText(option)]),
  ];
  const description = command.description().replace(/^./, (letter) => letter.toUpperCase());
  return `## ${title}

${plain(description.replace(/\.$/, ''))}.

| | |
|---|---|
${rows.map(([name = '', text = '']) => `| \`${name}\` | ${plain(text)} |`).join('\n')}
${sharedText(loads && command !== program, runs)}`;
}

function argumentName(argument: {
  readonly required: boolean;
  name(): string;
  readonly variadic: boolean;
}): string {
  const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function sharedText(loads: boolean, runs: boolean): string {
  const parts = [
    ...(loads ? ['how a file is [loaded](/options/#how-a-file-is-loaded)'] : []),
    ...(runs ? ['how the machine is made and how long it [runs](#kexec-file), from `--memory` on'] : []),
  ];
  return parts.length === 0 ? '' : `\nAnd the options that say ${parts.join(', and ')}.\n`;
}

function optionText({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices ? `; one of ${argChoices.join(', ')}` : '';
  return `${description}${choices}${typeof defaultValue === 'string' ? `; default: ${defaultValue}` : ''}`;
}

const EXIT_TEXTS: Readonly<Record<keyof typeof EXIT, string>> = {
  OK: 'it went as it should',
  EXPECTATION:
    'a boot did not say what it should, a field was not as asserted, two files differ; for --status: a kernel is loaded',
  USAGE: 'the options contradict each other, or an argument cannot be read',
  LOAD_REFUSED: 'the image was refused, by a rule or by the kernel; the errno is in --json',
  UNKNOWN_IMAGE: 'the file is of no type that can be loaded',
  GUEST_FAULT: 'triple fault, HLT with interrupts off, or a panic',
  IO: 'a file or a socket could not be read or written',
  INTERNAL: 'a bug of ours',
  TIMEOUT: '--timeout or --icount-limit',
  SIGHUP: 'the terminal is gone',
  SIGINT: 'Ctrl-C',
  SIGPIPE: 'whoever read the serial line is gone',
  SIGTERM: 'it was told to end',
};

function exitCodes(): string {
  return Object.entries(EXIT)
    .map(([name, code]) => `| ${code} | ${name} | ${plain(EXIT_TEXTS[name as keyof typeof EXIT])} |`)
    .join('\n');
}

test('the page on the error codes is made from the explanations (vitest -u writes it)', async () => {
  const numbered = EXPLANATIONS.filter(({ number }) => number !== undefined);
  const errnos = EXPLANATIONS.filter(({ code }) => code.startsWith('SYSCALL_E'));
  const rest = EXPLANATIONS.filter((row) => !numbered.includes(row) && !errnos.includes(row));
  const page = `---
title: Error codes
description: Every code that an error of this project can carry, what it means, and what to do.
---

Every error has a code that does not change its meaning. ${EXPLANATIONS.length} of them are below, the texts of \`kexec explain\`:

\`\`\`sh
pnpm -s kexec explain OVERLAP       # or KX1402, or EINVAL
pnpm -s kexec explain --json        # all of them, for programs
\`\`\`

## The kernel's answers

What \`kexec_load(2)\` and \`reboot(2)\` return, as the command reports it.

${errnos.map(entry).join('\n')}
## Files and loads

Codes of @kexec/loaders. Each has a number for search engines and bug reports.

${numbered.map(entry).join('\n')}
## The rest

${rest.map(entry).join('\n')}`;
  await expect(page).toMatchFileSnapshot(pathOf('errors'));
});

function entry({ code, number, title, text }: Explanation): string {
  return `### ${plain(code)}${number === undefined ? '' : ` (${number})`}

**${plain(title)}.** ${plain(text)}
`;
}

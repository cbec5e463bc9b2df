/** `kexec explain [CODE]`: what an error code means, and what to do. */
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { EXPLANATIONS, findExplanation } from '../explanations.js';

const LINE_WIDTH = 80;

/** @returns the exit code */
export function explainCommand(name: string | undefined, flags: { readonly json?: boolean }): number {
  const found = name === undefined ? undefined : findExplanation(name);
  if (name !== undefined && !found) {
    throw new CliError(EXIT.USAGE, 'UNKNOWN_CODE', `there is no code ${name}`, {
      remedy: 'kexec explain lists all of them.',
    });
  }
  const rows = found ? [found] : EXPLANATIONS;
  const text = flags.json
    ? JSON.stringify({ schemaVersion: 1, exitCode: EXIT.OK, explanations: rows })
    : found
      ? `${[found.code, found.number].filter(Boolean).join(' ')}: ${found.title}\n\n${wrap(found.text)}`
      : rows
          .map(({ code, number = '', title }) => `${number.padEnd(6)}  ${code.padEnd(24)}  ${title}`)
          .join('\n');
  process.stdout.write(`${text}\n`);
  return EXIT.OK;
}

/** Lines of at most 80 columns. */
export function wrap(text: string): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > LINE_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

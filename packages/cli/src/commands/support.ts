/** `kexec support`: which instructions the CPU executes, since which model, and how far. */
import { type SupportRow, supportTable } from '@kexec/machine';
import { EXIT } from '../exit-code.js';

/** @returns the exit code */
export function supportCommand(flags: { readonly json?: boolean }): number {
  const instructions = supportTable();
  const text = flags.json
    ? JSON.stringify({ schemaVersion: 1, exitCode: EXIT.OK, instructions })
    : supportText(instructions);
  process.stdout.write(`${text}\n`);
  return EXIT.OK;
}

/** One line an instruction, and a count at the end. */
export function supportText(rows: readonly SupportRow[]): string {
  const width = Math.max(...rows.map((row) => row.instruction.length));
  const lines = rows.map((row) => {
    const since = row.since === undefined ? '-' : row.since;
    const reason = row.reason === undefined ? '' : `: ${row.reason}`;
    const note = row.undocumented ? ' (undocumented)' : '';
    return `${row.instruction.padEnd(width)}  ${since.padEnd(11)}  ${row.support}${reason}${note}`;
  });
  const count = (support: SupportRow['support']) => rows.filter((row) => row.support === support).length;
  const heading = `${'INSTRUCTION'.padEnd(width)}  ${'SINCE'.padEnd(11)}  SUPPORT`;
  return [
    heading,
    ...lines,
    `${rows.length} instructions: ${count('full')} full, ${count('partial')} partial, ${count('none')} none`,
  ].join('\n');
}

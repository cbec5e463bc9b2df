/** `kexec inspect FILE…`: what a file says of itself, one field, a comparison, or an assertion. */
import { type ImageReport, type InspectedField, inspectImage } from '@kexec/loaders';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { readFile } from '../image-file.js';

/** Options as commander names them. */
export interface InspectFlags {
  readonly json?: boolean;
  readonly field?: string;
  readonly assert?: readonly string[];
  readonly diff?: boolean;
}

/** @returns the exit code: 4 when a file is of no type that can be loaded, 1 for an assertion or a difference */
export function inspectCommand(files: readonly string[], flags: InspectFlags): number {
  const reports = files.map((file) => ({ file, ...inspectImage(readFile(file)) }));
  const failed = flags.assert?.map((each) => broken(each, reports)).find((each) => each !== undefined);
  if (failed) throw new CliError(EXIT.EXPECTATION, 'ASSERTION', failed);
  const loadable = reports.every(({ type }) => type !== undefined);
  const differences = flags.diff ? diff(reports) : [];
  const exitCode = differences.length > 0 ? EXIT.EXPECTATION : loadable ? EXIT.OK : EXIT.UNKNOWN_IMAGE;
  if (flags.json) print(JSON.stringify({ schemaVersion: 1, exitCode, files: reports }, bigintAsText));
  else if (flags.diff) print(differences.join('\n'));
  else if (flags.field !== undefined)
    print(reports.map((report) => oneField(report, flags.field ?? '')).join('\n'));
  else if (!flags.assert) print(reports.map(reportText).join('\n\n'));
  return exitCode;
}

const print = (text: string) => text !== '' && process.stdout.write(`${text}\n`);
const bigintAsText = (_: string, value: unknown) =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : value;

/** The field as text: bits in hex, counts in decimal. */
export function fieldText({ value, decimal }: InspectedField): string {
  return typeof value === 'string' || decimal ? `${value}` : `0x${value.toString(16)}`;
}

type FileReport = ImageReport & { readonly file: string };

/** All of a report, for people. */
export function reportText({ file, probes, fields, notes }: FileReport): string {
  const width = Math.max(...fields.map(({ name }) => name.length));
  return [
    file,
    ...fields.map((field) => {
      const at = field.offset === undefined ? '' : `  at 0x${field.offset.toString(16)}`;
      return `  ${field.name.padEnd(width)}  ${fieldText(field)}${at}`;
    }),
    '  probes:',
    ...probes.map(({ type, verdict, reason }) => `    ${type.padEnd(14)}  ${verdict.padEnd(7)}  ${reason}`),
    ...notes.map((note) => `  note: ${note}`),
  ].join('\n');
}

function oneField({ file, fields }: FileReport, name: string): string {
  const field = fields.find((each) => each.name === name);
  if (field) return fieldText(field);
  throw new CliError(EXIT.EXPECTATION, 'NO_FIELD', `${file} has no field ${name}`, {
    remedy: 'kexec inspect FILE lists the fields.',
  });
}

function broken(assertion: string, reports: readonly FileReport[]): string | undefined {
  const [name = '', ...rest] = assertion.split('=');
  const wanted = rest.join('=');
  for (const report of reports) {
    const found = oneField(report, name);
    if (found !== wanted) return `${report.file}: ${name} is ${found}, not ${wanted}`;
  }
  return undefined;
}

function diff(reports: readonly FileReport[]): string[] {
  const [left, right] = reports;
  if (!left || !right || reports.length > 2) {
    throw new CliError(EXIT.USAGE, 'USAGE', '--diff compares two files', { remedy: 'Name two.' });
  }
  const names = [...new Set([...left.fields, ...right.fields].map(({ name }) => name))];
  const text = (report: FileReport, name: string) => {
    const field = report.fields.find((each) => each.name === name);
    return field ? fieldText(field) : '-';
  };
  return names.flatMap((name) => {
    const [a, b] = [text(left, name), text(right, name)];
    return a === b ? [] : [`${name}: ${a} -> ${b}`];
  });
}

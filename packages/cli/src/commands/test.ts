/** `kexec test`: boots that must say what they should, for a CI job: several side by side, results in its format. */
import { availableParallelism } from 'node:os';
import type { BootStep } from '@kexec/machine';
import { type BootOutcome, runBoot } from '../boot-outcome.js';
import { runSideBySide } from '../boot-processes.js';
import { type BootSpec, parseBootSpecs, parsePattern, STOPS } from '../boot-spec.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { keepFailure } from '../failure-folder.js';
import { readFile } from '../image-file.js';
import { TEST_FORMATS, type TestFormat } from '../test-formats.js';

/** The options of `kexec test`, as commander names them; --expect, --send and --stop are in `steps`, in their order. */
export interface TestFlags {
  readonly only?: readonly string[];
  readonly jobs?: number;
  readonly format?: TestFormat;
  readonly json?: boolean;
  readonly failures?: string;
  readonly kernel?: string;
  readonly demo?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly memory?: number;
  readonly cpu?: string;
  readonly realMode?: boolean;
  readonly fail?: readonly string[];
  /** Milliseconds. */
  readonly within?: number;
  readonly icountLimit?: number;
  readonly steps?: readonly BootStep[];
}

const FAILURES = 'kexec-failures';

/** @returns the exit code: 0 passed, 1 failed, 124 only time was short, or that of the error */
export async function testCommand(file: string | undefined, flags: TestFlags): Promise<number> {
  const specs = chosen(file === undefined ? [specOfFlags(flags)] : await specsOf(file), flags);
  const [first] = specs;
  const outcomes =
    first && (specs.length === 1 || file === undefined)
      ? [
          await runBoot(first, (outcome, failed) =>
            keepFailure(flags.failures ?? FAILURES, first, outcome, failed),
          ),
        ]
      : await sideBySide(file ?? '', specs, flags);
  process.stdout.write(TEST_FORMATS[formatOf(flags)](outcomes));
  return exitCodeOf(outcomes);
}

function sideBySide(file: string, specs: readonly BootSpec[], flags: TestFlags): Promise<BootOutcome[]> {
  const [, program = ''] = process.argv;
  const failures = flags.failures ?? FAILURES;
  return runSideBySide(
    specs.map(({ name }) => name),
    flags.jobs ?? availableParallelism(),
    (name) => [program, 'test', file, `--only=${name}`, '--json', `--failures=${failures}`],
    ({ name, status }) => process.stderr.write(`kexec: ${name}: ${status}\n`),
  );
}

function formatOf({ json, format = 'text' }: TestFlags): TestFormat {
  return json ? 'json' : format;
}

function specsOf(file: string): Promise<BootSpec[]> {
  return parseBootSpecs(new TextDecoder().decode(readFile(file)), file);
}

function chosen(specs: readonly BootSpec[], { only }: TestFlags): readonly BootSpec[] {
  if (!only) return specs;
  const missing = only.find((name) => specs.every((spec) => spec.name !== name));
  if (missing === undefined) return specs.filter(({ name }) => only.includes(name));
  throw new CliError(EXIT.USAGE, 'BOOT_NAME', `there is no boot "${missing}"`, {
    remedy: `The boots are: ${specs.map(({ name }) => name).join(', ')}.`,
  });
}

/** One boot from the command line alone. */
function specOfFlags(flags: TestFlags): BootSpec {
  const {
    kernel,
    demo,
    initrd,
    append,
    memory,
    cpu,
    realMode,
    fail,
    within,
    icountLimit,
    steps = [],
  } = flags;
  if (steps.length === 0 || (kernel === undefined) === (demo === undefined)) {
    throw new CliError(
      EXIT.USAGE,
      'USAGE',
      'a test is a SPEC, or a --kernel or --demo and what it must say',
      {
        remedy: 'For example: kexec test --kernel vmlinuz --append console=ttyS0 --expect "Linux version".',
      },
    );
  }
  return {
    name: kernel ?? demo ?? '',
    steps,
    ...(kernel === undefined ? {} : { kernel }),
    ...(demo === undefined ? {} : { demo }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(append === undefined ? {} : { append }),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(realMode === undefined ? {} : { realMode }),
    ...(fail === undefined ? {} : { fail: fail.map((pattern) => parsePattern(pattern, '--fail')) }),
    ...(within === undefined ? {} : { within: within / 1000 }),
    ...(icountLimit === undefined ? {} : { instructions: icountLimit }),
  };
}

/** One more step of the command line. */
export const STEP_PARSERS = {
  expect: (text: string): BootStep => ({ expect: parsePattern(text, '--expect') }),
  send: (text: string): BootStep => ({
    send: text.replace(
      /\\([nrt\\])/g,
      (_, letter: string) => ({ n: '\n', r: '\r', t: '\t' })[letter] ?? letter,
    ),
  }),
  stop: (text: string): BootStep => {
    const stop = STOPS.find((known) => known === text);
    if (stop) return { stop };
    throw new CliError(EXIT.USAGE, 'USAGE', `--stop ${text}: one of ${STOPS.join(', ')}`);
  },
} as const;

function exitCodeOf(outcomes: readonly BootOutcome[]): number {
  const bad = outcomes.filter(({ status }) => status !== 'passed');
  if (bad.some(({ status }) => status === 'failed')) return EXIT.EXPECTATION;
  const error = bad.find(({ status }) => status === 'error');
  if (error) return error.exitCode ?? EXIT.INTERNAL;
  return bad.length > 0 ? EXIT.TIMEOUT : EXIT.OK;
}

/** One boot of a test: the machine made and run, and what became of it. */
import { type BootFailure, type BootResult, BootTest, type Machine, Recorder } from '@kexec/machine';
import type { BootSpec } from './boot-spec.js';
import { describeError } from './error-report.js';
import { isOwnStop, recordedStop } from './recorded-stop.js';
import { type Start, startConditions } from './start-conditions.js';
import { startKernel } from './start-machine.js';
import { VERSION } from './version.js';

/** How a boot ended: `timeout` when a step's time or the instructions were used up, `error` when there was no boot. */
export interface BootOutcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'timeout' | 'error';
  /** Why it is not passed, in one line. */
  readonly message?: string;
  /** What the command ends with for an error. */
  readonly exitCode?: number;
  readonly instructions: number;
  /** Of the guest's time. */
  readonly seconds: number;
  readonly traceHash: string;
  /** Where what is needed to look at it lies. */
  readonly folder?: string;
}

/** What of a boot that failed is worth keeping. */
export interface FailedBoot {
  readonly machine: Machine;
  readonly log: Uint8Array;
  /** The run from its beginning to the test's end. */
  readonly record: string;
}

const NOTHING_DONE = { instructions: 0, seconds: 0, traceHash: '' };

/** Instructions between two looks at whether somebody wants to interrupt. */
const TURN_INSTRUCTIONS = 5_000_000;

/** @param keep - gets the machine of a boot that is not passed. @returns where that lies, if anywhere */
export async function runBoot(
  spec: BootSpec,
  keep: (outcome: BootOutcome, failed: FailedBoot) => string | undefined,
): Promise<BootOutcome> {
  try {
    const test = new BootTest(spec);
    const start = startOf(spec);
    const machine = startKernel(start, test, {});
    const lines: string[] = [];
    const recorder = new Recorder(machine, {
      program: VERSION,
      conditions: startConditions(start),
      write: (line) => lines.push(line),
    });
    for (;;) {
      const result = test.advance(recorder, TURN_INSTRUCTIONS);
      if (!result) {
        await new Promise(setImmediate);
        continue;
      }
      const outcome = outcomeOf(spec, result, test.lastLine);
      if (!result.failure) return outcome;
      const stop = result.stop ?? { kind: 'record-end' as const };
      recorder.end(recordedStop(stop), isOwnStop(stop));
      const folder = keep(outcome, { machine, log: test.log(), record: lines.join('') });
      return folder === undefined ? outcome : { ...outcome, folder };
    }
  } catch (error) {
    const { exitCode, code, message } = describeError(error);
    return { name: spec.name, status: 'error', message: `${message} [${code}]`, exitCode, ...NOTHING_DONE };
  }
}

function startOf(spec: BootSpec): Start {
  const { kernel, demo = '', initrd, memory, cpu, engine, kernelArgs, seed, type, append, realMode } = spec;
  const flags = {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(engine === undefined ? {} : { engine }),
    ...(kernelArgs === undefined ? {} : { kernelArgs }),
    ...(seed === undefined ? {} : { seed }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(type === undefined ? {} : { type }),
    ...(append === undefined ? {} : { append }),
    ...(realMode === undefined ? {} : { realMode }),
  };
  return kernel === undefined
    ? { from: 'demo', name: demo, bare: true, flags }
    : { from: 'file', name: kernel, flags };
}

function outcomeOf(spec: BootSpec, { failure, stop: _, ...rest }: BootResult, lastLine: string): BootOutcome {
  const { name } = spec;
  if (!failure) return { name, status: 'passed', ...rest };
  const status = failure.kind === 'not-seen' || failure.kind === 'instructions' ? 'timeout' : 'failed';
  const message = `step ${failure.step + 1} (${describeStep(spec, failure.step)}): ${describeFailure(failure)}; last line: ${lastLine}`;
  return { name, status, message, ...rest };
}

function describeStep({ steps }: BootSpec, at: number): string {
  const [[what, value] = []] = Object.entries(steps[at] ?? {});
  return `${what} ${typeof value === 'string' ? JSON.stringify(value) : value}`;
}

function describeFailure(failure: BootFailure): string {
  switch (failure.kind) {
    case 'not-seen':
      return `not in ${failure.within} s of the guest's time`;
    case 'instructions':
      return `not in ${failure.instructions} instructions`;
    case 'seen':
      return `${failure.pattern} came: ${failure.line}`;
    default:
      return `the machine stopped: ${failure.stop.kind}${failure.stop.kind === 'exit' ? ` ${failure.stop.code}` : ''}`;
  }
}

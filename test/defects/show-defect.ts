/** `pnpm defect N`: what a defect of the 2002 patch does on this machine, and what the mended engine does instead. */
import { HISTORIC_DEFECTS, type HistoricDefect, type KexecEngine } from '@kexec/kexec';
import { JUMP_DEMONSTRATIONS } from './demonstrations-of-jump.js';
import { LIST_DEMONSTRATIONS } from './demonstrations-of-list.js';
import { LOAD_DEMONSTRATIONS } from './demonstrations-of-load.js';
import { Transcript } from './transcript.js';

interface Demonstration {
  readonly memory?: string;
  readonly cpu?: string;
  readonly show: (lab: Transcript) => void;
}

/** By the defect's number; the defects that cannot show have none. */
export const DEMONSTRATIONS: Readonly<Record<number, Demonstration>> = {
  ...LOAD_DEMONSTRATIONS,
  ...LIST_DEMONSTRATIONS,
  ...JUMP_DEMONSTRATIONS,
};

/** What a caller, or the CPU, meets with this engine; a text of several lines. */
export function showDefect(number: number, engine: KexecEngine): string {
  const demonstration = DEMONSTRATIONS[number];
  if (!demonstration) return 'Nothing of it can be seen at run time.';
  const lab = new Transcript(engine, demonstration.memory, demonstration.cpu);
  demonstration.show(lab);
  return lab.text;
}

/** @returns the exit code */
export function main(args: readonly string[]): number {
  const { number, engine, wrong } = parse(args);
  const defect = HISTORIC_DEFECTS.find((one) => one.number === number);
  if (wrong || (args.length > 0 && !defect)) {
    process.stderr.write('pnpm defect [1 to 30] [--engine fixed|historic]\n');
    return 2;
  }
  process.stdout.write(`${defect ? showDefect(defect.number, engine) : list(HISTORIC_DEFECTS)}\n`);
  return 0;
}

function parse(args: readonly string[]) {
  const [number, option, engine = 'historic', ...rest] = args;
  const wrong =
    rest.length > 0 ||
    (option !== undefined && option !== '--engine') ||
    (engine !== 'historic' && engine !== 'fixed');
  return { number: Number(number), engine: engine === 'fixed' ? engine : 'historic', wrong } as const;
}

function list(defects: readonly HistoricDefect[]): string {
  return defects.map(({ number, title }) => `${String(number).padStart(2)}  ${title}`).join('\n');
}

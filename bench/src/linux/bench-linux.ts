/** Debian's Linux and the suite of programs on our machine, on v86 and on QEMU's TCG, in turn. CPU time. */
import { execFileSync, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spread, spreadText } from '../measure.js';
import { findSeabios } from '../v86/seabios.js';
import type { Mark } from './marks.js';

const WORKER = fileURLToPath(new URL('linux-worker.mjs', import.meta.url));
const EMULATORS = ['ours', 'v86', 'qemu'] as const;
type EmulatorName = (typeof EMULATORS)[number];

/** One program on one emulator, once. */
interface Sample {
  readonly thread: number;
  readonly all: number;
  readonly instructions: number;
  readonly result: string;
  readonly rss: number;
}

/** The time from power-on to user space, under this name. */
const BOOT = 'boot to user space';

/** What the guests boot; `pnpm bench linux` builds it. */
export interface SuiteFiles {
  readonly kernel: string;
  readonly initrd: string;
}

export async function benchLinux(files: SuiteFiles | undefined, rounds: number): Promise<void> {
  const seabios = findSeabios();
  if (process.platform !== 'linux' || !files || !seabios || !hasQemu()) {
    console.log('SKIPPED: it takes Linux, "pnpm fixtures", gcc with -m32, qemu-system-i386 and seabios');
    return;
  }
  const samples = new Map<EmulatorName, Map<string, Sample[]>>(EMULATORS.map((name) => [name, new Map()]));
  for (let round = 0; round < rounds; round++) {
    for (const emulator of EMULATORS) {
      const begun = process.hrtime.bigint();
      const marks = await run(emulator, files, seabios);
      console.error(
        `round ${round + 1} of ${rounds}: ${emulator}, ${Number(process.hrtime.bigint() - begun) / 1e9} s`,
      );
      for (const [name, sample] of samplesOf(marks)) {
        const all = samples.get(emulator);
        all?.set(name, [...(all.get(name) ?? []), sample]);
      }
    }
  }
  print(samples);
}

function hasQemu(): boolean {
  try {
    execFileSync('qemu-system-i386', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function run(emulator: EmulatorName, { kernel, initrd }: SuiteFiles, seabios: string): Promise<Mark[]> {
  return new Promise((resolve, reject) => {
    const child = fork(WORKER, [emulator, kernel, initrd, seabios], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // As the command line does it.
      execArgv: emulator === 'ours' ? ['--experimental-wasm-branch-hinting'] : [],
    });
    const marks: Mark[] = [];
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => marks.push(JSON.parse(line) as Mark));
    child.on('close', () => {
      if (marks.at(-1)?.line === '@done') resolve(marks);
      else reject(new Error(`${emulator}: ended at ${marks.at(-1)?.line ?? 'its start'}`));
    });
  });
}

function* samplesOf(marks: readonly Mark[]): Generator<[string, Sample]> {
  let begun: Mark | undefined;
  for (const mark of marks) {
    const [, kind, rest = ''] = /^@(\w+) ?(.*)$/.exec(mark.line) ?? [];
    if (kind === 'boot') yield [BOOT, difference(undefined, mark, '')];
    if (kind === 'begin') begun = mark;
    if (kind !== 'end') continue;
    const at = rest.indexOf('=');
    yield [rest.slice(0, at), difference(begun, mark, rest.slice(at + 1))];
  }
}

function difference(from: Mark | undefined, to: Mark, result: string): Sample {
  return {
    thread: to.thread - (from?.thread ?? 0),
    all: to.all - (from?.all ?? 0),
    instructions: (to.instructions ?? 0) - (from?.instructions ?? 0),
    result,
    rss: to.rss,
  };
}

function print(samples: ReadonlyMap<EmulatorName, ReadonlyMap<string, readonly Sample[]>>): void {
  const of = (emulator: EmulatorName, name: string) => samples.get(emulator)?.get(name) ?? [];
  const median = (emulator: EmulatorName, name: string, field: 'thread' | 'all') =>
    spread(of(emulator, name).map((sample) => sample[field])).median;
  console.log(`
| program | M instructions | ours, s | M/s | v86, s (all threads) | QEMU, s | ours / v86 | ours / v86, all threads | ours / QEMU |
|---|---|---|---|---|---|---|---|---|`);
  const ratios: Record<string, number[]> = { v86: [], all: [], qemu: [] };
  for (const [name, [first]] of samples.get('ours') ?? []) {
    for (const emulator of EMULATORS) {
      const other = of(emulator, name)[0];
      if (other?.result !== first?.result)
        console.log(`DIFFERENT: ${name}: ${emulator} computed "${other?.result}", we "${first?.result}"`);
    }
    const ours = median('ours', name, 'thread');
    const row = {
      v86: ours / median('v86', name, 'thread'),
      all: median('ours', name, 'all') / median('v86', name, 'all'),
      qemu: ours / median('qemu', name, 'all'),
    };
    if (name !== BOOT) for (const [key, ratio] of Object.entries(row)) ratios[key]?.push(ratio);
    const million = (first?.instructions ?? 0) / 1e6;
    const text = (emulator: EmulatorName, field: 'thread' | 'all') =>
      spreadText(spread(of(emulator, name).map((sample) => sample[field])), 2);
    console.log(
      `| ${name} | ${million.toFixed(0)} | ${text('ours', 'thread')} | ${(million / ours).toFixed(0)} | ${text('v86', 'thread')} (${median('v86', name, 'all').toFixed(2)}) | ${text('qemu', 'all')} | ${row.v86.toFixed(2)} | ${row.all.toFixed(2)} | ${row.qemu.toFixed(2)} |`,
    );
  }
  const mean = (list: readonly number[] = []) =>
    Math.exp(list.reduce((sum, x) => sum + Math.log(x), 0) / list.length);
  console.log(
    `| geometric mean, without the boot | | | | | | ${mean(ratios.v86).toFixed(2)} | ${mean(ratios.all).toFixed(2)} | ${mean(ratios.qemu).toFixed(2)} |`,
  );
  for (const emulator of EMULATORS) {
    const rss = Math.max(...[...(samples.get(emulator)?.values() ?? [])].flat().map((sample) => sample.rss));
    console.log(`${emulator}: largest resident set ${rss.toFixed(0)} MB`);
  }
}

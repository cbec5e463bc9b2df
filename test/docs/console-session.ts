/** Console blocks of the pages: what stands behind `$` is run in a shell, and what is printed is what the page shows. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import { showDefect } from '../defects/show-defect.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
/** Stands where a page leaves lines out. */
const ELISION = '…';
/** Between the output of two commands; nothing prints it. */
const MARK = '\u001e';

/** A command of a block, and the lines that the page shows below it. */
export interface ConsoleStep {
  readonly command: string;
  readonly shown: readonly string[];
}

export function consoleSteps(code: string): ConsoleStep[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of code.replace(/\n$/, '').split('\n')) {
    const step = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else if (step?.command.endsWith('\\')) step.command += `\n${line}`;
    else step?.shown.push(line);
  }
  return steps;
}

/** Debian's files that the commands name and that are not there. */
export function missingFixtures(steps: readonly ConsoleStep[]): string[] {
  return ['vmlinuz', 'initramfs.gz'].filter(
    (name) => steps.some(({ command }) => command.includes(name)) && !existsSync(join(fixtures, name)),
  );
}

/** A folder in which the commands of one page run, one block after the other. */
export class ConsoleSession {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kexec-docs-'));

  /** @param files what the page tells its reader to write, by name */
  constructor(files: Readonly<Record<string, string>>) {
    const put = (name: string, content: Uint8Array | string) =>
      writeFileSync(join(this.#folder, name), content);
    put('demo.elf', createElfGuest());
    put('demo.bzimage', createBzImageGuest());
    for (const [name, content] of Object.entries(files)) put(name, content);
    for (const name of ['vmlinuz', 'initramfs.gz'])
      if (existsSync(join(fixtures, name))) symlinkSync(join(fixtures, name), join(this.#folder, name));
    put('pnpm', PNPM);
    chmodSync(join(this.#folder, 'pnpm'), 0o755);
  }

  /** What the block should be: as it is, where what is printed agrees with it. */
  run(steps: readonly ConsoleStep[]): string {
    const printed = this.#printed(steps);
    return steps
      .map(({ command, shown }, i) => {
        const lines = printed[i] ?? [];
        return [`$ ${command}`, ...(agrees(shown, lines) ? shown : lines)].join('\n');
      })
      .join('\n')
      .concat('\n');
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #printed(steps: readonly ConsoleStep[]): string[][] {
    const defects = steps.map(({ command }) => defectOf(command));
    if (defects.every((text) => text !== undefined)) return defects.map((text) => text.split('\n'));
    const script = steps
      .map(({ command }) => `${command}\nstatus=$?; printf '${MARK}'; (exit $status)`)
      .join('\n');
    const { stdout } = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
      cwd: this.#folder,
      encoding: 'utf8',
      input: '',
      maxBuffer: 1 << 26,
      env: {
        ...process.env,
        PATH: `${this.#folder}:${process.env.PATH}`,
        XDG_STATE_HOME: join(this.#folder, '.state'),
        ROOT: root,
        INIT_CWD: this.#folder,
        NO_COLOR: '1',
        CI: '',
      },
    });
    return stdout.split(MARK).map((text) => text.replace(/\r/g, '').replace(/\n$/, '').split('\n'));
  }
}

/** pnpm's scripts, without the second that pnpm takes to start; the bundle is there. */
const PNPM = `#!/bin/sh
[ "$1" = -s ] && shift
name=$1
shift
case $name in
kexec) exec node "$ROOT/packages/cli/dist/main.js" "$@" ;;
*) exec node "$ROOT/scripts/$name.mjs" "$@" ;;
esac
`;

/** `pnpm -s defect N --engine E` without a process: there are some sixty of them. */
function defectOf(command: string): string | undefined {
  const [, number, engine] = /^pnpm -s defect (\d+) --engine (fixed|historic)$/.exec(command) ?? [];
  return number && (engine === 'fixed' || engine === 'historic')
    ? showDefect(Number(number), engine)
    : undefined;
}

/** Whether a page may show `shown` for `printed`; `…` stands for any lines. */
export function agrees(shown: readonly string[], printed: readonly string[]): boolean {
  const [line, ...rest] = shown;
  // Nothing printed is one empty line.
  if (line === undefined) return printed.join('') === '';
  if (line.trim() !== ELISION) return line === printed[0] && agrees(rest, printed.slice(1));
  return printed.some((_, from) => agrees(rest, printed.slice(from))) || agrees(rest, []);
}

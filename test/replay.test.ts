/** `--record` and `--replay`: a run comes again to the instruction, or is refused with the place and what to do. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { crc32 } from '@kexec/loaders';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill();
});
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), NO_COLOR: '1', FORCE_COLOR: '' };
const place = (name: string) => join(folder, name);

function kexec(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'latin1',
    input: '',
    env,
  });
  return { status, stdout, stderr };
}

/**
 * Answers each byte with it and a letter that tells how often the line has been looked at since power-on, so that its
 * output is that of the very instruction at which the byte came. `q` ends the machine with code 7.
 */
const ECHO = `
entry:
    mov     esp, 0x90000
look:
    inc     ecx
    mov     dx, 0x3fd
    in      al, dx
    test    al, 1
    jz      look
    mov     dx, 0x3f8
    in      al, dx
    cmp     al, 'q'
    je      leave_it
    out     dx, al
    mov     al, cl
    and     al, 15
    add     al, 'A'
    out     dx, al
    jmp     look
leave_it:
    mov     al, 7
    out     0xf4, al
    jmp     $
`;
const echo = place('echo.elf');
writeFileSync(echo, createElf(ECHO));
const ECHO_ARGS = [echo, '--args-none', '--memory', '16M'];

/** Runs the command; types the first byte, and each further one when the last has been answered. */
async function typed(args: readonly string[], bytes: string, atEnd: (child: ChildProcess) => void) {
  const child = spawn(process.execPath, [bundle, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  let [stdout, stderr] = ['', ''];
  const { promise, resolve } = newPromise<number | null>();
  child.stdout.setEncoding('latin1').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('latin1').on('data', (part: string) => {
    stderr += part;
  });
  child.on('close', resolve);
  const until = async (isTrue: () => boolean) => {
    while (!isTrue() && child.exitCode === null && child.signalCode === null)
      await new Promise((done) => setTimeout(done, 5));
  };
  await until(() => stdout.includes('Starting new kernel'));
  for (const byte of bytes) {
    const { length } = stdout;
    child.stdin.write(byte);
    if (byte !== 'q') await until(() => stdout.length >= length + 2);
  }
  atEnd(child);
  return { status: await promise, stdout, stderr };
}

function newPromise<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** The record with its lines changed, and the checksums made right. */
function rewritten(from: string, to: string, change: (lines: string[]) => readonly string[]): string {
  const lines = readFileSync(place(from), 'utf8').trimEnd().split('\n');
  let checksum = '';
  const text = change(lines.map((line) => line.replace(/ #\w+$/, ''))).map((line) => {
    checksum = crc32(new TextEncoder().encode(checksum + line))
      .toString(16)
      .padStart(8, '0');
    return `${line} #${checksum}\n`;
  });
  writeFileSync(place(to), text.join(''));
  return place(to);
}

describe('a run that was typed at', () => {
  let run: Awaited<ReturnType<typeof typed>>;
  beforeAll(async () => {
    run = await typed([...ECHO_ARGS, '--record', place('typed')], 'hello, world q', () => undefined);
  });

  test('comes again: the same output, the same end, the same exit code', () => {
    expect(run.stdout).toMatch(/h[A-P]e[A-P]l[A-P]l[A-P]o[A-P]/);
    const again = kexec('--replay', place('typed'));
    expect(again.stdout).toBe(run.stdout);
    expect(again.stderr).toMatch(/the same end: \d+ instructions, trace hash [0-9a-f]{16}/);
    expect([again.status, run.status]).toEqual([7, 7]);
    // Interpreted, it is the same run.
    expect(kexec('--replay', place('typed'), '--no-jit').stdout).toBe(run.stdout);
  });

  test('is held in a text with a place, a hash and a checksum on each line', () => {
    const lines = readFileSync(place('typed'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toMatch(/^kexec-record 1 \S+ #[0-9a-f]{8}$/);
    expect(lines[2]).toMatch(/^input \d+ \d+ [0-9a-f]{16} 68 #[0-9a-f]{8}$/);
    expect(lines.at(-1)).toMatch(/^end \d+ \d+ [0-9a-f]{16} {"kind":"exit","code":7} #[0-9a-f]{8}$/);
  });

  test('is refused when a file is another one, or gone; beside the record it is found', () => {
    const elsewhere = place('elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    copyFileSync(place('typed'), join(elsewhere, 'typed'));
    const kept = readFileSync(echo);
    writeFileSync(echo, createElf(ECHO.replace('and     al, 15', 'and     al, 7')));
    expect(kexec('--replay', place('typed'))).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(
        /echo\.elf is not the file[\s\S]*\[RECORD_FILE\][\s\S]*Bring that file back/,
      ),
    });
    rmSync(echo);
    expect(kexec('--replay', place('typed'))).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/is not there \[RECORD_FILE\][\s\S]*beside the record/),
    });
    writeFileSync(join(elsewhere, 'echo.elf'), kept);
    expect(kexec('--replay', join(elsewhere, 'typed')).stdout).toBe(run.stdout);
    writeFileSync(echo, kept);
  });

  test('is refused when the program or the record is of another version, or a line was changed', () => {
    const program = rewritten('typed', 'program', ([, ...rest]) => ['kexec-record 1 99.0.0', ...rest]);
    expect(kexec('--replay', program)).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(
        /recorded by kexec 99\.0\.0[\s\S]*\[RECORD_VERSION\][\s\S]*Use that version/,
      ),
    });
    const format = rewritten('typed', 'format', ([, ...rest]) => ['kexec-record 2 0.0.0', ...rest]);
    expect(kexec('--replay', format).stderr).toContain('record version 2; this program reads version 1');
    const damaged = readFileSync(place('typed'), 'utf8').replace(/^(input .*) 68 /m, '$1 69 ');
    writeFileSync(place('damaged'), damaged);
    expect(kexec('--replay', place('damaged'))).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('line 3 of the record is damaged'),
    });
    expect(kexec('--replay', echo).stderr).toContain('[RECORD_FORMAT]');
  });

  test('is told as another run, with the place, when it becomes one', () => {
    // The fourth byte is another: the fifth comes to a machine that has done something else.
    const other = rewritten('typed', 'other', (lines) =>
      lines.map((line, at) => (at === 5 ? line.replace(/ 6c$/, ' 7a') : line)),
    );
    const fifth = /^input (\d+)/.exec(readFileSync(other, 'utf8').split('\n')[6] ?? '')?.[1];
    const { status, stdout, stderr } = kexec('--replay', other);
    expect(stdout).not.toBe(run.stdout);
    expect(stderr).toContain(`another run, before instruction ${fifth}: its trace hash is`);
    expect(stderr).toContain('[RECORD_DIVERGED]');
    expect(status).toBe(1);
    const start = rewritten('typed', 'start', (lines) =>
      lines.map((line, at) => (at === 1 ? line.replace('16777216', '33554432') : line)),
    );
    expect(kexec('--replay', start)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[RECORD_START]'),
    });
  });

  test('is gone through in both directions by kexec debug, with what was typed', () => {
    const { stdout } = spawnSync(process.execPath, [bundle, 'debug', '--replay', place('typed')], {
      encoding: 'latin1',
      env,
      input: ['c', 'back 20', 'where', 'c', 'quit', ''].join('\n'),
    });
    const [before, after = ''] = run.stdout.split('Starting new kernel');
    expect(stdout.startsWith(before ?? '')).toBe(true);
    expect(stdout).toContain(after.trim());
    expect(stdout.match(/the machine stopped \(exit\)/g)).toHaveLength(2);
  });
});

test('a run that was interrupted comes again to the same instruction, and ends as it did', async () => {
  const run = await typed([...ECHO_ARGS, '--record', place('interrupted')], 'abc', (child) => {
    child.kill('SIGINT');
  });
  const again = kexec('--replay', place('interrupted'));
  expect([again.status, again.stdout]).toEqual([130, run.stdout]);
  expect(again.stderr).toContain(run.stderr.trim());
  expect(again.stderr).toContain('the same end');
  const debugged = spawnSync(process.execPath, [bundle, 'debug', '--replay', place('interrupted')], {
    encoding: 'latin1',
    env,
    input: ['c', 'back', 'c', 'c', 'quit', ''].join('\n'),
  });
  const [, instructions] = /(\d+) instructions executed/.exec(run.stderr) ?? [];
  const ends = [...debugged.stdout.matchAll(/the record ends here at [^,]+, (\d+) instructions/g)];
  expect(ends.map(([, icount]) => icount)).toEqual([instructions, instructions, instructions]);
});

test('a run that was killed is replayed as far as its record goes, even into the middle of a line', async () => {
  const run = await typed([...ECHO_ARGS, '--record', place('killed')], 'abcdef', (child) => {
    child.kill('SIGKILL');
  });
  expect(readFileSync(place('killed'), 'utf8')).not.toContain('\nend ');
  const again = kexec('--replay', place('killed'));
  expect(again.stderr).toContain('the record ends here');
  expect(again.status).toBe(0);
  // The last byte comes where the record ends; its answer is no more in it, unless a mark follows.
  expect(run.stdout.startsWith(again.stdout)).toBe(true);
  expect(again.stdout).toMatch(/e[A-P]/);
  const text = readFileSync(place('killed'), 'utf8');
  writeFileSync(place('cut'), text.slice(0, text.indexOf(' 64 #') + 3));
  const cut = kexec('--replay', place('cut'));
  expect(cut.status).toBe(0);
  expect(cut.stdout).toMatch(/b[A-P]$/);
  writeFileSync(place('stump'), text.slice(0, 40));
  expect(kexec('--replay', place('stump')).stderr).toContain('[RECORD_FORMAT]');
});

test('a saved machine and a BIOS are recorded, too; what is written through is not', () => {
  kexec('-l', ...ECHO_ARGS);
  const run = kexec('-e', '--icount-limit', '50000', '--record', place('saved'));
  const again = kexec('--replay', place('saved'));
  expect([again.status, again.stdout]).toEqual([124, run.stdout]);
  expect(again.stderr).toContain('the same end');
  expect(kexec('-S').status).toBe(0);

  const disk = place('disk');
  writeFileSync(disk, new Uint8Array(1 << 20));
  const bios = ['--bios', 'builtin', '--memory', '16M', '--icount-limit', '3000000'];
  expect(kexec(...bios, '--disk', disk, '--record', place('through'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Add ",cow"'),
  });
  const powered = kexec(...bios, '--disk', `${disk},cow`, '--record', place('bios'));
  const poweredAgain = kexec('--replay', place('bios'));
  expect([poweredAgain.status, poweredAgain.stdout]).toEqual([powered.status, powered.stdout]);
  expect(poweredAgain.stderr).toContain('the same end');
  writeFileSync(disk, new Uint8Array(1 << 20).fill(1));
  expect(kexec('--replay', place('bios')).stderr).toContain('[RECORD_FILE]');
});

test('what means nothing beside a record is refused', () => {
  for (const args of [
    [...ECHO_ARGS, '--record', place('none'), '--gdb', '0'],
    ['-l', echo, '--record', place('none')],
    ['--replay', place('typed'), echo],
    ['--replay', place('typed'), '--memory', '64M'],
    ['debug', '--record', place('none')],
    ['demo', '--replay', place('typed')],
  ]) {
    expect(kexec(...args), args.join(' ')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('USAGE'),
    });
  }
});

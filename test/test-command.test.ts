/** `kexec test`: several boots side by side, each format, exit codes, and a failure that comes again to the instruction. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-test-'));
const failures = join(folder, 'failures');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPEC = `
defaults:
  demo: elf
  memory: 32M
boots:
  - name: good
    append: console=ttyS0
    steps:
      - expect: /command line "con\\w+=ttyS0"/
      - stop: exit
  - name: says <too> much
    append: panic & "quotes"
    fail: [panic]
    steps:
      - stop: exit
  - name: late
    instructions: 5000
    steps:
      - expect: never
`;

function kexec(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, 'test', ...args], {
    encoding: 'utf8',
    input: '',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '' },
  });
  return { status, stdout, stderr };
}

/** What the folder says has the boot again. */
function replay(commandFile: string) {
  const [, ...args] = readFileSync(commandFile, 'utf8').trim().split(' ');
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'utf8',
    input: '',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '' },
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const spec = file('boots.yaml', SPEC);
const all = (...args: string[]) => kexec(spec, '--failures', failures, ...args);

describe('three boots', () => {
  let run: ReturnType<typeof kexec>;
  beforeAll(() => {
    run = all();
  });

  test('are told in the order of the file, the failed ones with their step and last line', () => {
    const lines = run.stdout.split('\n').filter((line) => !line.startsWith('    '));
    expect(lines.map((line) => line.replace(/ {2}\d.*/, ''))).toEqual([
      'ok  good',
      'failed  says <too> much',
      'timeout  late',
      '1 passed, 2 failed',
      '',
    ]);
    expect(run.stdout).toContain('step 1 (stop "exit"): /panic/ came: ');
    expect(run.stdout).toContain('step 1 (expect "never"): not in 5000 instructions; last line: ');
    expect(run.status).toBe(1);
  });

  test('leave a folder for each that failed, with what it takes to have it again', () => {
    expect(readdirSync(failures).sort()).toEqual(['late', 'says-too-much']);
    const kept = join(failures, 'says-too-much');
    expect(readdirSync(kept).sort()).toEqual([
      'machine.snapshot',
      'outcome.json',
      'registers.json',
      'replay.txt',
      'run.record',
      'serial.log',
      'spec.json',
    ]);
    expect(readFileSync(join(kept, 'serial.log'), 'latin1')).toContain('panic & "quotes"');
    const replayed = replay(join(kept, 'replay.txt'));
    expect(replayed.stdout).toContain('panic & "quotes"');
    expect(replayed.stderr).toMatch(/the same end: \d+ instructions, trace hash /);
    expect(replayed.status).toBe(0);
  });

  test('come again by that to the end that the outcome tells', () => {
    const kept = join(failures, 'late');
    const { instructions, traceHash } = JSON.parse(readFileSync(join(kept, 'outcome.json'), 'utf8'));
    const { stderr } = replay(join(kept, 'replay.txt'));
    expect(stderr).toContain('the record ends here');
    expect(stderr).toContain(`the same end: ${instructions} instructions, trace hash ${traceHash}`);
  });
});

test('TAP has a plan, escapes, and a block for what failed', () => {
  const { stdout } = all('--format', 'tap', '-j', '1');
  expect(stdout).toMatch(/^TAP version 14\n1\.\.3\nok 1 - good\nnot ok 2 - says <too> much\n {2}---\n/);
  expect(stdout).toContain('  status: timeout\n');
});

test('JUnit is XML whatever a guest says', () => {
  const { stdout } = all('--format', 'junit');
  expect(stdout).toContain('<testsuite name="kexec" tests="3" failures="2" errors="0"');
  expect(stdout).toContain('name="says &lt;too&gt; much"');
  expect(stdout).toContain('&amp; ');
  expect(stdout).not.toMatch(/message="[^"]*<[^"]*"/);
});

test('GitHub gets an annotation for each that failed', () => {
  const { stdout } = all('--format', 'github', '--only', 'late');
  expect(stdout).toMatch(/^::error title=late%3A timeout::step 1 [^\n]*\n$/);
});

test('JSON has everything, and only time being short ends with 124', () => {
  const { stdout, status } = all('--json', '--only=late', '--only=good');
  const { boots } = JSON.parse(stdout);
  expect(boots).toMatchObject([
    { name: 'good', status: 'passed' },
    { name: 'late', status: 'timeout' },
  ]);
  expect(boots[0].traceHash).toMatch(/^[\da-f]{16}$/);
  expect(status).toBe(124);
});

test('a test may be given on the command line, its steps in the order of the options', () => {
  const args = ['--demo', 'elf', '--append', 'x=1', '--failures', failures];
  const good = kexec(...args, '--expect', 'Starting new kernel', '--expect', '/x=\\d/', '--stop', 'exit');
  expect([good.status, good.stdout]).toEqual([0, expect.stringContaining('1 passed, 0 failed')]);
  expect(kexec(...args, '--expect', 'x=1', '--expect', 'Starting new kernel').status).toBe(1);
});

test.each([
  ['boots: []', 'boots: a list is wanted'],
  ['boots: [{name: a, demo: elf, steps: [{expect: /(/}]}]', 'boots[0].steps[0].expect: '],
  ['boots: [{name: a, demo: elf, steps: [{stop: never}]}]', 'boots[0].steps[0].stop: one of power-off'],
  ['boots: [{name: a, steps: [{stop: exit}]}]', 'boots[0]: a boot has either a kernel or a demo'],
  ['boots: [{name: a, demo: elf, typo: 1, steps: [{stop: exit}]}]', 'boots[0]: there is no "typo"'],
  ['{', 'boots.bad.yaml: '],
])('refuses %j with the place', (text, message) => {
  const { status, stderr } = kexec(file('boots.bad.yaml', text));
  expect(stderr).toContain(message);
  expect(stderr).toContain('[BOOT_SPEC]');
  expect(status).toBe(2);
});

test('tells a kernel that is none as an error, with its exit code', () => {
  const bad = file('bad.yaml', 'boots: [{name: a, kernel: bad.yaml, steps: [{stop: exit}]}]');
  const { status, stdout } = kexec(bad, '--failures', failures);
  expect(stdout).toMatch(/^error {2}a {2}/);
  expect(status).toBe(4);
});

/** --load-preserve-context and --skip-shutdown as a script uses them: a machine that comes back is saved again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { afterAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-preserve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function kexec(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'latin1',
    input: '',
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state'), NO_COLOR: '1', FORCE_COLOR: '' },
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, createElf(text));
  return path;
}

/** Counts its visits far from its image, at 6 MB, and in the first page of memory; comes back by CALL. */
const COUNTING = file(
  'counting',
  `
entry:
    mov     eax, [esp]
again:
    inc     byte [0x600000]
    inc     byte [0x500]
    push    eax
    mov     dx, 0x3f8
    mov     al, [0x600000]
    add     al, '0'
    out     dx, al
    pop     eax
    call    eax
    mov     eax, [esp]
    jmp     again
`,
);
const NEVER = file('never', 'entry: jmp entry');

/** Its exit code is the mode that counter 0 is in: 2 while it ticks, another when it has been shut down. */
const TICKS = file(
  'ticks',
  `
entry:  mov     al, 0xe2                ; read-back: the status of counter 0
        out     0x43, al
        in      al, 0x40
        shr     al, 1
        and     al, 7
        out     0xf4, al
        hlt
`,
);

describe('--load-preserve-context', () => {
  test('loads alone; each -e goes on in the image, in a process of its own, with the memory that it had', () => {
    expect(kexec('--load-preserve-context', '--args-none', COUNTING)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--mem-max'),
    });
    const load = kexec('--load-preserve-context', '--mem-max', '0x7fffff', '--args-none', '-d', COUNTING);
    expect(load).toMatchObject({ status: 0, stderr: expect.stringContaining('backup') });
    for (const visit of ['1', '2', '3']) {
      const { status, stdout, stderr } = kexec('-e');
      expect({ status, visit: stdout.at(-1) }).toEqual({ status: 0, visit });
      expect(stderr).toContain('gave the machine back');
      expect(stdout).not.toContain('Starting new kernel');
      expect(kexec('-S').status).toBe(1);
    }
    expect(kexec('-u').status).toBe(0);
    expect(kexec('-S').status).toBe(0);
  });

  test.each([['--load-panic'], ['--engine', 'historic']])('is refused with %s', (...more) => {
    const args = ['--load-preserve-context', '--mem-max', '0x7fffff', ...more, NEVER, '--machine', 'none'];
    expect(kexec(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('[USAGE]') });
  });

  test('to memory of more than half of RAM is refused, with the rule', () => {
    const args = ['--load-preserve-context', '--mem-max', '0x1800000', '--memory', '32M', NEVER];
    const { status, stderr } = kexec(...args, '--machine', 'half');
    expect({ status, code: /\[(\w+)\]/.exec(stderr)?.[1] }).toEqual({ status: 3, code: 'HALF_OF_RAM' });
  });

  test('has a machine that is away: it cannot be saved then', () => {
    const args = ['--load-preserve-context', '--mem-max', '0x7fffff', '-e', NEVER, '--machine', 'away'];
    const { status, stderr } = kexec(...args, '--icount-limit', '1000', '--snapshot-save', join(folder, 's'));
    expect({ status, code: /\[(\w+)\]/.exec(stderr)?.[1] }).toEqual({ status: 2, code: 'KERNEL_AWAY' });
  });
});

describe('--skip-shutdown', () => {
  test.each([
    [[], 0],
    [['--skip-shutdown=lapic,i8254'], 2],
    [['--skip-shutdown', 'lapic'], 0],
  ])('%j leaves what it names running, and nothing else', (options, exitCode) => {
    expect(kexec(TICKS, '--args-none', ...options).status).toBe(exitCode);
  });

  test('is kept with the machine that -l saves, and cannot be given again', () => {
    const machine = ['--machine', 'skipping'];
    expect(kexec('-l', TICKS, '--skip-shutdown=i8254', ...machine).status).toBe(0);
    expect(kexec('-l', TICKS, '--skip-shutdown=lapic', ...machine)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('MACHINE_EXISTS'),
    });
    expect(kexec('-e', ...machine).status).toBe(2);
  });

  test.each([
    ['nonesuch', 'NO_DEVICE', /hpet.*lapic.*pci/],
    ['lapic,', undefined, /commas/],
  ])('%s is refused', (names, code, words) => {
    const { status, stderr } = kexec(TICKS, `--skip-shutdown=${names}`);
    expect({ status, code: /\[(\w+)\]/.exec(stderr)?.[1] }).toEqual({ status: 2, code });
    expect(stderr).toMatch(words);
  });
});

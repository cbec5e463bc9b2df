/** The command as a script sees it: output, exit codes, files; each case is a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBzImageGuest, createElfGuest, createMultibootGuest } from '@kexec/guests';
import { afterAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function kexec(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'latin1',
    input: '',
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state'), NO_COLOR: '1', FORCE_COLOR: '' },
  });
  return { status, stdout, stderr };
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const elf = createElfGuest();
const bzImage = createBzImageGuest();
const elfPath = file('guest.elf', elf);
const bzImagePath = file('guest.bzimage', bzImage);

function changed(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, offset);
  return copy;
}

describe('demo', () => {
  test('shows the running kernel, the jump, and the report of the new one', () => {
    const { status, stdout } = kexec('demo');
    expect(stdout).toMatch(
      /Linux version[\s\S]*Starting new kernel[\s\S]*kexec demo kernel, static ELF[\s\S]*Halting\./,
    );
    expect(stdout).toContain('crc32 cbf43926');
    expect(status).toBe(0);
  });

  test('takes a command line and an initrd', () => {
    const initrd = file('initrd', '123456789'.repeat(1000));
    const { status, stdout } = kexec('demo', 'bzimage', '--append', 'hello world', '--initrd', initrd);
    expect(stdout).toContain('command line "hello world"');
    expect(stdout).toContain('size 00002328');
    expect(status).toBe(0);
  });
});

describe('-l and -e are two processes', () => {
  test('and the second goes on where the first stopped', () => {
    expect(kexec('-S').status).toBe(0);
    expect(kexec('-l', elfPath).status).toBe(0);
    expect(kexec('-S').status).toBe(1);
    const { status, stdout } = kexec('-e');
    expect(stdout).toMatch(/Starting new kernel[\s\S]*kexec demo kernel/);
    expect(status).toBe(0);
    expect(kexec('-e')).toMatchObject({ status: 3, stderr: expect.stringContaining('NOTHING_LOADED') });
  });

  test('and -u forgets what was loaded', () => {
    kexec('-l', elfPath, '--machine', 'second');
    expect(kexec('-u', '--machine', 'second').status).toBe(0);
    expect(kexec('-S', '--machine', 'second').status).toBe(0);
  });

  test('and a damaged snapshot is refused with words', () => {
    kexec('-l', elfPath, '--machine', 'damaged');
    const path = join(folder, 'state', 'kexec', 'damaged.snapshot');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(kexec('-e', '--machine', 'damaged')).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('SNAPSHOT_CHECKSUM'),
    });
  });

  test('and no lock is left behind', () => {
    expect(readdirSync(join(folder, 'state', 'kexec')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

/** Offsets: ELF e_machine 12, program header 34 (p_type 34, p_paddr 40, p_memsz 48); bzImage setup_sects 1f1. */
const REFUSALS: readonly (readonly [what: string, status: number, code: string, args: readonly string[]])[] =
  [
    ['an empty file', 4, 'EMPTY_FILE', [file('empty', '')]],
    ['a text file', 4, 'UNKNOWN_TYPE', [file('text', 'This is no kernel.\n'.repeat(100))]],
    ['a bzImage cut off in its setup', 3, 'TRUNCATED', [file('setup', bzImage.subarray(0, 0x500))]],
    [
      'a bzImage cut off in its payload',
      3,
      'TRUNCATED',
      [file('payload', bzImage.subarray(0, bzImage.length - 100))],
    ],
    ['an ELF file for another machine', 4, 'WRONG_MACHINE', [file('arm', changed(elf, 0x12, 40))]],
    ['a dynamic ELF file', 4, 'DYNAMIC', [file('dynamic', changed(elf, 0x34, 3))]],
    ['a segment outside RAM', 3, 'SEGMENT_OUTSIDE_RAM', [file('outside', changed(elf, 0x40, 0, 0, 0, 0xe0))]],
    ['overlapping segments', 3, 'OVERLAP', [file('overlap', overlapping())]],
    [
      'too little memory',
      3,
      'TOO_LITTLE_MEMORY',
      [file('large', changed(elf, 0x48, 0, 0, 0, 0x10)), '--memory', '64M'],
    ],
    [
      'a command line too long',
      3,
      'COMMAND_LINE_TOO_LONG',
      [file('bz', bzImage), '--append', 'x'.repeat(5000)],
    ],
  ];

/** The guest's program header twice. */
function overlapping(): Uint8Array {
  const copy = changed(elf, 0x2c, 2);
  copy.set(elf.subarray(0x34, 0x54), 0x54);
  return copy;
}

describe('refusals', () => {
  test.each(REFUSALS)('%s', (_, status, code, args) => {
    const result = kexec(...args);
    expect(result.stderr).toContain(`[${code}]`);
    expect(result.stderr.trim().split('\n').length, 'a message and what to do').toBeGreaterThanOrEqual(2);
    expect(result.status).toBe(status);
    expect(result.stdout).not.toContain('Starting new kernel');
  });

  test('an unknown option is a usage error', () => {
    expect(kexec('--no-such-option').status).toBe(2);
  });

  test('--json gives one object, on stdout', () => {
    const { status, stdout } = kexec(file('empty2', ''), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      exitCode: 4,
      error: { code: 'EMPTY_FILE' },
    });
    expect(status).toBe(4);
  });

  test('--json tells the values behind the message', () => {
    const { stdout } = kexec(file('large2', changed(elf, 0x48, 0, 0, 0, 0x10)), '--memory', '64M', '--json');
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe('TOO_LITTLE_MEMORY');
    expect(Object.keys(error.details).length).toBeGreaterThan(0);
  });

  test('the historic stub on a 386 ends in exit 5, with the faulting instruction', () => {
    const { status, stderr } = kexec(elfPath, '--cpu', '386', '--engine', 'historic');
    expect(stderr).toMatch(/triple fault[\s\S]*mov\s+eax,\s?cr4/);
    expect(status).toBe(5);
  });
});

describe('a machine in a file', () => {
  const saveAt = (limit: string, name: string, ...args: string[]) => {
    const path = join(folder, name);
    const { status, stderr } = kexec(...args, '--icount-limit', limit, '--snapshot-save', path, '--no-jit');
    expect([status, stderr]).toEqual([124, expect.stringContaining('the instruction limit is reached')]);
    return readFileSync(path);
  };

  test('ends in the same state, to the byte, whether it ran at once, again, or in two processes', () => {
    const whole = saveAt('6000', 'whole.snapshot', elfPath);
    const again = saveAt('6000', 'again.snapshot', elfPath);
    saveAt('4000', 'middle.snapshot', elfPath);
    const inTwo = saveAt('2000', 'two.snapshot', '--snapshot-load', join(folder, 'middle.snapshot'));
    expect([whole.equals(again), whole.equals(inTwo)]).toEqual([true, true]);
  });

  test('goes on to its end', () => {
    saveAt('4000', 'early.snapshot', elfPath);
    const { status, stdout } = kexec('--snapshot-load', join(folder, 'early.snapshot'));
    expect(stdout).toMatch(/Halting\.\s*$/);
    expect(status).toBe(0);
  });

  test('takes no FILE and nothing that it has already; and saving wants a run', () => {
    const path = join(folder, 'early.snapshot');
    expect(kexec('--snapshot-load', path, elfPath).status).toBe(2);
    expect(kexec('--snapshot-load', path, '--memory', '64M').status).toBe(2);
    expect(kexec('-l', elfPath, '--snapshot-save', path).status).toBe(2);
    expect(kexec('--snapshot-load', join(folder, 'nowhere')).status).toBe(6);
    expect(kexec('--snapshot-load', elfPath)).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('SNAPSHOT_MAGIC'),
    });
  });
});

describe('support', () => {
  test('lists each instruction with its first model and how far it is executed', () => {
    const { status, stdout } = kexec('support');
    expect(stdout).toMatch(/^CMOVE +pentium-pro +full$/m);
    expect(stdout).toMatch(/^RSM +- +none: /m);
    expect(status).toBe(0);
  });

  test('fits in 80 columns, and ends with the counts of what is above', () => {
    const lines = kexec('support').stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const rows = lines.slice(1, -1);
    const count = (support: string) =>
      rows.filter((row) => row.split(/\s{2,}/)[2]?.startsWith(support)).length;
    expect(lines.at(-1)).toBe(
      `${rows.length} instructions: ${count('full')} full, ${count('partial')} partial, ${count('none')} none`,
    );
  });

  test.each(['support --json', 'explain', 'demo --cpu help'])('may be left half read: %s', (args) => {
    const script = `"$0" "$1" ${args} | true`;
    const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', script, process.execPath, bundle]);
    expect([status, `${stderr}`]).toEqual([0, '']);
  });

  test('is one JSON object with --json', () => {
    const { instructions } = JSON.parse(kexec('support', '--json').stdout);
    expect(instructions).toContainEqual(
      expect.objectContaining({ instruction: 'CPUID', since: '486-cpuid' }),
    );
  });
});

describe('options of kexec(8)', () => {
  const multiboot = file('mb.elf', createMultibootGuest());

  test('--module hands a multiboot kernel a file and its command line', () => {
    const module = file('a.mod', 'module bytes');
    const { status, stdout } = kexec(
      multiboot,
      '--append',
      'x y',
      '--module',
      `${module} one`,
      '--module',
      module,
    );
    expect(stdout).toContain('cmdline mb.elf x y');
    expect(stdout).toMatch(/module [0-9a-f]{8} size 0000000c sum [0-9a-f]{8} \S*a\.mod one\r\nmodule/);
    expect(status).toBe(0);
  });

  test('--console-serial announces the purgatory, and -i leaves out nothing else', () => {
    expect(kexec(multiboot, '--console-serial').stdout).toContain('kexec: in purgatory\r\nmultiboot kernel');
    expect(kexec(multiboot, '-i').stdout).not.toContain('purgatory');
  });

  test('--reuse-cmdline puts the running kernel’s parameters first, without its own', () => {
    const args = ['--kernel-args', 'crashkernel=16M root=/dev/sda', '--reuse-cmdline', '--append', 'new'];
    expect(kexec(elfPath, ...args).stdout).toContain('command line "root=/dev/sda new"');
  });

  test('what has no effect is accepted, what cannot be followed is refused with the reason', () => {
    expect(kexec(elfPath, '-f', '-x', '-y', '-a', '--noefi').status).toBe(0);
    expect(kexec(elfPath, '-s')).toMatchObject({ status: 3, stderr: expect.stringContaining('ENOSYS') });
    expect(kexec(elfPath, '--dtb', 'x')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('device tree'),
    });
    expect(kexec(elfPath, '--args-elf', '--args-none').status).toBe(2);
    expect(kexec(elfPath, '--serial-baud', '7').stderr).toContain('[BAD_OPTION]');
  });
});

describe('plan, inspect and explain', () => {
  test('plan shows places and rules, and is 3 when the load would fail', () => {
    const { status, stdout } = kexec('plan', elfPath, '--append', 'x', '--memory', '64M');
    expect(stdout).toMatch(/segments\n {2}00003000-00004fff .* boot_params\n/);
    expect(stdout).toContain('PASS  no two segments overlap');
    expect(stdout).toMatch(/kernel {2}\d+ pages, \d+ of them in place, control page [0-9a-f]{8}/);
    expect(status).toBe(0);
    const initrd = file('half', Buffer.alloc(9 << 20));
    const failed = kexec('plan', bzImagePath, '--initrd', initrd, '--memory', '16M', '--json');
    expect(JSON.parse(failed.stdout).plan.rules.some(({ holds }: { holds: boolean }) => !holds)).toBe(true);
    expect(failed.status).toBe(3);
  });

  test('plan takes a memory map from a copy of /proc/iomem', () => {
    const iomem = file(
      'iomem',
      '00001000-0009fbff : System RAM\n00100000-01ffffff : System RAM\n  01000000-0117ffff : Kernel code\n',
    );
    expect(kexec('plan', elfPath, '--iomem', iomem).stdout).toContain(
      'RAM\n  00001000-0009efff\n  00100000-01ffffff\n',
    );
    expect(kexec('plan', elfPath, '--iomem', file('none', '00000000-00000000 : System\n')).status).toBe(2);
  });

  test('inspect prints a field, asserts one, and compares two files', () => {
    expect(kexec('inspect', bzImagePath, '--field', 'header.version').stdout).toBe('0x20f\n');
    expect(kexec('inspect', bzImagePath, '--assert', 'type=bzImage').status).toBe(0);
    expect(kexec('inspect', bzImagePath, '--assert', 'type=elf-x86')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('type is bzImage, not elf-x86'),
    });
    const other = file('other', changed(bzImage, 0x260, 0, 0, 1, 0));
    expect(kexec('inspect', '--diff', bzImagePath, other).stdout).toMatch(
      /^header\.init_size: 0x\w+ -> 0x10000\n$/,
    );
    expect(kexec('inspect', file('no', 'no kernel')).status).toBe(4);
  });

  test('explain knows codes, numbers and errnos', () => {
    expect(kexec('explain', 'KX1402').stdout).toMatch(/^OVERLAP KX1402: /);
    expect(kexec('explain').stdout).toMatch(/^KX1001 {2}EMPTY_FILE {2}/);
    expect(kexec('explain', 'NONSENSE').status).toBe(2);
  });
});

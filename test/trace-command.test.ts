/** `kexec trace` as a script sees it: text, JSON, and what ui.perfetto.dev opens. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBzImageGuest } from '@kexec/guests';
import type { JumpEvent } from '@kexec/machine';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { traceEventFaults } from './trace-event-format.js';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-trace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function trace(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, 'trace', ...args], {
    encoding: 'utf8',
    input: '',
    maxBuffer: 64 << 20,
  });
  return { status, stdout, stderr };
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const bzImage = file('bzImage', createBzImageGuest());

interface TraceFile {
  readonly schemaVersion: number;
  readonly events: readonly JumpEvent[];
  readonly exitCode: number;
  readonly end: string;
}

describe('kexec trace', () => {
  test('shows the jump of the demo kernel from reboot(2) to its end, within 80 columns', () => {
    const { status, stdout, stderr } = trace();
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /reboot\(LINUX_REBOOT_CMD_KEXEC\)\n[\s\S]*device hpet: shut down[\s\S]*machine_kexec\n[\s\S]*CR3 [\s\S]*relocate_new_kernel\n[\s\S]*-PG\n[\s\S]*copy [0-9a-f]{8} -> [0-9a-f]{8} {2}\d+ pages?\n[\s\S]*\* the purgatory is entered\n[\s\S]*\* the kernel is entered\n[\s\S]*\* first byte on ttyS0\n[\s\S]*the machine stops: exit\n5 pages copied, in 3 runs\n$/,
    );
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('is the same twice, and without the translator', () => {
    const once = trace(bzImage, '--format', 'json');
    expect(once.status).toBe(0);
    expect(trace(bzImage, '--format', 'json').stdout).toBe(once.stdout);
    expect(trace(bzImage, '--json', '--no-jit').stdout).toBe(once.stdout);
  });

  test('--format json is one object, with an event a line and every page', () => {
    const { stdout } = trace(bzImage, '--format', 'json');
    const { schemaVersion, events, exitCode, end }: TraceFile = JSON.parse(stdout);
    expect([schemaVersion, exitCode, end]).toEqual([1, 0, 'exit']);
    expect(
      stdout
        .split('\n')
        .slice(1, -2)
        .map((line) => JSON.parse(line.replace(/,$/, ''))),
    ).toEqual(events);
    const planned = spawnSync(process.execPath, [bundle, 'plan', bzImage, '--json'], { encoding: 'utf8' });
    expect(events.filter(({ kind }) => kind === 'copy').length).toBe(JSON.parse(planned.stdout).kernel.pages);
  });

  test('--format perfetto is valid Trace Event Format, and slices lie within each other', () => {
    const { stdout } = trace(bzImage, '--format', 'perfetto');
    expect(traceEventFaults(stdout)).toEqual([]);
    const names = JSON.parse(stdout).traceEvents.map(({ name }: { name: string }) => name);
    for (const name of ['machine_kexec', 'relocate_new_kernel', 'purgatory', 'hpet', 'page', 'CR0', 'GDTR'])
      expect(names).toContain(name);
  });

  test('the format’s checker sees what is wrong', () => {
    const slice = { ph: 'X', name: 'a', pid: 1, tid: 1, ts: 0, dur: 10 };
    const faults = (...traceEvents: object[]) => traceEventFaults(JSON.stringify({ traceEvents })).length;
    expect(faults(slice, { ...slice, ts: 10 }, { ...slice, ts: 2, dur: 3 })).toBe(0);
    expect(faults(slice, { ...slice, ts: 5 })).toBe(1);
    expect(faults({ ...slice, ph: 'Z' })).toBe(1);
    expect(faults({ ...slice, dur: undefined })).toBe(1);
    expect(faults({ ph: 'i', name: 'b', pid: 1, tid: 1, ts: 0 })).toBe(1);
  });

  test('-o writes a file and nothing to stdout; --until ends at a milestone', () => {
    const path = join(folder, 'out.json');
    expect(trace('--until', 'kernel-entry', '--json', '-o', path)).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    const { events, end }: TraceFile = JSON.parse(readFileSync(path, 'utf8'));
    expect([end, events.at(-1)]).toEqual([
      'kernel-entry',
      expect.objectContaining({ milestone: 'kernel-entry' }),
    ]);
    expect(trace('-o', join(folder, 'nowhere', 'x'))).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('[ENOENT]'),
    });
  });

  test('ends whole when a limit ends it, and says so', () => {
    const { status, stdout, stderr } = trace('--icount-limit', '1000', '--json');
    expect([status, JSON.parse(stdout).end]).toEqual([124, 'icount-limit']);
    expect(stderr).toContain('the instruction limit is reached');
  });

  test('shows a jump that fails up to the instruction that fails', () => {
    const { status, stdout, stderr } = trace('--cpu', '386', '--engine', 'historic');
    expect(stdout).toMatch(/\* paging off\n.*the machine stops: triple-fault\n0 pages copied/);
    expect(stderr).toMatch(/mov\s+eax,\s?cr4/);
    expect(status).toBe(5);
  });

  test('--console adds what the new kernel says, on stderr', () => {
    expect(trace('--console').stderr).toContain('kexec demo kernel, static ELF, entered.');
  });
});

const vmlinuz = fixture('vmlinuz');
const KERNEL = fileURLToPath(new URL('../.cache/fixtures/vmlinuz', import.meta.url));

describe.skipIf(!vmlinuz)('Debian’s Linux', () => {
  const SPEAKS = ['--append', 'earlyprintk=serial,ttyS0,115200'];

  test('passes each milestone from its entry to its version', () => {
    const { status, stdout } = trace(KERNEL, ...SPEAKS, '--until', 'linux-version', '--json');
    const { events }: TraceFile = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(events.flatMap((event) => (event.kind === 'milestone' ? [event.milestone] : []))).toEqual([
      'pg-off',
      'purgatory',
      'kernel-entry',
      'decompressed',
      'pg-on',
      'first-serial-byte',
      'linux-version',
    ]);
    const jump = events.find((event) => event.kind === 'milestone' && event.milestone === 'decompressed');
    // kernel_alignment of this kernel.
    expect((jump?.eip ?? 1) % 0x100_0000).toBe(0);
    expect(events.at(-1)).toMatchObject({ text: expect.stringContaining('Linux version 6.1.') });
  }, 600_000);

  test('entered in real mode goes to protected mode by itself', () => {
    const args = ['--real-mode', '--until', 'kernel-entry', '--json'];
    const { events }: TraceFile = JSON.parse(trace(KERNEL, ...args).stdout);
    const milestones = events.flatMap((event) => (event.kind === 'milestone' ? [event.milestone] : []));
    expect(milestones.filter((name) => name !== 'first-serial-byte')).toEqual([
      'pg-off',
      'purgatory',
      'pe-off',
      'setup-entry',
      'pe-on',
      'kernel-entry',
    ]);
  }, 600_000);

  test('as a crash kernel is in place already: no page is copied', () => {
    const args = ['--crash', '--kernel-args', 'crashkernel=64M', '--until', 'purgatory'];
    const { status, stdout } = trace(KERNEL, ...args);
    expect(stdout).toMatch(/ panic\n[\s\S]*device lapic: quieted, .*[\s\S]*\n0 pages copied/);
    expect(status).toBe(0);
  });
});

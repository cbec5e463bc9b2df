/** Two processes that see the same dead owner's lock at the same time. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MachineStore } from './machine-store.js';

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  return { ...original, renameSync: vi.fn(original.renameSync) };
});
const { renameSync } = await vi.importActual<typeof import('node:fs')>('node:fs');

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'kexec-race-'));
  fs.writeFileSync(lockPath(), `${spawnSync(process.execPath, ['-e', '']).pid}\n`);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const lockPath = () => join(folder, 'm.lock');
const faster = `${process.ppid}\n`;

/** Lets something happen after this process has seen the dead owner and before it renames the lock. */
function beforeRename(happens: () => void): void {
  vi.mocked(fs.renameSync).mockImplementationOnce((from, to) => {
    happens();
    renameSync(from, to);
  });
}

test('the slower one gives the lock of the faster back', async () => {
  beforeRename(() => fs.writeFileSync(lockPath(), faster));
  await expect(new MachineStore('m', folder).locked(() => {})).rejects.toMatchObject({
    code: 'MACHINE_LOCKED',
    message: `the machine is in use by process ${process.ppid}`,
  });
  expect(fs.readFileSync(lockPath(), 'utf8')).toBe(faster);
  expect(fs.readdirSync(folder)).toEqual(['m.lock']);
});

test('a lock that the faster one has moved away can be had by whoever creates it first', async () => {
  beforeRename(() => fs.rmSync(lockPath()));
  expect(await new MachineStore('m', folder).locked(() => fs.readFileSync(lockPath(), 'utf8'))).toBe(
    `${process.pid}\n`,
  );
  expect(fs.readdirSync(folder)).toEqual([]);
});

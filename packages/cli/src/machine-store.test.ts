/** Saved machines on disk: names, snapshots, and who may write. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MachineStore, stateDirectory } from './machine-store.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kexec-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => new MachineStore('m', folder);
const lockPath = () => join(folder, 'm.lock');

/** A process that has been and is no more. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('a name', () => {
  test.each(['default', 'a.b', 'A_1-2'])('can be "%s"', (name) =>
    expect(new MachineStore(name, folder).path).toBe(join(folder, `${name}.snapshot`)),
  );

  test.each(['', '.', '..', '.hidden', 'a/b', '../a', 'a b', 'a\n'])('cannot be %j', (name) =>
    expect(() => new MachineStore(name, folder)).toThrow(
      expect.objectContaining({ code: 'MACHINE_NAME', exitCode: 2 }),
    ),
  );
});

test('the state directory is that of XDG', () => {
  expect(stateDirectory({ XDG_STATE_HOME: '/state' })).toBe('/state/kexec');
  expect(stateDirectory({})).toMatch(/\.local\/state\/kexec$/);
});

describe('a snapshot', () => {
  test('is read as it was written, and gone after remove', () => {
    const store = open();
    expect(store.read()).toBeUndefined();
    store.write(Uint8Array.of(1, 2));
    store.write(Uint8Array.of(3));
    expect(store.read()).toEqual(Buffer.of(3));
    expect(readdirSync(folder)).toEqual(['m.snapshot']);
    store.remove();
    expect(store.read()).toBeUndefined();
  });

  test('that cannot be put in place leaves what was there, and no part of itself', () => {
    const store = open();
    mkdirSync(store.path);
    expect(() => store.write(Uint8Array.of(1))).toThrow();
    expect(readdirSync(folder)).toEqual(['m.snapshot']);
  });
});

describe('the lock', () => {
  test('names its owner while the work lasts, and is gone after it, also when it fails', async () => {
    const owner = await open().locked(() => readFileSync(lockPath(), 'utf8'));
    expect(owner).toBe(`${process.pid}\n`);
    expect(existsSync(lockPath())).toBe(false);
    await expect(open().locked(() => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(existsSync(lockPath())).toBe(false);
  });

  test('of a live process refuses another, and stays', async () => {
    await open().locked(async () => {
      await expect(open().locked(() => {})).rejects.toMatchObject({
        code: 'MACHINE_LOCKED',
        exitCode: 6,
        message: `the machine is in use by process ${process.pid}`,
      });
      expect(existsSync(lockPath())).toBe(true);
    });
  });

  test('of a dead process is taken over, and nothing of it stays', async () => {
    writeFileSync(lockPath(), `${deadPid()}\n`);
    const owner = await open().locked(() => readFileSync(lockPath(), 'utf8'));
    expect(owner).toBe(`${process.pid}\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that names nobody is respected while it is fresh', async () => {
    writeFileSync(lockPath(), '');
    await expect(open().locked(() => {})).rejects.toMatchObject({ code: 'MACHINE_LOCKED' });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lockPath(), longAgo, longAgo);
    expect(await open().locked(() => 'taken')).toBe('taken');
  });
});

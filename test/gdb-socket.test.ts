/** The socket of `--gdb`: who is served, who is refused, and how a run with one ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { afterAll, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-gdb-socket-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Machines that a test which failed has left running. */
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill();
});
const busy = join(folder, 'busy.elf');
writeFileSync(busy, createElf('entry: jmp entry\n'));

/** A socket, and what came from it. */
function listened(socket: Socket) {
  let text = '';
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (part) => {
    text += part;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  return { socket, text: () => text, isClosed: () => isClosed };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Starts a machine on a free port, and runs `work` with that. @returns exit code and stderr */
async function withMachine(args: readonly string[], work: (port: number) => Promise<void>) {
  const child = spawn(
    process.execPath,
    [bundle, busy, '--args-none', '--memory', '32M', '--gdb', '0', ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  children.add(child);
  let stderr = '';
  child.stderr.setEncoding('latin1');
  child.stderr.on('data', (part: string) => {
    stderr += part;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    await until(() => /127\.0\.0\.1:\d+/.test(stderr) || child.exitCode !== null);
    await work(Number(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]));
    return { exitCode: await ended, stderr };
  } finally {
    child.kill();
  }
}

test('a machine that runs stops for a client; a second is closed; a client that goes may come again', async () => {
  const { exitCode, stderr } = await withMachine([], async (port) => {
    const first = listened(connect(port));
    first.socket.write('$?#3f');
    await until(() => first.text().includes('$T02thread:01;'));
    const second = listened(connect(port));
    await until(second.isClosed);
    expect(first.isClosed()).toBe(false);
    first.socket.destroy();
    // The server may not have heard yet that the first is gone.
    let third = listened(connect(port));
    third.socket.write('$qC#b4');
    await until(() => {
      if (third.isClosed()) {
        third = listened(connect(port));
        third.socket.write('$qC#b4');
      }
      return third.text().includes('$QC01#f5');
    });
    third.socket.write('$k#6b');
    await until(third.isClosed);
  });
  expect(stderr).toContain('ended from the debugger');
  expect(exitCode).toBe(0);
});

test('the limits of a run hold while it waits for a debugger', async () => {
  const { exitCode } = await withMachine(['--wait-gdb', '--timeout', '1s'], async () => undefined);
  expect(exitCode).toBe(124);
});

test('a port that is taken, a place that is none, and a command that runs nothing are refused with words', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const kexec = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [bundle, ...args], {
      encoding: 'latin1',
      input: '',
    });
    return { status, stderr };
  };
  expect(kexec('demo', '--gdb', `${port}`)).toMatchObject({
    status: 6,
    stderr: expect.stringContaining('GDB_LISTEN'),
  });
  taken.close();
  expect(kexec('--gdb', busy)).toMatchObject({ status: 2, stderr: expect.stringContaining('behind FILE') });
  expect(kexec('-l', busy, '--wait-gdb')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('USAGE'),
  });
});

/** The beginning of Debian's boot: the same again, from a snapshot in a process of its own, and without the translator. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { fixture } from './fixture.js';

const vmlinuz = fixture('vmlinuz');
const path = fileURLToPath(new URL('../.cache/fixtures/vmlinuz', import.meta.url));
const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-determinism-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Instructions: into the decompressor's work, whose code is hot by then. */
const MIDDLE = 10_000_000;
const END = 20_000_000;

/** @returns the saved machine: its memory, CPU, devices and time, to the byte */
function stateAfter(instructions: number, ...args: string[]): Buffer {
  const saved = join(folder, `${instructions}`);
  const { status } = spawnSync(process.execPath, [
    ...[bundle, ...args, '--icount-limit', `${instructions}`, '--snapshot-save', saved],
  ]);
  expect(status).toBe(124);
  return readFileSync(saved);
}

test.skipIf(!vmlinuz)(
  'A boot ends in the same state, to the byte, at once, again, in two processes, and interpreted',
  () => {
    const atOnce = stateAfter(END, path);
    const again = stateAfter(END, path);
    const interpreted = stateAfter(END, path, '--no-jit');
    const middle = stateAfter(MIDDLE, path);
    const inTwo = stateAfter(END - MIDDLE, '--snapshot-load', join(folder, `${MIDDLE}`));
    const same = [again, interpreted, middle, inTwo].map((state) => state.equals(atOnce));
    expect(same).toEqual([true, true, false, true]);
  },
);

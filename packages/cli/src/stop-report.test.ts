/** What each end of a run means to a script. */
import { expect, test } from 'vitest';
import type { RunStop } from './run-stop.js';
import { describeStop } from './stop-report.js';
import { FakeMachine } from './testing/fake-machine.js';

const STOPS: readonly (readonly [stop: RunStop, exitCode: number, words: RegExp | undefined])[] = [
  [{ kind: 'exit', code: 0 }, 0, undefined],
  [{ kind: 'exit', code: 9 }, 9, undefined],
  [{ kind: 'reset', by: 'i8042' }, 0, /reset the machine \(i8042\)/],
  [{ kind: 'escape' }, 0, /console/],
  [{ kind: 'interrupted', signal: 'SIGINT' }, 130, /SIGINT/],
  [{ kind: 'interrupted', signal: 'SIGTERM' }, 143, /SIGTERM/],
  [{ kind: 'timeout' }, 124, /time limit/],
  [{ kind: 'icount-limit' }, 124, /instruction limit/],
  [{ kind: 'halted-forever' }, 5, /interrupts off/],
  [{ kind: 'idle' }, 5, /stdin has ended/],
  [{ kind: 'stop' }, 5, /machine stopped: stop/],
];

test.each(STOPS)('%j → %i', (stop, exitCode, words) => {
  const end = describeStop(stop, new FakeMachine(), 'Halting.');
  expect(end.exitCode).toBe(exitCode);
  if (words === undefined) expect(end.message).toBeUndefined();
  else expect(end.message).toMatch(words);
});

test('a run that went wrong tells where the guest stands, and its last words', () => {
  const { message } = describeStop({ kind: 'timeout' }, new FakeMachine(), 'Freeing memory');
  expect(message).toContain('eip 00100000, cs 0010, eflags 00000002, cr0 00000001, cr3 00000000');
  expect(message).toContain('last line on ttyS0: Freeing memory');
});

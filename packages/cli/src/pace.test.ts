/** The pace of HLT: sleeps that were too long are made good by the next ones. */
import { expect, test } from 'vitest';
import { Pace } from './pace.js';

function paced() {
  let now = 1000;
  const pace = new Pace(() => now);
  return { pace, pass: (milliseconds: number) => (now += milliseconds) };
}

test('time in HLT is slept as long as it lasts', () => {
  const { pace, pass } = paced();
  expect(pace.sleepFor(50)).toBe(50);
  pass(50);
  expect(pace.sleepFor(50)).toBe(50);
});

test('a sleep that was too long makes the next shorter', () => {
  const { pace, pass } = paced();
  pace.sleepFor(50);
  pass(58);
  expect(pace.sleepFor(50)).toBe(42);
});

test('after a long busy time the host does not hurry', () => {
  const { pace, pass } = paced();
  pass(60_000);
  expect(pace.sleepFor(50)).toBe(0);
  expect(pace.sleepFor(200)).toBe(50);
});

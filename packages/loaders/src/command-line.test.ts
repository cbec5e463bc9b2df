/** The command line: its zero, its limit in bytes, and what is refused. */
import { expect, test } from 'vitest';
import { encodeCommandLine } from './command-line.js';
import { refusal } from './testing/refusal.js';

test('a command line ends with a zero', () => {
  expect([...encodeCommandLine('ab', 255)]).toEqual([0x61, 0x62, 0]);
  expect([...encodeCommandLine('', 0)]).toEqual([0]);
});

test('cmdline_size does not count the zero', () => {
  expect(encodeCommandLine('x'.repeat(2047), 2047)).toHaveLength(2048);
  const error = refusal('COMMAND_LINE_TOO_LONG', () => encodeCommandLine('x'.repeat(2048), 2047));
  expect(error.details).toMatchObject({ length: 2048, limit: 2047 });
  expect(error.remedy).toBe('shorten it by 1 bytes');
});

test('the limit is in bytes, not characters', () => {
  refusal('COMMAND_LINE_TOO_LONG', () => encodeCommandLine('é', 1));
});

test('a NUL inside would hide the rest, and is refused', () => {
  refusal('COMMAND_LINE_NUL', () => encodeCommandLine('a\0b', 255));
});

/** Option values: what is read, and what is refused. */
import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseCount, parseDuration, parseSize } from './options.js';

describe('a duration', () => {
  test.each([
    ['90s', 90_000],
    ['2m', 120_000],
    ['1500ms', 1500],
    ['1h', 3_600_000],
    ['1.5', 1500],
    ['0', 0],
  ])('%s', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  test.each(['', 's', '-1s', '1d', '1 s', '1e3'])('refuses "%s"', (text) =>
    expect(() => parseDuration(text)).toThrow(InvalidArgumentError),
  );
});

describe('a count', () => {
  test.each([
    ['0', 0],
    ['1000000', 1_000_000],
    ['1_000_000', 1_000_000],
    ['1,000', 1000],
  ])('%s', (text, count) => expect(parseCount(text)).toBe(count));

  test.each(['', '_', '-1', '1.5', '1k'])('refuses "%s"', (text) =>
    expect(() => parseCount(text)).toThrow(InvalidArgumentError),
  );
});

describe('a size', () => {
  test.each([
    ['4096', 4096],
    ['64K', 0x1_0000],
    ['256M', 0x1000_0000],
    ['1g', 0x4000_0000],
    ['64MiB', 0x400_0000],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'M', '64T', '-1', '1.5G'])('refuses "%s"', (text) =>
    expect(() => parseSize(text)).toThrow(InvalidArgumentError),
  );
});

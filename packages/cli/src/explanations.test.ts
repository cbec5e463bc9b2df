/** Every code that is thrown anywhere is explained, once, and nothing else is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { wrap } from './commands/explain.js';
import { EXPLANATIONS, findExplanation } from './explanations.js';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** The sources of every package, without their tests. */
function sources(): string[] {
  return readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('testing'))
      .map((path) => readFileSync(join(packages, name, 'src', path), 'utf8')),
  );
}

/** Codes that stand where an error is made; those in a variable come from a table of which each row is one of these. */
function thrownCodes(): Set<string> {
  const codes = new Set<string>();
  const made =
    /(?:new \w*Error|refuse\w*|super)\(\s*(?:EXIT\.\w+,\s*)?(?:[^'"`,()]{0,60}\? )?'([A-Z][A-Z0-9_]+)'(?:\s*:\s*'([A-Z][A-Z0-9_]+)')?/g;
  for (const text of sources()) {
    for (const [, first, second] of text.matchAll(made)) {
      if (first) codes.add(first);
      if (second) codes.add(second);
    }
  }
  return codes;
}

const thrown = thrownCodes();

test('the scan finds what it should', () => {
  expect(thrown.size).toBeGreaterThan(90);
  for (const code of [
    'TRUNCATED',
    'SEGMENT_OUTSIDE_RAM',
    'SNAPSHOT_CHECKSUM',
    'MACHINE_LOCKED',
    'SYNTAX',
    'RAM_SIZE',
  ])
    expect(thrown).toContain(code);
});

test.each([...thrown].sort())('%s is explained', (code) => {
  expect(findExplanation(code)?.code).toBe(code);
});

describe('the table', () => {
  test('has each code and each number once', () => {
    const codes = EXPLANATIONS.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    const numbers = EXPLANATIONS.flatMap(({ number }) => number ?? []);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test.each(EXPLANATIONS)('$code has a title and a paragraph that ends as a sentence', ({ title, text }) => {
    expect(title).toMatch(/^[a-z–\p{L}].{8,}[^.]$/u);
    expect(text).toMatch(/\.$/);
    expect(text).not.toContain('\n');
  });

  test('is searched by code, by number and by errno, in any case', () => {
    expect(findExplanation('overlap')?.number).toBe('KX1402');
    expect(findExplanation('KX1402')?.code).toBe('OVERLAP');
    expect(findExplanation('EINVAL')?.code).toBe('SYSCALL_EINVAL');
    expect(findExplanation('NONE_SUCH')).toBeUndefined();
  });
});

test('a text is cut into lines of at most 80 columns, and loses no word', () => {
  const text = EXPLANATIONS[0]?.text ?? '';
  const lines = wrap(text).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.join(' ')).toBe(text);
});

/** What the pages show as typed and printed in a terminal is typed here, and printed (vitest -u writes the pages). */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agrees, ConsoleSession, consoleSteps, missingFixtures } from './console-session.js';
import { codeBlocks, PAGES, pages, withBlocks } from './pages.js';

const withConsole = pages().filter((page) => codeBlocks(page).some(({ language }) => language === 'console'));

test.each(withConsole)('$path', { timeout: 600_000 }, async (page) => {
  const files = Object.fromEntries(
    codeBlocks(page).flatMap(({ title, code }) => (title === undefined ? [] : [[title, code]])),
  );
  const session = new ConsoleSession(files);
  try {
    const text = withBlocks(page, (code, language) => {
      if (language !== 'console') return undefined;
      const steps = consoleSteps(code);
      const missing = missingFixtures(steps);
      if (missing.length === 0) return session.run(steps);
      console.warn(
        `SKIPPED: a block of ${page.path} wants ${missing.join(', ')}; "pnpm fixtures" fetches it`,
      );
      return undefined;
    });
    await expect(text).toMatchFileSnapshot(join(PAGES, page.path));
  } finally {
    session.close();
  }
});

describe('what a page may leave out', () => {
  test.each<[string, string[], string[], boolean]>([
    ['nothing, unless it says so', ['a', 'b'], ['a', 'b'], true],
    ['a line', ['a'], ['a', 'b'], false],
    ['the end', ['a', '…'], ['a', 'b', 'c'], true],
    ['the beginning', ['…', 'c'], ['a', 'b', 'c'], true],
    ['the middle', ['a', '…', 'd'], ['a', 'b', 'c', 'd'], true],
    ['no line that is not printed', ['a', '…', 'x', '…'], ['a', 'b', 'c'], false],
    ['the order', ['…', 'c', '…', 'b', '…'], ['a', 'b', 'c'], false],
    ['what comes last', ['a', '…', 'b'], ['a', 'b', 'c'], false],
    ['output that is empty', [], [''], true],
  ])('%s', (_, shown, printed, expected) => expect(agrees(shown, printed)).toBe(expected));
});

/** The command that an island copies is one that a shell takes apart again. */
import { expect, test } from 'vitest';
import { commandLine, imageWords, quoted, setupWords } from './command-line.js';
import { readState, stateHash } from './permalink.js';

test('a word with anything special in it stands in single quotes', () => {
  expect(quoted('console=ttyS0')).toBe('console=ttyS0');
  expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'");
  expect(quoted('')).toBe("''");
});

test('what is as the command has it anyway, is left out', () => {
  const image = { kernel: 'elf', append: 'console=ttyS0 demo=1' } as const;
  expect([
    ...imageWords(image),
    ...setupWords({ memory: '128M', engine: 'fixed', translator: true }),
  ]).toEqual(['demo', 'elf']);
  const other = imageWords({ kernel: 'bzimage', append: 'a b' });
  expect(commandLine([...other, ...setupWords({ memory: '64M', cpu: '386', translator: false })])).toBe(
    "npx -y pnpm@10.34.9 kexec demo bzimage --append 'a b' --memory 64M --cpu 386 --no-jit",
  );
});

test('a link’s state is read as it was written, and a heading’s address is none', () => {
  const state = { kernel: 'bzimage', append: 'a=1&b=ä c#', memory: undefined };
  expect(readState('live', stateHash('live', state))).toEqual({ kernel: 'bzimage', append: 'a=1&b=ä c#' });
  expect(readState('live', '#what-to-try')).toBeUndefined();
  expect(readState('live', stateHash('pages', state))).toBeUndefined();
});

/** Ctrl-A on the console, however the keys come in. */
import { describe, expect, test } from 'vitest';
import { attachConsole, EscapeFilter } from './terminal.js';

const CTRL_A = '\x01';

function feed(...chunks: string[]) {
  const seen = { input: '', commands: 0, help: 0 };
  const filter = new EscapeFilter(
    {
      input: (bytes) => {
        seen.input += new TextDecoder('latin1').decode(bytes);
      },
      end: () => {},
      command: () => {
        seen.commands += 1;
      },
    },
    () => {
      seen.help += 1;
    },
  );
  for (const chunk of chunks) filter.feed(new TextEncoder().encode(chunk));
  return seen;
}

describe('EscapeFilter', () => {
  test('lets other keys through', () => {
    expect(feed('ls\r')).toEqual({ input: 'ls\r', commands: 0, help: 0 });
  });

  test('Ctrl-A Ctrl-A sends one Ctrl-A', () => {
    expect(feed(`a${CTRL_A}${CTRL_A}b`)).toEqual({ input: `a${CTRL_A}b`, commands: 0, help: 0 });
  });

  test.each(['x', 'X'])('Ctrl-A %s asks for the end, and the guest hears nothing of it', (key) => {
    expect(feed(`${CTRL_A}${key}`)).toEqual({ input: '', commands: 1, help: 0 });
  });

  test.each(['h', '?'])('Ctrl-A %s shows help', (key) => {
    expect(feed(`a${CTRL_A}${key}b`)).toEqual({ input: 'ab', commands: 0, help: 1 });
  });

  test('the two keys may come in two chunks', () => {
    expect(feed(`a${CTRL_A}`, 'xb')).toEqual({ input: 'ab', commands: 1, help: 0 });
    expect(feed(CTRL_A, CTRL_A, 'x')).toEqual({ input: `${CTRL_A}x`, commands: 0, help: 0 });
  });
});

test('detach leaves no listener on stdin', () => {
  const { stdin } = process;
  const events = ['data', 'end', 'error'] as const;
  const count = () => events.map((event) => stdin.listenerCount(event));
  const before = count();
  const console = attachConsole({ input: () => {}, end: () => {}, command: () => {} });
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  console.detach();
  expect(count()).toEqual(before);
});

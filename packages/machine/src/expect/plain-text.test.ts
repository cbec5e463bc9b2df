/** Plain text is the same however the line cuts it into pieces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlainText } from './plain-text.js';

const plain = (...pieces: readonly string[]) => {
  const filter = new PlainText();
  return pieces.map((piece) => filter.push(piece)).join('') + filter.settle();
};

test.each([
  ['time stamps', '[    0.000000] Linux version\r\n[   12.345678] x\n', 'Linux version\nx\n'],
  ['levels before them', '<6>[    1.000000] a\n', 'a\n'],
  ['colours and cursor movements', '\x1b[1;31mred\x1b[0m\x1b[2Jtext\x1b[?25l', 'redtext'],
  ['a title up to BEL or ST', '\x1b]0;title\x07a\x1b]2;t\x1b\\b', 'ab'],
  ['character sets', '\x1b(Ba\x1bcb', 'ab'],
])('takes %s out', (_, text, expected) => {
  expect(plain(text)).toBe(expected);
});

test.each([
  '[ OK ] Started\n',
  'a [    1.000000] b\n',
  '<tag> and <6> and [1.5]\n',
  '[    1.00000] five digits\n',
  '[ 3',
  '~ # ',
])('leaves %j as it is', (text) => {
  expect(plain(text)).toBe(text);
});

test('says at once what cannot become a time stamp: a prompt has no newline after it', () => {
  const filter = new PlainText();
  expect(filter.push('login: ')).toBe('login: ');
  expect(filter.push('\n[  ')).toBe('\n');
  expect(filter.push('x')).toBe('[  x');
});

test('does not depend on where the text is cut', () => {
  const piece = fc.constantFrom(
    '\x1b',
    '[',
    '[    1.234567] ',
    '<6>',
    '0m',
    '\n',
    '\r',
    ']',
    'a b',
    '\\',
    '\x07',
    '1.5',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(9)), (pieces, cuts) => {
      const text = pieces.join('');
      const cut: string[] = [];
      let rest = text;
      for (const length of cuts) {
        cut.push(rest.slice(0, length));
        rest = rest.slice(length);
      }
      expect(plain(...cut, rest)).toBe(plain(text));
    }),
  );
});

/** Tests of where a debugger may connect. */
import { expect, test } from 'vitest';
import { DEFAULT_GDB_PLACE, describeGdbPlace, parseGdbPlace } from './gdb-place.js';

test.each([
  ['1234', '127.0.0.1:1234'],
  ['tcp::1234', '127.0.0.1:1234'],
  ['tcp:0.0.0.0:0', '0.0.0.0:0'],
  ['unix:/tmp/a b', '/tmp/a b'],
])('%s is %s', (text, target) => {
  expect(describeGdbPlace(parseGdbPlace(text))).toBe(target);
});

test.each(['vmlinuz', '65536', '-1', 'tcp:1234', 'unix:', '', '1234x', 'udp::1234'])(
  '"%s" is refused',
  (text) => {
    expect(() => parseGdbPlace(text)).toThrow(/tcp::PORT/);
  },
);

test('the default is QEMU’s, on this machine alone', () => {
  expect(describeGdbPlace(DEFAULT_GDB_PLACE)).toBe('127.0.0.1:1234');
});

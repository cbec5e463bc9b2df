/** A record is read as it was written, cut off anywhere it is good up to there, and changed anywhere it is refused. */
import { KexecError } from '@kexec/phys-mem';
import { expect, test } from 'vitest';
import { programMachine } from '../testing/gdb-client.js';
import { Recorder } from './recorder.js';
import { Replay } from './replay.js';
import { decodeRecord } from './run-record.js';

const busyMachine = () => programMachine('busy: inc ax\njmp busy\n');

/** A run of 3,000 instructions with two bytes typed after the first and the second thousand. */
function recorded(): string {
  let text = '';
  const recorder = new Recorder(busyMachine(), {
    program: '1.2.3',
    conditions: { of: 'a test' },
    write: (line) => {
      text += line;
    },
  });
  for (const byte of [0x41, 0x42]) {
    recorder.run({ instructions: 1000 });
    recorder.input(Uint8Array.of(byte));
  }
  recorder.run({ instructions: 1000 });
  recorder.end({ kind: 'enough' }, false);
  return text;
}

const text = recorded();
const bytes = (of: string) => new TextEncoder().encode(of);

test('what was written is read', () => {
  const { program, conditions, start, events, end } = decodeRecord(bytes(text));
  const from = start.position.icount;
  expect([program, conditions]).toEqual(['1.2.3', { of: 'a test' }]);
  expect(events.map(({ position, input }) => [position.icount - from, input?.[0]])).toEqual([
    [1000, 0x41],
    [2000, 0x42],
  ]);
  expect([end?.position.icount, end?.stop]).toEqual([from + 3000, { kind: 'enough' }]);
});

test('cut off at any byte behind its start it is a record without an end, and before that none', () => {
  const [head = '', start = ''] = text.split('\n');
  const begun = head.length + start.length + 2;
  for (let length = 0; length < text.length; length++) {
    const read = () => decodeRecord(bytes(text.slice(0, length)));
    if (length < begun)
      expect(read).toThrow(expect.objectContaining({ code: expect.stringMatching(/^RECORD_/) }));
    else expect(read().end).toBeUndefined();
  }
});

test('with any one character changed it is refused, or loses lines at its end', () => {
  const whole = decodeRecord(bytes(text));
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] === '0' ? '1' : '0';
    const changed = text.slice(0, at) + letter + text.slice(at + 1);
    try {
      const { events, end } = decodeRecord(bytes(changed));
      // The last newline: the line before it was not written to its end.
      expect([at, events, end]).toEqual([text.length - 1, whole.events, undefined]);
    } catch (error) {
      if (!(error instanceof KexecError)) throw error;
      expect(error.code).toMatch(/^RECORD_(FORMAT|VERSION|CHECKSUM)$/);
    }
  }
});

test('a replay comes to its end, however it is sliced, and no further', () => {
  const record = decodeRecord(bytes(text));
  for (const instructions of [1, 7, 999, 1_000_000]) {
    const replay = new Replay(record, busyMachine(), false);
    let slices = 0;
    while (replay.run({ instructions }).kind !== 'record-end') slices++;
    replay.compareEnd({ kind: 'enough' });
    expect(slices).toBeLessThanOrEqual(3000 / instructions + 3);
    expect(() => replay.compareEnd({ kind: 'other' })).toThrow(
      expect.objectContaining({ code: 'RECORD_DIVERGED' }),
    );
  }
});

test('a replay that goes on where the recorded machine stopped by itself is another run', () => {
  const replay = new Replay(decodeRecord(bytes(text)), busyMachine(), true);
  expect(() => {
    for (;;) replay.run({ instructions: 500 });
  }).toThrow(/goes on where the recorded run ended/);
});

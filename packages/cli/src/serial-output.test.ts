/** The serial line on its way out: lines, slow readers, readers that fail. */
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { SerialOutput } from './serial-output.js';

class Reader extends Writable {
  text = '';
  /** What accepts or refuses each write that waits. */
  readonly waiting: ((error?: Error) => void)[] = [];
  readonly #slow: boolean;

  constructor(slow = false) {
    super();
    this.#slow = slow;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString('latin1');
    if (this.#slow) this.waiting.push(done);
    else done();
  }
}

function send(serial: SerialOutput, ...chunks: string[]): void {
  for (const chunk of chunks) {
    for (const byte of Buffer.from(chunk, 'latin1')) serial.onByte(byte);
    serial.flush();
  }
}

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' });

describe('the last line', () => {
  test.each([
    ['', []],
    ['one', ['one']],
    ['one', ['one\r\n']],
    ['two', ['one\r\ntwo\r\n']],
    ['hello', ['he', 'llo']],
    ['hello', ['he', 'llo\r', '\n']],
    ['two', ['one\n', 'two']],
    ['two', ['one\n', 'two\n', '\n', '\r\n']],
    ['3', ['1\n2\n', '3', '\n']],
  ])('is "%s" after %j', (line, chunks) => {
    const serial = new SerialOutput(new Reader());
    send(serial, ...chunks);
    expect(serial.lastLine).toBe(line);
  });

  test('is cut where it does not end', () => {
    const serial = new SerialOutput(new Reader());
    send(serial, 'a'.repeat(3000), 'b'.repeat(1024));
    expect(serial.lastLine).toBe('b'.repeat(1024));
  });
});

describe('the bytes', () => {
  test('go out as they are, at flush', () => {
    const reader = new Reader();
    const serial = new SerialOutput(reader);
    serial.onByte(0xff);
    expect(reader.text).toBe('');
    serial.flush();
    serial.onByte(0x0a);
    serial.flush();
    expect(reader.text).toBe('\xff\n');
  });

  test('that a slow reader has not taken are waited for', async () => {
    const reader = new Reader(true);
    const serial = new SerialOutput(reader);
    send(serial, 'a');
    let isDrained = false;
    const drained = serial.drained().then(() => {
      isDrained = true;
    });
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    reader.waiting.shift()?.();
    await drained;
  });

  test('are dropped when the reader has gone away', async () => {
    const reader = new Reader(true);
    const serial = new SerialOutput(reader);
    send(serial, 'a');
    reader.waiting.shift()?.(failure('EPIPE'));
    await serial.drained();
    send(serial, 'b\n');
    await serial.drained();
    expect(reader.text).toBe('a');
    expect(serial.lastLine).toBe('ab');
    expect(serial.readerIsGone).toBe(true);
  });

  test('that a terminal refuses with EIO have lost their reader; a file’s are an error', async () => {
    const terminal = Object.assign(new Reader(true), { isTTY: true });
    const hungUp = new SerialOutput(terminal);
    send(hungUp, 'a');
    terminal.waiting.shift()?.(failure('EIO'));
    await hungUp.drained();
    expect(hungUp.readerIsGone).toBe(true);

    const reader = new Reader(true);
    const broken = new SerialOutput(reader);
    send(broken, 'a');
    reader.waiting.shift()?.(failure('EIO'));
    await expect(broken.drained()).rejects.toThrow('EIO');
    expect(broken.readerIsGone).toBe(false);
  });
});

test('a reader that fails otherwise is an error of the run', async () => {
  const reader = new Reader(true);
  const serial = new SerialOutput(reader);
  send(serial, 'a');
  reader.waiting.shift()?.(failure('ENOSPC'));
  await expect(serial.drained()).rejects.toThrow('ENOSPC');
});

/** The guest's serial line on its way out: gathered a turn at a time, written at once, at the reader's pace. */
import type { Writable } from 'node:stream';
import { ReplayedOutput } from '@kexec/machine';

/** How much is kept of a line that does not end. */
const LINE_LIMIT = 1024;

export class SerialOutput {
  readonly #stream: Writable;
  readonly #decoder = new TextDecoder('latin1');
  #pending: number[] = [];
  /** The line that has not ended yet, and the last that has and is not empty. */
  #line = '';
  #endedLine = '';
  #written: Promise<void> = Promise.resolve();
  #readerIsGone = false;
  #muted = false;
  #error: Error | undefined;

  /** @param stream - stderr where stdout is taken by a JSON result */
  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => this.#fail(error));
  }

  /** The last line with something on it, for the report of a run that went wrong. */
  get lastLine(): string {
    return this.#line.trimEnd() || this.#endedLine;
  }

  /** What a machine that goes back in time says again, is heard once. */
  readonly output = new ReplayedOutput((byte) => this.#pending.push(byte));
  readonly onByte = this.output.onByte;

  /** Whether something has come since the last flush. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Whether the reader has gone away (`| head`, a closed terminal): nobody will see what comes. */
  get readerIsGone(): boolean {
    return this.#readerIsGone;
  }

  /** Hands to the stream what has come so far. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Uint8Array.from(this.#pending);
    this.#pending = [];
    this.#keepLines(this.#decoder.decode(bytes));
    if (this.#muted) return;
    this.#written = new Promise((resolve) => {
      this.#stream.write(bytes, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
  }

  /**
   * Waits until the reader has taken all that was flushed: what a slow one leaves must not pile up here.
   *
   * @throws the stream's error, unless it says that the reader has gone away
   */
  async drained(): Promise<void> {
    // The callback of write() rather than 'drain': a stream that fails emits no 'drain'.
    if (!this.#muted) await this.#written;
    if (this.#error) throw this.#error;
  }

  #fail(error: NodeJS.ErrnoException): void {
    // write(2): EPIPE for a pipe without a reader, EIO for a terminal that has hung up.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && isTerminal(this.#stream)))
      this.#readerIsGone = true;
    else this.#error ??= error;
    this.#muted = true;
  }

  #keepLines(text: string): void {
    const lines = `${this.#line}${text}`.split(/\r?\n/);
    this.#line = (lines.pop() ?? '').slice(-LINE_LIMIT);
    this.#endedLine = lines.findLast((line) => line.trim() !== '')?.slice(-LINE_LIMIT) ?? this.#endedLine;
  }
}

function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** A trace on its way out, and the guest's serial line beside it: each at its reader's pace. */
import { Writable } from 'node:stream';
import type { RunOutput } from './run-to-end.js';
import { SerialOutput } from './serial-output.js';

/** Two streams, flushed together. */
export class TraceOutput implements RunOutput {
  /** The guest's serial line. */
  readonly console: SerialOutput;
  readonly #trace: SerialOutput;
  readonly #encoder = new TextEncoder();

  /** @param console - left out, nobody hears the guest */
  constructor(trace: Writable, console: Writable = nowhere()) {
    this.#trace = new SerialOutput(trace);
    this.console = new SerialOutput(console);
  }

  write(text: string): void {
    for (const byte of this.#encoder.encode(text)) this.#trace.onByte(byte);
  }

  get hasPending(): boolean {
    return this.#trace.hasPending || this.console.hasPending;
  }

  /** Whether nobody reads the trace any more. */
  get readerIsGone(): boolean {
    return this.#trace.readerIsGone;
  }

  flush(): void {
    this.#trace.flush();
    this.console.flush();
  }

  async drained(): Promise<void> {
    await this.#trace.drained();
    await this.console.drained();
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

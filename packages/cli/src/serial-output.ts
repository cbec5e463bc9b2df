/** The guest's serial line on its way out: gathered a slice at a time, then written at once. */

export class SerialOutput {
  /** The last line, for the report of a run that went wrong. */
  lastLine = '';
  readonly #stream: NodeJS.WriteStream;
  #pending: number[] = [];
  #muted = false;

  /** @param toStderr - stdout is taken by a JSON result */
  constructor(toStderr: boolean) {
    this.#stream = toStderr ? process.stderr : process.stdout;
    // A reader that has gone away (`| head`) is no error of ours.
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') this.#muted = true;
      else throw error;
    });
  }

  readonly onByte = (byte: number): void => {
    this.#pending.push(byte);
  };

  /** Forgets what has come so far: a load says nothing. */
  discard(): void {
    this.#pending = [];
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Uint8Array.from(this.#pending);
    this.#pending = [];
    const lines = `${this.lastLine}${new TextDecoder('latin1').decode(bytes)}`.split(/\r?\n/);
    this.lastLine = lines.at(-1) || lines.at(-2) || '';
    if (!this.#muted) this.#stream.write(bytes);
  }
}

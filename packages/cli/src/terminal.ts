/** The console: the guest's serial line on stdin and stdout, raw when both are terminals, with an escape key. */
import type { ReadStream } from 'node:tty';

const CTRL_A = 0x01;

/** What the escape key's second key asks for. */
export type ConsoleCommand = 'exit';

export interface ConsoleHandlers {
  /** Bytes for the guest. */
  input(bytes: Uint8Array): void;
  /** stdin has ended. */
  end(): void;
  command(command: ConsoleCommand): void;
}

/** A console attached to this process's stdin. */
export interface Console {
  readonly interactive: boolean;
  /** Whether stdin can still bring input. */
  readonly open: boolean;
  detach(): void;
}

/** What the banner says about the way out. */
export const ESCAPE_HELP = 'Ctrl-A x ends the machine, Ctrl-A h shows help, Ctrl-A Ctrl-A sends Ctrl-A.';

/** Attaches stdin to the guest. The terminal is restored by `detach`, and on every way out of the process. */
export function attachConsole(handlers: ConsoleHandlers): Console {
  const { stdin, stdout, stderr } = process;
  const interactive = Boolean(stdin.isTTY && stdout.isTTY);
  const keys = new EscapeFilter(handlers, () => stderr.write(`\r\n${ESCAPE_HELP}\r\n`));
  let open = true;
  const onData = (chunk: Uint8Array) => (interactive ? keys.feed(chunk) : handlers.input(chunk));
  const onEnd = () => {
    open = false;
    handlers.end();
  };
  const restore = () => {
    if (interactive) (stdin as ReadStream).setRawMode(false);
  };
  if (interactive) (stdin as ReadStream).setRawMode(true);
  process.once('exit', restore);
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  stdin.on('error', onEnd);
  return {
    interactive,
    get open() {
      return open;
    },
    detach() {
      restore();
      process.removeListener('exit', restore);
      stdin.removeListener('data', onData);
      stdin.removeListener('end', onEnd);
      stdin.removeListener('error', onEnd);
      stdin.pause();
      stdin.unref?.();
    },
  };
}

/** Splits what is typed into bytes for the guest and commands behind Ctrl-A. */
export class EscapeFilter {
  #escaped = false;
  readonly #handlers: ConsoleHandlers;
  readonly #help: () => void;

  constructor(handlers: ConsoleHandlers, help: () => void) {
    this.#handlers = handlers;
    this.#help = help;
  }

  feed(chunk: Uint8Array): void {
    const plain: number[] = [];
    for (const byte of chunk) {
      if (this.#escaped) {
        this.#escaped = false;
        this.#second(byte, plain);
      } else if (byte === CTRL_A) this.#escaped = true;
      else plain.push(byte);
    }
    if (plain.length > 0) this.#handlers.input(Uint8Array.from(plain));
  }

  #second(byte: number, plain: number[]): void {
    const key = String.fromCharCode(byte).toLowerCase();
    if (byte === CTRL_A) plain.push(CTRL_A);
    else if (key === 'x') this.#handlers.command('exit');
    else this.#help();
  }
}

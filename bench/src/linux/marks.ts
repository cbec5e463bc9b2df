/** What a guest says on its serial line about where it is, and what that moment had cost. */

/** One line that begins with @, and the costs up to it. */
export interface Mark {
  readonly line: string;
  /** CPU seconds of the thread that emulates. */
  readonly thread: number;
  /** CPU seconds of all threads of the emulator. */
  readonly all: number;
  /** Guest instructions, where the emulator counts them. */
  readonly instructions?: number;
  /** Largest resident set so far, MB. */
  readonly rss: number;
}

const NEWLINE = 10;

/** Cuts a serial stream into lines and calls for each that is a mark. */
export function markListener(onMark: (line: string) => void): (byte: number) => void {
  let line = '';
  return (byte) => {
    if (byte !== NEWLINE) {
      line += String.fromCharCode(byte);
      return;
    }
    if (line.startsWith('@')) onMark(line.trimEnd());
    line = '';
  };
}

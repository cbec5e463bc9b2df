/** printk: messages with a level, a ring buffer in guest memory, and the consoles that show them. */
import type { PhysAddr, PhysMem } from '@kexec/phys-mem';

/** Levels: smaller is more urgent. @see include/linux/kern_levels.h */
export const KERN_EMERG = 0;
export const KERN_ALERT = 1;
export const KERN_CRIT = 2;
export const KERN_ERR = 3;
export const KERN_WARNING = 4;
export const KERN_NOTICE = 5;
export const KERN_INFO = 6;
export const KERN_DEBUG = 7;

/** A message is shown on the consoles when its level is below this. @see include/linux/printk.h */
export const CONSOLE_LOGLEVEL_DEFAULT = 7;

/** Shows the kernel's messages. */
export interface Console {
  readonly name: string;
  write(text: string): void;
}

/** What of the log is not in guest memory. */
export interface LogState {
  readonly console_loglevel: number;
}

/** Where the log lies: the kernel's variables of these names. */
export interface LogPlace {
  readonly __log_buf: PhysAddr;
  /** Bytes of it, a power of two. */
  readonly size: number;
  readonly log_end: PhysAddr;
  readonly logged_chars: PhysAddr;
}

/**
 * The ring: the last `size` bytes of all messages, each line as `<level>text\n`. Byte number i of the log
 * lies at `__log_buf + i % size`. Everything is in guest memory, where a dump of it can find it.
 *
 * @see kernel/printk.c of 2.5 __log_buf
 */
export class LogBuffer {
  readonly #mem: PhysMem;
  readonly #place: LogPlace;

  constructor(mem: PhysMem, place: LogPlace) {
    this.#mem = mem;
    this.#place = place;
  }

  get paddr(): PhysAddr {
    return this.#place.__log_buf;
  }

  get size(): number {
    return this.#place.size;
  }

  /** Appends one message; an old one makes room. */
  append(level: number, text: string): void {
    const { log_end, logged_chars } = this.#place;
    const line = `<${level}>${text}\n`;
    let end = this.#mem.read32(log_end);
    for (const char of line) {
      this.#mem.write8(this.paddr + (end % this.size), char.charCodeAt(0));
      end = (end + 1) >>> 0;
    }
    this.#mem.write32(log_end, end);
    this.#mem.write32(logged_chars, Math.min(this.#chars + line.length, this.size));
  }

  /** What the ring holds, levels included; the oldest message may be cut. */
  raw(): string {
    let text = '';
    const chars = this.#chars;
    // In the ring, the byte behind the last is the one a whole ring before it.
    const first = (this.#mem.read32(this.#place.log_end) % this.size) - chars + this.size;
    for (let i = first; i < first + chars; i++) {
      text += String.fromCharCode(this.#mem.read8(this.paddr + (i % this.size)));
    }
    return text;
  }

  /** The messages, oldest first; one that is cut is left out. */
  messages(): { level: number; text: string }[] {
    return [...this.raw().matchAll(/^<(\d)>(.*)\n/gm)].map(([, level = '', text = '']) => ({
      level: Number(level),
      text,
    }));
  }

  /** The messages as dmesg shows them. */
  text(): string {
    return this.messages()
      .map((message) => `${message.text}\n`)
      .join('');
  }

  /** Bytes in the ring; bounded, as what a new kernel has put there may say anything. */
  get #chars(): number {
    return Math.min(this.#mem.read32(this.#place.logged_chars), this.size);
  }
}

/** The kernel's voice: every message goes to the ring, the urgent ones to the consoles. */
export class Printk {
  readonly log: LogBuffer;
  console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;
  readonly #consoles: Console[] = [];

  constructor(log: LogBuffer) {
    this.log = log;
  }

  /** Logs each line of `text` at a level and shows it on the consoles. */
  printk(level: number, text: string): void {
    for (const line of text.replace(/\n$/, '').split('\n')) {
      this.log.append(level, line);
      if (level < this.console_loglevel) for (const console of this.#consoles) console.write(`${line}\n`);
    }
  }

  /**
   * Adds a console. A `replay` shows it what was logged before it came.
   *
   * @see kernel/printk.c register_console(), CON_PRINTBUFFER
   */
  registerConsole(console: Console, { replay }: { replay: boolean }): void {
    this.#consoles.push(console);
    if (!replay) return;
    for (const { level, text } of this.log.messages()) {
      if (level < this.console_loglevel) console.write(`${text}\n`);
    }
  }

  /** Writes to the consoles alone, as a program's output does. */
  writeConsoles(text: string): void {
    for (const console of this.#consoles) console.write(text);
  }

  saveState(): LogState {
    return { console_loglevel: this.console_loglevel };
  }

  loadState(state: LogState): void {
    this.console_loglevel = state.console_loglevel;
  }
}

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

/** Positions in the ring; they count bytes since the beginning and never wrap. */
export interface LogState {
  readonly log_end: number;
  readonly logged_chars: number;
  readonly console_loglevel: number;
}

/**
 * The ring: the last `size` bytes of all messages, each line as `<level>text\n`. Byte number i of the log
 * lies at `paddr + i % size`.
 *
 * @see kernel/printk.c of 2.5 __log_buf
 */
export class LogBuffer {
  readonly paddr: PhysAddr;
  readonly size: number;
  readonly #mem: PhysMem;
  /** Bytes ever logged. */
  #end = 0;
  /** Bytes of them still in the ring. */
  #chars = 0;

  constructor(mem: PhysMem, paddr: PhysAddr, size: number) {
    this.#mem = mem;
    this.paddr = paddr;
    this.size = size;
  }

  /** Appends one message; an old one makes room. */
  append(level: number, text: string): void {
    for (const char of `<${level}>${text}\n`) {
      this.#mem.write8(this.paddr + (this.#end % this.size), char.charCodeAt(0));
      this.#end++;
    }
    this.#chars = Math.min(this.#end, this.size);
  }

  /** What the ring holds, levels included; the oldest message may be cut. */
  raw(): string {
    let text = '';
    for (let i = this.#end - this.#chars; i < this.#end; i++) {
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

  saveState(): { log_end: number; logged_chars: number } {
    return { log_end: this.#end, logged_chars: this.#chars };
  }

  loadState(state: { log_end: number; logged_chars: number }): void {
    this.#end = state.log_end;
    this.#chars = state.logged_chars;
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
    return { ...this.log.saveState(), console_loglevel: this.console_loglevel };
  }

  loadState(state: LogState): void {
    this.log.loadState(state);
    this.console_loglevel = state.console_loglevel;
  }
}

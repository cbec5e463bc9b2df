/** `monitor` commands: what the remote protocol has no packet for. */
import type { Debugger } from '../debug/debugger.js';
import {
  describeControl,
  describeGdt,
  describeIdt,
  describePaging,
  describeRegisters,
} from '../debug/inspect.js';
import { Moments } from '../debug/moments.js';

interface Command {
  /** What is typed, with its argument if it takes one. */
  readonly usage: string;
  readonly help: string;
  run(argument: string): string;
}

/** The default name of a snapshot. */
const DEFAULT_NAME = '1';

/** Answers commands about one machine. */
export class GdbMonitor {
  readonly #commands: ReadonlyMap<string, Command>;

  constructor(held: Debugger, moments = new Moments(held)) {
    const { pc } = held.target;
    const { timeline } = held;
    const commands: readonly Command[] = [
      { usage: 'help', help: 'this list', run: () => this.#help() },
      {
        usage: 'info registers',
        help: 'general registers and segments',
        run: () => describeRegisters(pc.cpu),
      },
      { usage: 'info cr', help: 'control and debug registers', run: () => describeControl(pc.cpu) },
      { usage: 'info gdt', help: 'the descriptors of the GDT', run: () => describeGdt(pc) },
      { usage: 'info idt', help: 'the gates of the IDT', run: () => describeIdt(pc) },
      { usage: 'info tlb', help: 'what paging maps, and with which rights', run: () => describePaging(pc) },
      {
        usage: 'info history',
        help: 'how far the run can be gone back in',
        run: () => describeHistory(held),
      },
      { usage: 'info snapshots', help: 'the snapshots', run: () => moments.list() },
      {
        usage: 'reset',
        help: 'pull the reset line: the CPU goes to F000:FFF0',
        run: () => {
          timeline.outside(() => pc.reset());
          return 'The machine has been reset.\n';
        },
      },
      {
        usage: 'snapshot [NAME]',
        help: 'keep this moment',
        run: (name) => moments.save(name || DEFAULT_NAME),
      },
      {
        usage: 'restore [NAME]',
        help: 'go back to a moment that was kept',
        run: (name) => moments.restore(name || DEFAULT_NAME),
      },
    ];
    this.#commands = new Map(commands.map((command) => [command.usage.replace(/ \[.*/, ''), command]));
  }

  /** @returns the answer, lines of text */
  run(line: string): string {
    const words = line.trim().split(/\s+/);
    const two = this.#commands.get(words.slice(0, 2).join(' '));
    if (two) return two.run(words.slice(2).join(' '));
    const one = this.#commands.get(words[0] ?? '');
    if (one) return one.run(words.slice(1).join(' '));
    return `There is no command "${line.trim()}". These are:\n${this.#help()}`;
  }

  #help(): string {
    return [...this.#commands.values()].map(({ usage, help }) => `${usage.padEnd(18)}${help}\n`).join('');
  }
}

function describeHistory({ timeline }: Debugger): string {
  if (!timeline.isReversible) {
    return 'Nothing can be gone back in: a disk is written through to its file. Give it ",cow".\n';
  }
  return `From ${timeline.start.icount} to ${timeline.position.icount} instructions.\n`;
}

/** A monitor: commands in words that look at a machine, stop it, step it and take it back. */
import { KexecError } from '@kexec/phys-mem';
import type { DebugStop } from '../debug/debug-stop.js';
import type { Debugger } from '../debug/debugger.js';
import { Moments } from '../debug/moments.js';
import { codeAt, currentAddress, placeName } from './code.js';
import { MONITOR_COMMANDS, type MonitorState } from './commands.js';
import type { Symbols } from './symbols.js';

/** What a command did. */
export interface MonitorAnswer {
  readonly text: string;
  /** False for a command that could not be followed. */
  readonly isDone: boolean;
  /** The monitor is to be left. */
  readonly isOver: boolean;
}

/** Answers commands. Those that let the machine run leave `held.isRunning` true; its owner runs it then. */
export class Monitor {
  readonly #state: MonitorState;
  #last = '';

  constructor(held: Debugger, symbols: Symbols) {
    held.attached = true;
    this.#state = {
      held,
      symbols,
      moments: new Moments(held),
      breakpoints: new Set(),
      watchpoints: [],
    };
  }

  /** An empty line repeats the one before. */
  run(line: string): MonitorAnswer {
    const typed = line.trim() || this.#last;
    this.#last = typed;
    const [name = '', ...words] = typed.split(/\s+/);
    if (name === '') return { text: '', isDone: true, isOver: false };
    if (['quit', 'q', 'exit'].includes(name)) return { text: '', isDone: true, isOver: true };
    const command = MONITOR_COMMANDS.find(({ names }) => names.includes(name));
    if (!command) {
      return { text: `There is no command "${name}"; "help" lists them.\n`, isDone: false, isOver: false };
    }
    try {
      return { text: command.run(this.#state, words), isDone: true, isOver: false };
    } catch (error) {
      if (!(error instanceof KexecError)) throw error;
      const remedy = error.remedy === undefined ? '' : ` ${error.remedy}`;
      return { text: `${error.message}.${remedy}\n`, isDone: false, isOver: false };
    }
  }

  /** Why the machine stands still, and the instruction before which it does. */
  describeStop(): string {
    const { held, symbols } = this.#state;
    const { pc } = held.target;
    const [code] = codeAt(pc, currentAddress(pc), 1, symbols);
    const where = `${placeName(currentAddress(pc), symbols)}, ${pc.cpu.icount} instructions`;
    const { breakpoints } = this.#state;
    return `${reasonOf(held.lastStop, symbols, breakpoints)} at ${where}\n${code?.line ?? 'no code is mapped there'}\n`;
  }
}

/** The stop in words. */
function reasonOf(stop: DebugStop, symbols: Symbols, breakpoints: ReadonlySet<number>): string {
  switch (stop.kind) {
    case 'breakpoint':
      // Where a call has returned to, nobody has asked for one.
      return breakpoints.has(stop.laddr) ? 'breakpoint' : 'stopped';
    case 'watchpoint':
      return `${stop.access} of ${placeName(stop.watchpoint.laddr, symbols)}`;
    case 'history':
      return 'the run begins here';
    case 'record-end':
      return 'the record ends here';
    case 'machine':
      return `the machine stopped (${stop.stop.kind})`;
    default:
      return 'stopped';
  }
}

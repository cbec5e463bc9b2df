/** The monitor's commands: one row a command. */
import { KexecError } from '@kexec/phys-mem';
import { registerBytes, type Watchpoint } from '@kexec/x86-cpu';
import type { Debugger } from '../debug/debugger.js';
import { readGuestMemory, writeGuestMemory } from '../debug/guest-memory.js';
import {
  describeControl,
  describeGdt,
  describeIdt,
  describePaging,
  describeRegisters,
} from '../debug/inspect.js';
import type { Moments } from '../debug/moments.js';
import { codeAt, currentAddress, endOfCall, isReturn, placeName } from './code.js';
import { evaluate } from './expression.js';
import type { Symbols } from './symbols.js';

/** What a monitor has of its machine. */
export interface MonitorState {
  readonly held: Debugger;
  readonly symbols: Symbols;
  readonly moments: Moments;
  readonly breakpoints: Set<number>;
  readonly watchpoints: Watchpoint[];
}

interface MonitorCommand {
  /** The name, and shorter ones. */
  readonly names: readonly string[];
  readonly usage: string;
  readonly help: string;
  /** @returns what is told at once */
  run(state: MonitorState, words: readonly string[]): string;
}

const command = (names: string, usage: string, help: string, run: MonitorCommand['run']): MonitorCommand => ({
  names: names.split(' '),
  usage,
  help,
  run,
});

export const MONITOR_COMMANDS: readonly MonitorCommand[] = [
  command('help h ?', '', 'this list', () => help()),
  command('registers r', '', 'general registers and segments', ({ held }) =>
    describeRegisters(held.target.pc.cpu),
  ),
  command('control cr', '', 'control and debug registers', ({ held }) => describeControl(held.target.pc.cpu)),
  command('gdt', '', 'the descriptors of the GDT', ({ held }) => describeGdt(held.target.pc)),
  command('idt', '', 'the gates of the IDT', ({ held }) => describeIdt(held.target.pc)),
  command('tlb', '', 'what paging maps, and with which rights', ({ held }) => describePaging(held.target.pc)),
  command('memory m', 'PLACE [BYTES]', 'memory in hexadecimal', dumpMemory),
  command('disassemble u', '[PLACE] [COUNT]', 'instructions', listCode),
  command('where w', '', 'the current place, and how far one can go back', where),
  command('symbol', 'PLACE', 'an address, and the symbol it belongs to', tellPlace),
  command(
    'break b',
    '[PLACE]',
    'stop before an instruction; without a place, list what stops',
    addBreakpoint,
  ),
  command('watch', 'PLACE [BYTES]', 'stop after a write', (state, words) => addWatchpoint(state, words, 'w')),
  command('rwatch', 'PLACE [BYTES]', 'stop after a read', (state, words) => addWatchpoint(state, words, 'r')),
  command('awatch', 'PLACE [BYTES]', 'stop after either', (state, words) =>
    addWatchpoint(state, words, 'rw'),
  ),
  command('delete d', '[PLACE]', 'stop there no more, or nowhere', removeStops),
  command('step s', '[COUNT]', 'execute instructions', (state, words) =>
    start(() => state.held.step(count(words[0]))),
  ),
  command('next n', '', 'execute one, and what it calls', next),
  command('finish f', '', 'run to the end of this procedure', finish),
  command('continue c', '[PLACE]', 'run until something stops the machine, or to a place', run),
  command('back bs', '[COUNT]', 'go back by instructions', (state, words) =>
    start(() => reversible(state).stepBack(count(words[0]))),
  ),
  command('rewind rc', '', 'go back to where something would have stopped the machine', (state) =>
    start(() => reversible(state).resumeBack()),
  ),
  command('snapshot', '[NAME]', 'keep this moment', ({ moments }, [name = '1']) => moments.save(name)),
  command('restore', '[NAME]', 'go back to a moment that was kept', ({ moments }, [name = '1']) =>
    moments.restore(name),
  ),
  command('snapshots', '', 'the moments that were kept', ({ moments }) => moments.list()),
  command('set', 'REGISTER VALUE', 'change a register', setRegister),
  command('write', 'PLACE BYTE…', 'change memory; bytes in hexadecimal', writeMemory),
  command('type', 'TEXT', 'type a line on ttyS0', typeText),
  command('reset', '', 'pull the reset line', ({ held }) => {
    held.outside(() => held.target.pc.reset());
    return 'The machine has been reset.\n';
  }),
  command('quit q exit', '', 'leave', () => ''),
];

function help(): string {
  const lines = MONITOR_COMMANDS.map(({ names, usage, help: text }) => {
    const [name = '', ...short] = names;
    const also = short.length > 0 ? ` (${short.join(', ')})` : '';
    return `  ${`${name} ${usage}`.padEnd(26)}${text}${also}\n`;
  });
  return `${lines.join('')}A PLACE is 0x1000, eax, [esp], f000:fff0, a symbol, or a sum; an empty line repeats.\n`;
}

function dumpMemory({ held, symbols }: MonitorState, [place, bytes]: readonly string[]): string {
  const { pc } = held.target;
  const laddr = evaluate(needed(place, 'a place'), pc, symbols);
  const wanted = Math.min(bytes === undefined ? 64 : evaluate(bytes, pc, symbols), 0x1000);
  const read = readGuestMemory(pc, laddr, wanted);
  let text = '';
  for (let at = 0; at < read.length; at += 16) {
    const part = Array.from(read.subarray(at, at + 16));
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    text += `${address(laddr + at)}  ${hex.padEnd(47)}  ${characters.join('')}\n`;
  }
  return read.length < wanted ? `${text}nothing can be read at ${address(laddr + read.length)}\n` : text;
}

function listCode({ held, symbols }: MonitorState, [place, lines]: readonly string[]): string {
  const { pc } = held.target;
  const laddr = place === undefined ? currentAddress(pc) : evaluate(place, pc, symbols);
  const code = codeAt(pc, laddr, Math.min(count(lines, 8), 256), symbols);
  return code.map(({ line }) => `${line}\n`).join('') || `nothing can be read at ${address(laddr)}\n`;
}

function where({ held, symbols }: MonitorState): string {
  const { pc } = held.target;
  const { start: from, position } = held.timeline;
  return `${placeName(currentAddress(pc), symbols)}\n${position.icount} instructions, back to ${from.icount}; ${position.time} ns\n`;
}

function tellPlace({ held, symbols }: MonitorState, [place]: readonly string[]): string {
  return `${placeName(evaluate(needed(place, 'a place'), held.target.pc, symbols), symbols)}\n`;
}

function addBreakpoint(state: MonitorState, [place]: readonly string[]): string {
  const { held, symbols, breakpoints } = state;
  if (place === undefined) return listStops(state);
  const laddr = evaluate(place, held.target.pc, symbols);
  breakpoints.add(laddr);
  held.setBreakpoints(breakpoints);
  return `Stops at ${placeName(laddr, symbols)}.\n`;
}

function addWatchpoint(state: MonitorState, [place, bytes]: readonly string[], access: string): string {
  const { held, symbols, watchpoints } = state;
  const { pc } = held.target;
  const laddr = evaluate(needed(place, 'a place'), pc, symbols);
  const wanted = bytes === undefined ? 4 : evaluate(bytes, pc, symbols);
  if (wanted === 0 || laddr + wanted > 2 ** 32)
    throw wrong(`${wanted} bytes at ${address(laddr)} cannot be watched`);
  watchpoints.push({ laddr, bytes: wanted, read: access.includes('r'), write: access.includes('w') });
  held.setWatchpoints(watchpoints);
  return `Watches ${wanted} bytes at ${placeName(laddr, symbols)}.\n`;
}

function removeStops(state: MonitorState, [place]: readonly string[]): string {
  const { held, symbols, breakpoints, watchpoints } = state;
  const laddr = place === undefined ? undefined : evaluate(place, held.target.pc, symbols);
  const isMeant = (at: number) => laddr === undefined || at === laddr;
  for (const at of [...breakpoints]) if (isMeant(at)) breakpoints.delete(at);
  watchpoints.splice(0, Infinity, ...watchpoints.filter((watchpoint) => !isMeant(watchpoint.laddr)));
  held.setBreakpoints(breakpoints);
  held.setWatchpoints(watchpoints);
  return listStops(state);
}

function listStops({ symbols, breakpoints, watchpoints }: MonitorState): string {
  const lines = [
    ...[...breakpoints].map((laddr) => `break ${placeName(laddr, symbols)}\n`),
    ...watchpoints.map(({ laddr, bytes, read, write }) => {
      return `${read ? (write ? 'awatch' : 'rwatch') : 'watch'} ${placeName(laddr, symbols)}, ${bytes} bytes\n`;
    }),
  ];
  return lines.join('') || 'Nothing stops the machine.\n';
}

function next({ held, symbols }: MonitorState): string {
  const { pc } = held.target;
  const end = endOfCall(pc, symbols);
  return start(() => (end === undefined ? held.step() : held.resume({ laddr: end, esp: pc.cpu.esp })));
}

function finish({ held, symbols }: MonitorState): string {
  const { pc } = held.target;
  return start(() =>
    held.finish({ isReturn: () => isReturn(pc, symbols), endOfCall: () => endOfCall(pc, symbols) }),
  );
}

function run({ held, symbols }: MonitorState, [place]: readonly string[]): string {
  const laddr = place === undefined ? undefined : evaluate(place, held.target.pc, symbols);
  return start(() => held.resume(laddr === undefined ? undefined : { laddr, esp: 0 }));
}

function setRegister({ held, symbols }: MonitorState, [name, value]: readonly string[]): string {
  const { pc } = held.target;
  const register = registerBytes(needed(name, 'a register'));
  if (register?.size !== 4) throw wrong(`"${name}" is no register of 32 bits`);
  const wanted = evaluate(needed(value, 'a value'), pc, symbols);
  const bytes = Uint8Array.of(wanted, wanted >>> 8, wanted >>> 16, wanted >>> 24);
  let isDone = true;
  held.outside(() => {
    isDone = register.set(pc.cpu, bytes);
  });
  if (!isDone) throw wrong(`${register.name} cannot have the value ${address(wanted)} now`);
  return `${register.name} ${address(wanted)}\n`;
}

function writeMemory({ held, symbols }: MonitorState, [place, ...digits]: readonly string[]): string {
  const { pc } = held.target;
  const laddr = evaluate(needed(place, 'a place'), pc, symbols);
  if (digits.length === 0 || !digits.every((text) => /^[0-9a-f]{1,2}$/i.test(text))) {
    throw wrong('bytes are written as two hexadecimal digits each');
  }
  const bytes = Uint8Array.from(digits, (text) => Number.parseInt(text, 16));
  let isDone = true;
  held.outside(() => {
    isDone = writeGuestMemory(pc, laddr, bytes);
  });
  if (!isDone) throw wrong(`there is no RAM at ${address(laddr)}`);
  return `${bytes.length} bytes written at ${placeName(laddr, symbols)}\n`;
}

function typeText({ held }: MonitorState, words: readonly string[]): string {
  held.input(new TextEncoder().encode(`${words.join(' ')}\r`));
  return '';
}

function start(begin: () => void): string {
  begin();
  return '';
}

function reversible({ held }: MonitorState): Debugger {
  if (!held.timeline.isReversible)
    throw wrong('a disk is written through to its file: give it ",cow" to go back');
  return held;
}

function count(text: string | undefined, fallback = 1): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,12}$/.test(text.replace(/_/g, '')) ? Number(text.replace(/_/g, '')) : 0;
  if (value < 1) throw wrong(`"${text}" is no count`);
  return value;
}

function needed(text: string | undefined, what: string): string {
  if (text === undefined) throw wrong(`${what} is missing`);
  return text;
}

const wrong = (message: string) => new KexecError('MONITOR', message);
const address = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

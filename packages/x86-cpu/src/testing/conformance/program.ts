/** Conformance programs: assembly text with a few words more, and what a machine must say that runs it. */

/** One program of the tables in programs/. */
export interface Program {
  /** A sentence of the manual. */
  readonly name: string;
  /** Section and title in the SDM, or the data sheet. */
  readonly manual: string;
  readonly text: string;
  /** `pc` if it asks for A20's gate, a local APIC, IRQ 13 or the timer. */
  readonly board?: 'pc';
  /** What must come out, as {@link outcomeOf} writes it; one word an observation. */
  readonly expected: string;
  /** What the reference interpreter says, which keeps no translation, where the manual allows either. */
  readonly reference?: string;
  /** Where QEMU 7.2's TCG says otherwise: what it says. */
  readonly qemu?: string;
  /** Where Bochs 2.7 says otherwise: what it says. */
  readonly bochs?: string;
}

/** Programs on one subject. */
export interface ProgramTable {
  readonly subject: string;
  readonly programs: readonly Program[];
}

/*
 * The words, each a line; a block ends with `end` and never runs on beyond it:
 *
 *   show OPERAND                    tells a dword; EFLAGS and registers are kept
 *   try … end                       ring 0; tells `ok`, or the exception that ended it
 *   user [EFLAGS] … end             the same at ring 3, flat segments, ESP = USER_STACK
 *   ring1, ring2 [EFLAGS] … end     the same at rings 1 and 2
 *   virtual [EFLAGS] … end          virtual-8086 mode, every segment PROGRAM >> 4 but SS = 0, IOPL 3
 *   real … end                      real mode, CS = PROGRAM >> 4, the others 0
 *   segment SELECTOR, BASE, LIMIT, ATTRIBUTES     writes a descriptor; LIMIT as in the descriptor
 *   gate ADDRESS, SELECTOR, OFFSET, TYPE[, PARAMETERS]
 *
 * In a block `.here` is the instruction that EIP is told relative to, the block's first without it.
 */
const BLOCKS: ReadonlyMap<string, (start: string, eflags: string) => string> = new Map([
  ['try', () => ''],
  ['user', (start: string, eflags: string) => enterRing('USER', 'USER_STACK', start, eflags)],
  ['ring1', (start: string, eflags: string) => enterRing('RING1', 'STACK1', start, eflags)],
  ['ring2', (start: string, eflags: string) => enterRing('RING2', 'STACK2', start, eflags)],
  ['virtual', enterVirtual],
  ['real', (start: string) => `mov dword [START], ${start} - PROGRAM\njmp enter_real\nbits 16`],
]);
const INTERRUPTS_OFF = '2';
const IOPL_3 = '0x3002';

/** Replaces the words above by assembly text, and goes back to the frame at the end. */
export function expand(text: string): string {
  const lines = text
    .replace(/:[ \t]+(?=(?:show|segment|gate) )/g, ':\n')
    .split('\n')
    .map((line) => line.trim());
  return `${lines.map((line, at) => expandLine(lines, line, at)).join('\n')}\njmp done\n`;
}

function expandLine(lines: readonly string[], line: string, at: number): string {
  const word = /^\w+/.exec(line)?.[0] ?? '';
  const rest = line.slice(word.length).trim();
  if (BLOCKS.has(word)) return enterBlock(lines, word, rest, at);
  if (word === 'end') return `int 0x30\nbits 32\nblock${lastBlock(lines, at)}.after:`;
  if (word === 'show') return `push eax\nmov eax, ${rest}\nint 0x31\npop eax`;
  if (word === 'segment') return describe(rest.split(','));
  return word === 'gate' ? gate(rest.split(',')) : line;
}

function enterBlock(lines: readonly string[], word: string, eflags: string, at: number): string {
  const name = `block${at}`;
  const body = lines.slice(at, lines.indexOf('end', at));
  const origin = body.some((line) => line.startsWith('.here:')) ? 'here' : 'start';
  const enter = BLOCKS.get(word)?.(`${name}.start`, eflags || (word === 'virtual' ? IOPL_3 : INTERRUPTS_OFF));
  return [
    `${name}: mov dword [RESUME], ${name}.after`,
    `mov dword [ORIGIN], ${name}.${origin}`,
    'mov [RESUME_ESP], esp',
    enter,
    `${name}.start:`,
  ].join('\n');
}

function lastBlock(lines: readonly string[], before: number): number {
  return lines.findLastIndex((line, at) => at < before && BLOCKS.has(/^\w+/.exec(line)?.[0] ?? ''));
}

function enterRing(ring: string, stack: string, start: string, eflags: string): string {
  const data = `push ${ring}_DS`;
  return `${data}\npop ds\n${data}\npop es\n${data}\npush dword ${stack}\npush dword ${eflags}\npush ${ring}_CS\npush dword ${start}\niretd`;
}

function enterVirtual(start: string, eflags: string): string {
  const paragraph = 'push dword PROGRAM >> 4\n';
  const stack = 'push dword 0\npush dword USER_STACK\n';
  return `${paragraph.repeat(4)}${stack}push dword ${eflags} | 0x20002\n${paragraph}push dword ${start} - PROGRAM\niretd\nbits 16`;
}

/** SDM Vol. 3A, Figure 3-8 "Segment Descriptor"; the attributes as in a descriptor cache. */
function describe([selector, base, limit, attributes]: readonly string[]): string {
  const at = `GDT + ((${selector}) & 0xfff8)`;
  const high = `((${base}) & 0xff000000) | (((${base}) >> 16) & 0xff) | ((${attributes}) << 8) | ((${limit}) & 0xf0000)`;
  return `mov dword [${at}], (((${base}) & 0xffff) << 16) | ((${limit}) & 0xffff)\nmov dword [${at} + 4], ${high}`;
}

/** SDM Vol. 3A, Figure 5-8 "Call-Gate Descriptor" and Figure 6-2 "IDT Gate Descriptors". */
function gate([at, selector, offset, type, parameters = '0']: readonly string[]): string {
  const high = `((${offset}) & 0xffff0000) | ((${type}) << 8) | (${parameters})`;
  return `mov dword [${at}], ((${selector}) << 16) | ((${offset}) & 0xffff)\nmov dword [(${at}) + 4], ${high}`;
}

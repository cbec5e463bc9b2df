/** From what a guest wrote to port E9 to one word an observation. */
import { VECTOR } from '../../exception.js';

const NAMES = new Map<number, string>(Object.entries(VECTOR).map(([name, vector]) => [vector, name]));
/** What the frame says; emulators may put in words of their own. */
const SPOKEN = /^(?:!?[0-9a-f]+|ok|shutdown|hang)$/;
const PAGE_FAULT: number = VECTOR.PF;
const NO_ERROR_CODE = 0xffff_ffff;

/** What a run said. */
export interface Output {
  /** Program number → its lines; the last may be cut short. */
  readonly programs: ReadonlyMap<number, readonly string[]>;
  /** The program in which the machine stopped speaking; undefined when it came to the end. */
  readonly stoppedIn: number | undefined;
}

/** Reads the lines of frame-text.ts; others, a BIOS's for instance, are passed over. */
export function parseOutput(text: string): Output {
  const programs = new Map<number, string[]>();
  let current: number | undefined;
  let isOver = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^=[0-9a-f]+$/.test(line)) {
      current = Number.parseInt(line.slice(1), 16);
      programs.set(current, []);
    } else if (line === '.') current = undefined;
    else if (line === '*') isOver = true;
    else if (current !== undefined && SPOKEN.test(line)) programs.get(current)?.push(line);
  }
  return { programs, stoppedIn: isOver ? undefined : (current ?? -1) };
}

/**
 * One word an observation: a value in hex, `ok`, or an exception.
 *
 * An exception reads `#PF(2)@300000+5`: error code, CR2, and EIP less the block's `.here`, if that is not 0.
 */
export function outcomeOf(lines: readonly string[]): string {
  const words: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (!line.startsWith('!')) words.push(line);
    else {
      words.push(exceptionOf([line.slice(1), ...lines.slice(i + 1, i + 4)]));
      i += 3;
    }
  }
  return words.join(' ');
}

function exceptionOf(fields: readonly string[]): string {
  const [vector = 0, errorCode = 0, eip = 0, cr2 = 0] = fields.map((field) => Number.parseInt(field, 16));
  const name = NAMES.has(vector) ? `#${NAMES.get(vector)}` : `int${vector.toString(16)}`;
  const error = errorCode === NO_ERROR_CODE ? '' : `(${errorCode.toString(16)})`;
  const address = vector === PAGE_FAULT ? `@${cr2.toString(16)}` : '';
  return `${name}${error}${address}${offset(eip | 0)}`;
}

function offset(distance: number): string {
  if (distance === 0) return '';
  return distance > 0 ? `+${distance.toString(16)}` : `-${(-distance).toString(16)}`;
}

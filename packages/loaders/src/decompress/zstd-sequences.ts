/** Sequences of zstd: how many literals, then which match. @see RFC 8878, 3.1.1.3.2 */
import type { ByteInput } from './byte-input.js';
import type { OutputWindow } from './output-window.js';
import { BackwardBits } from './zstd-bits.js';
import { FseState, type FseTable, fseTable, readFseTable, rleTable } from './zstd-fse.js';

/** A kind of code: its default distribution, and what its symbols stand for. */
interface CodeKind {
  readonly maxAccuracyLog: number;
  readonly maxSymbol: number;
  readonly predefined: FseTable;
}

/** Extra bits of the literal length codes, and of the match length codes. 3.1.1.3.2.1.1. */
const LITERAL_BITS = [
  ...new Array<number>(16).fill(0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const MATCH_BITS = [
  ...new Array<number>(32).fill(0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const LITERAL_BASE = basesOf(LITERAL_BITS, 0);
const MATCH_BASE = basesOf(MATCH_BITS, 3);

function basesOf(bits: readonly number[], first: number): number[] {
  let base = first;
  return bits.map((count) => {
    const own = base;
    base += 2 ** count;
    return own;
  });
}

const ones = (count: number) => new Array<number>(count).fill(1);
const rare = (count: number) => new Array<number>(count).fill(-1);
const twos = (count: number) => new Array<number>(count).fill(2);

/** The default distributions. 3.1.1.3.2.2. */
const LITERAL: CodeKind = {
  maxAccuracyLog: 9,
  maxSymbol: 35,
  predefined: fseTable([4, 3, ...twos(11), ...ones(3), ...twos(9), 3, 2, ...ones(5), ...rare(4)], 6),
};
const MATCH: CodeKind = {
  maxAccuracyLog: 9,
  maxSymbol: 52,
  predefined: fseTable([1, 4, 3, ...twos(6), ...ones(37), ...rare(7)], 6),
};
const OFFSET: CodeKind = {
  maxAccuracyLog: 8,
  maxSymbol: 31,
  predefined: fseTable([...ones(6), ...twos(3), ...ones(15), ...rare(5)], 5),
};

/** What blocks of a frame hand on: the tables used last, and the last three offsets. */
export interface SequenceState {
  literal: FseTable | undefined;
  offset: FseTable | undefined;
  match: FseTable | undefined;
  repeats: [number, number, number];
}

export function newSequenceState(): SequenceState {
  return { literal: undefined, offset: undefined, match: undefined, repeats: [1, 4, 8] };
}

/** Decodes the sequences of a block and carries them out. @param start - matches do not reach before it */
export function executeSequences(
  input: ByteInput,
  output: OutputWindow,
  state: SequenceState,
  { literals, start }: { readonly literals: Uint8Array; readonly start: number },
): void {
  const count = sequenceCount(input);
  if (count === 0) {
    output.append(literals);
    return;
  }
  const modes = input.u8();
  if (modes & 3) throw input.error('a reserved mode is set');
  state.literal = tableFor(input, modes >> 6, LITERAL, state.literal);
  state.offset = tableFor(input, (modes >> 4) & 3, OFFSET, state.offset);
  state.match = tableFor(input, (modes >> 2) & 3, MATCH, state.match);
  const bits = new BackwardBits(input, input.take(input.left));
  const literalState = new FseState(state.literal, bits);
  const offsetState = new FseState(state.offset, bits);
  const matchState = new FseState(state.match, bits);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const offsetCode = offsetState.symbol;
    const matchCode = matchState.symbol;
    const literalCode = literalState.symbol;
    const offsetValue = 2 ** offsetCode + bits.read(offsetCode);
    const matchLength = (MATCH_BASE[matchCode] ?? 0) + bits.read(MATCH_BITS[matchCode] ?? 0);
    const literalLength = (LITERAL_BASE[literalCode] ?? 0) + bits.read(LITERAL_BITS[literalCode] ?? 0);
    if (used + literalLength > literals.length)
      throw input.error('a sequence wants more literals than there are');
    output.append(literals.subarray(used, used + literalLength));
    used += literalLength;
    output.repeat(offsetOf(state.repeats, offsetValue, literalLength), matchLength, start);
    if (i === count - 1) break;
    literalState.next(bits);
    matchState.next(bits);
    offsetState.next(bits);
  }
  if (bits.left !== 0) throw input.error('the sequences have other bits than codes');
  output.append(literals.subarray(used));
}

function sequenceCount(input: ByteInput): number {
  const first = input.u8();
  if (first < 128) return first;
  if (first < 255) return ((first - 128) << 8) + input.u8();
  return input.u16() + 0x7f00;
}

function tableFor(input: ByteInput, mode: number, kind: CodeKind, previous: FseTable | undefined): FseTable {
  switch (mode) {
    case 0:
      return kind.predefined;
    case 1: {
      const symbol = input.u8();
      if (symbol > kind.maxSymbol) throw input.error(`there is no code ${symbol}`);
      return rleTable(symbol);
    }
    case 2:
      return readFseTable(input, kind);
    default:
      if (!previous) throw input.error('a table is repeated before there was one');
      return previous;
  }
}

/** 1 to 3 mean one of the last three offsets, which then comes first. @see RFC 8878, 3.1.1.5 */
function offsetOf(repeats: [number, number, number], value: number, literalLength: number): number {
  const [first, second, third] = repeats;
  const which = value > 3 ? 4 : value + (literalLength === 0 ? 1 : 0);
  let offset = value - 3;
  if (value <= 3) {
    if (which === 1) return first;
    offset = which === 2 ? second : which === 3 ? third : first - 1;
  }
  repeats[0] = offset;
  repeats[1] = first;
  if (which !== 2) repeats[2] = second;
  return offset;
}

/** Recorded vectors as bytes: what is packed into silicon/recorded, and read from there. */

import { ColumnReader, ColumnWriter } from './silicon-columns.js';
import { applyFx, packFx, unpackFx } from './silicon-fx-delta.js';
import {
  FX_FLAVOURS,
  type FxFlavour,
  fxBackground,
  OPERAND_KINDS,
  operandNoise,
} from './silicon-fx-noise.js';
import { background } from './silicon-noise.js';

/*
 * A file is a set of columns (silicon-columns.ts), compressed whole by Brotli. Its forms follow one another:
 *
 *   form      name, family, first seed, number of encodings
 *   encoding  code size, bytes of the instruction, EIP, six selectors, number of vectors
 *   vector    seed = first seed + number of the vector in its form; then, as differences:
 *
 *     input     registers   mask of those that are not the seed's, their values XOR the seed's
 *               memory      count; linear address, length, 1 and the bytes, or 0 where they are the seed's, or
 *                           2 + index in OPERAND_KINDS where they are the seed's operand of that kind
 *               fx          0, or index in FX_FLAVOURS: the FXSAVE image is the seed's of that flavour
 *     outcome   event       0 completed, else vector number + 1; error code; CR2 for #PF
 *               registers   mask of those that changed, values XOR the input's
 *               EFLAGS      XOR the input's
 *               EIP         minus the end of the instruction (completed) or its beginning (fault)
 *               selectors   mask of those that changed, new values
 *               memory      count; linear address, length, the bytes
 *               fx          with an image in the input: what changed in it (silicon-fx-delta.ts)
 */

/** Bytes at a linear address. */
export type BytesAt = readonly [at: number, bytes: readonly number[]];

/** The user-visible state of the integer processor; segments in the order ES CS SS DS FS GS. */
export interface RecordedState {
  readonly registers: readonly number[];
  readonly eip: number;
  readonly eflags: number;
  readonly segments: readonly number[];
  readonly memory: readonly BytesAt[];
  /** An FXSAVE image up to XMM7, where the form has to do with it; before the instruction, the seed's. */
  readonly fx: Uint8Array | undefined;
}

/** What an instruction did: `memory` holds what changed. */
export interface RecordedOutcome extends RecordedState {
  readonly event: 'ok' | number;
  readonly errorCode: number;
  readonly cr2: number;
}

/** One instruction with its bytes and where it stands. */
export interface RecordedEncoding {
  readonly codeSize: 16 | 32;
  readonly code: readonly number[];
  readonly eip: number;
  readonly segments: readonly number[];
}

/** One vector of a form. */
export interface RecordedVector {
  readonly encoding: RecordedEncoding;
  readonly seed: number;
  /** Of the image that the vector starts from. */
  readonly flavour: FxFlavour;
  readonly input: RecordedState;
  readonly outcome: RecordedOutcome;
}

/** One row with its operand size and the kind of its operands, and what silicon did with it. */
export interface RecordedForm {
  readonly name: string;
  readonly family: string;
  readonly firstSeed: number;
  readonly vectors: readonly RecordedVector[];
}

/** Where the bytes of an input come from; above, kinds of operands. */
const EXPLICIT = 1;
const FIRST_KIND = 2;

/** Packs forms; vectors of one encoding follow one another. */
export function packForms(forms: readonly RecordedForm[]): Uint8Array {
  const out = new ColumnWriter();
  out.varint('forms', forms.length);
  for (const form of forms) {
    out.text('name', form.name);
    out.text('family', form.family);
    out.u32('seed', form.firstSeed);
    const groups = byEncoding(form.vectors);
    out.varint('encodings', groups.length);
    for (const group of groups) packEncoding(out, group);
  }
  return out.finish();
}

function byEncoding(vectors: readonly RecordedVector[]): RecordedVector[][] {
  const groups: RecordedVector[][] = [];
  for (const vector of vectors) {
    const last = groups.at(-1);
    if (last?.[0]?.encoding === vector.encoding) last.push(vector);
    else groups.push([vector]);
  }
  return groups;
}

function packEncoding(out: ColumnWriter, group: readonly RecordedVector[]): void {
  const [first] = group;
  if (first === undefined) return;
  const { encoding } = first;
  out.u8('size', encoding.codeSize);
  out.u8('length', encoding.code.length);
  out.bytes('code', encoding.code);
  out.varint('eip', encoding.eip);
  for (const selector of encoding.segments) out.varint('selector', selector);
  out.varint('count', group.length);
  for (const vector of group) packVector(out, vector);
}

function packVector(out: ColumnWriter, { encoding, seed, flavour, input, outcome }: RecordedVector): void {
  const base = background(seed);
  if (base.eflags !== input.eflags) throw new Error('EFLAGS of a vector must be those of its seed');
  packRegisters(out, 'in', base.registers, input.registers);
  out.varint('in.count', input.memory.length);
  for (const [at, bytes] of input.memory) {
    out.u32('in.at', at);
    out.varint('in.length', bytes.length);
    const origin = originOf(seed, bytes, base.bytes);
    out.u8('in.explicit', origin);
    if (origin === EXPLICIT) out.bytes('in.bytes', bytes);
  }
  out.u8('event', outcome.event === 'ok' ? 0 : outcome.event + 1);
  if (outcome.event !== 'ok') out.varint('error', outcome.errorCode);
  if (outcome.event === 14) out.u32('cr2', outcome.cr2);
  packRegisters(out, 'out', input.registers, outcome.registers);
  out.u8('flags.0', outcome.eflags ^ input.eflags);
  out.varint('flags.8', (outcome.eflags ^ input.eflags) >>> 8);
  out.varint('ip', outcome.eip - landing(encoding, outcome.event));
  const changed = outcome.segments.map((selector, i) => selector !== input.segments[i]);
  out.u8('segments', mask(changed));
  for (const [i, selector] of outcome.segments.entries()) if (changed[i]) out.varint('segment', selector);
  out.varint('out.count', outcome.memory.length);
  for (const [at, bytes] of outcome.memory) {
    out.u32('out.at', at);
    out.varint('out.length', bytes.length);
    out.bytes('out.bytes', bytes);
  }
  out.u8('fx', FX_FLAVOURS.indexOf(flavour));
  if (flavour !== 'none' && outcome.fx) packFx(out, fxBackground(seed, flavour), outcome.fx);
}

/** EXPLICIT where the bytes are no prefix of what the seed gives. */
function originOf(seed: number, bytes: readonly number[], seeded: Uint8Array): number {
  const isPrefixOf = (whole: ArrayLike<number>) =>
    bytes.length <= whole.length && bytes.every((byte, i) => byte === whole[i]);
  if (isPrefixOf(seeded)) return 0;
  const kind = OPERAND_KINDS.findIndex((name) => isPrefixOf(operandNoise(seed, name)));
  return kind < 0 ? EXPLICIT : FIRST_KIND + kind;
}

function packRegisters(
  out: ColumnWriter,
  column: string,
  before: readonly number[],
  after: readonly number[],
): void {
  const changed = after.map((value, i) => value !== before[i]);
  out.u8(`${column}.mask`, mask(changed));
  for (const [i, value] of after.entries()) {
    if (changed[i]) out.u32(`${column}.value`, value ^ (before[i] ?? 0));
  }
}

function mask(bits: readonly boolean[]): number {
  return bits.reduce((sum, bit, i) => sum | (bit ? 1 << i : 0), 0);
}

function landing(encoding: RecordedEncoding, event: 'ok' | number): number {
  return event === 'ok' ? encoding.eip + encoding.code.length : encoding.eip;
}

/** Reads what `packForms` packed, a form at a time. */
export function* unpackForms(bytes: Uint8Array): Generator<RecordedForm> {
  const columns = new ColumnReader(bytes);
  for (let forms = columns.varint('forms'); forms > 0; forms--) {
    const name = columns.text('name');
    const family = columns.text('family');
    const firstSeed = columns.u32('seed');
    const vectors: RecordedVector[] = [];
    for (let encodings = columns.varint('encodings'); encodings > 0; encodings--) {
      const encoding: RecordedEncoding = {
        codeSize: columns.u8('size') === 16 ? 16 : 32,
        code: columns.bytes('code', columns.u8('length')),
        eip: columns.varint('eip'),
        segments: Array.from({ length: 6 }, () => columns.varint('selector')),
      };
      for (let count = columns.varint('count'); count > 0; count--) {
        vectors.push(unpackVector(columns, encoding, firstSeed + vectors.length));
      }
    }
    yield { name, family, firstSeed, vectors };
  }
}

function unpackVector(columns: ColumnReader, encoding: RecordedEncoding, seed: number): RecordedVector {
  const base = background(seed);
  const registers = unpackRegisters(columns, 'in', base.registers);
  const memory = Array.from({ length: columns.varint('in.count') }, (): BytesAt => {
    const at = columns.u32('in.at');
    const length = columns.varint('in.length');
    const origin = columns.u8('in.explicit');
    if (origin === EXPLICIT) return [at, columns.bytes('in.bytes', length)];
    const kind = OPERAND_KINDS[origin - FIRST_KIND];
    return [at, kind ? operandNoise(seed, kind).slice(0, length) : [...base.bytes.subarray(0, length)]];
  });
  const { eip, segments } = encoding;
  const input = { registers, eip, eflags: base.eflags, segments, memory };
  const eventByte = columns.u8('event');
  const event = eventByte === 0 ? 'ok' : eventByte - 1;
  const outcome = {
    event,
    errorCode: event === 'ok' ? 0 : columns.varint('error'),
    cr2: event === 14 ? columns.u32('cr2') : 0,
    registers: unpackRegisters(columns, 'out', registers),
    eflags: (base.eflags ^ (columns.u8('flags.0') | (columns.varint('flags.8') << 8))) >>> 0,
    eip: (landing(encoding, event === 'ok' ? 'ok' : event) + columns.varint('ip')) >>> 0,
    segments: unpackSelectors(columns, segments),
    memory: Array.from({ length: columns.varint('out.count') }, (): BytesAt => {
      const at = columns.u32('out.at');
      return [at, columns.bytes('out.bytes', columns.varint('out.length'))];
    }),
  } as const;
  const flavour = FX_FLAVOURS[columns.u8('fx')] ?? 'none';
  if (flavour === 'none') {
    return {
      encoding,
      seed,
      flavour,
      input: { ...input, fx: undefined },
      outcome: { ...outcome, fx: undefined },
    };
  }
  const delta = unpackFx(columns);
  // Images are made when they are asked for: a test wants few of those that a file has.
  const before = () => fxBackground(seed, flavour);
  return {
    encoding,
    seed,
    flavour,
    input: withImage(input, before),
    outcome: withImage(outcome, () => applyFx(before(), delta)),
  };
}

function withImage<T extends object>(state: T, make: () => Uint8Array): T & { readonly fx: Uint8Array } {
  const get = { get: make, enumerable: true };
  return Object.defineProperty(state, 'fx', get) as T & { readonly fx: Uint8Array };
}

function unpackRegisters(columns: ColumnReader, column: string, before: readonly number[]): number[] {
  const changed = columns.u8(`${column}.mask`);
  return before.map((value, i) =>
    (changed >> i) & 1 ? (value ^ columns.u32(`${column}.value`)) >>> 0 : value,
  );
}

function unpackSelectors(columns: ColumnReader, before: readonly number[]): number[] {
  const changed = columns.u8('segments');
  return before.map((selector, i) => ((changed >> i) & 1 ? columns.varint('segment') : selector));
}

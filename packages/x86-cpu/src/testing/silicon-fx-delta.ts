/** What changed in an FXSAVE image, as columns: registers in their physical order, so that TOP moves none of them. */
import type { ColumnReader, ColumnWriter } from './silicon-columns.js';

/*
 *   fx.head   mask of the eight dwords before the registers that changed; then each XOR what it was
 *   fx.st     mask of the physical x87 registers that changed; then ten bytes of each, XOR what it was
 *   fx.xmm    mask of the XMM registers that changed; of each a mask of its dwords, and they XOR what they were
 */
const HEAD_DWORDS = 8;
const ST_AT = 32;
const ST_BYTES = 10;
const XMM_AT = 160;
const REGISTER_BYTES = 16;

/** Writes how `after` differs from `before`. */
export function packFx(out: ColumnWriter, before: Uint8Array, after: Uint8Array): void {
  const head = changedDwords(before, after, 0, HEAD_DWORDS);
  out.u8('fx.head', head);
  eachBit(head, (i) =>
    difference(before, 4 * i, after, 4 * i, 4, (byte, k) => out.u8(`fx.head.${i}.${k}`, byte)),
  );
  const registers = maskOf((i) => {
    let bits = 0;
    difference(before, placeOf(before, i), after, placeOf(after, i), ST_BYTES, (byte) => {
      bits |= byte;
    });
    return bits !== 0;
  });
  out.u8('fx.st', registers);
  eachBit(registers, (i) => {
    difference(before, placeOf(before, i), after, placeOf(after, i), ST_BYTES, (byte, k) =>
      out.u8(`fx.st.${k}`, byte),
    );
  });
  const vectors = maskOf((i) => changedDwords(before, after, XMM_AT + REGISTER_BYTES * i, 4) !== 0);
  out.u8('fx.xmm', vectors);
  eachBit(vectors, (i) => {
    const at = XMM_AT + REGISTER_BYTES * i;
    const dwords = changedDwords(before, after, at, 4);
    out.u8('fx.xmm.dwords', dwords);
    eachBit(dwords, (n) => {
      difference(before, at + 4 * n, after, at + 4 * n, 4, (byte, k) => out.u8(`fx.xmm.${k}`, byte));
    });
  });
}

/** What `packFx` wrote: masks, and in their order the bytes of what they name. */
export interface FxDelta {
  readonly head: number;
  readonly registers: number;
  readonly vectors: number;
  /** Masks of dwords, one for each of `vectors`. */
  readonly dwords: readonly number[];
  readonly bytes: readonly number[];
}

/** Reads one delta. */
export function unpackFx(columns: ColumnReader): FxDelta {
  const bytes: number[] = [];
  const read = (column: string, count: number) => {
    for (let k = 0; k < count; k++) bytes.push(columns.u8(`${column}.${k}`));
  };
  const head = columns.u8('fx.head');
  eachBit(head, (i) => read(`fx.head.${i}`, 4));
  const registers = columns.u8('fx.st');
  eachBit(registers, () => read('fx.st', ST_BYTES));
  const vectors = columns.u8('fx.xmm');
  const dwords: number[] = [];
  eachBit(vectors, () => {
    const mask = columns.u8('fx.xmm.dwords');
    dwords.push(mask);
    eachBit(mask, () => read('fx.xmm', 4));
  });
  return { head, registers, vectors, dwords, bytes };
}

/** The image after, from the image before. */
export function applyFx(
  before: Uint8Array,
  { head, registers, vectors, dwords, bytes }: FxDelta,
): Uint8Array {
  const after = Uint8Array.from(before);
  let next = 0;
  const change = (at: number, count: number) => {
    for (let k = 0; k < count; k++) after[at + k] = (after[at + k] ?? 0) ^ (bytes[next++] ?? 0);
  };
  eachBit(head, (i) => change(4 * i, 4));
  // TOP may be another now: registers take their new places before they change.
  for (let i = 0; i < 8; i++) {
    const [from, to] = [placeOf(before, i), placeOf(after, i)];
    after.set(before.subarray(from, from + ST_BYTES), to);
  }
  eachBit(registers, (i) => change(placeOf(after, i), ST_BYTES));
  let vector = 0;
  eachBit(vectors, (i) => {
    eachBit(dwords[vector++] ?? 0, (n) => change(XMM_AT + REGISTER_BYTES * i + 4 * n, 4));
  });
  return after;
}

/** Where an image has a physical register: ST(0) comes first, and TOP says which that is. */
function placeOf(image: Uint8Array, physical: number): number {
  const top = ((image[3] ?? 0) >> 3) & 7;
  return ST_AT + REGISTER_BYTES * ((physical - top) & 7);
}

function maskOf(isSet: (i: number) => boolean): number {
  let mask = 0;
  for (let i = 0; i < 8; i++) if (isSet(i)) mask |= 1 << i;
  return mask;
}

function eachBit(mask: number, visit: (i: number) => void): void {
  for (let i = 0; i < 8; i++) if ((mask >> i) & 1) visit(i);
}

function changedDwords(before: Uint8Array, after: Uint8Array, at: number, count: number): number {
  let mask = 0;
  for (let i = 0; i < 4 * count; i++) if (before[at + i] !== after[at + i]) mask |= 1 << (i >> 2);
  return mask;
}

function difference(
  before: Uint8Array,
  from: number,
  after: Uint8Array,
  to: number,
  count: number,
  visit: (byte: number, k: number) => void,
): void {
  for (let k = 0; k < count; k++) visit((before[from + k] ?? 0) ^ (after[to + k] ?? 0), k);
}

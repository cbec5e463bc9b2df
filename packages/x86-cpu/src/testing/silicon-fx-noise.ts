/** Seeded x87, MMX and SSE states for recorded vectors, and memory operands of their formats. */
import {
  DOUBLE_FIELDS,
  EXTENDED_FIELDS,
  type FloatFields,
  FloatNoise,
  SINGLE_FIELDS,
} from './float-noise.js';
import { Noise, operandWord } from './silicon-noise.js';

/** What the registers hold that an instruction reads; 'none' for one that has nothing to do with them. */
export const FX_FLAVOURS = ['none', 'x87', 'integer', 'single', 'double'] as const;
export type FxFlavour = (typeof FX_FLAVOURS)[number];

/** What a memory operand holds. 'raw' is the seed's integers. */
export const OPERAND_KINDS = [
  'raw',
  'single',
  'double',
  'extended',
  'decimal',
  'control',
  'environment-16',
  'environment-32',
  'state-16',
  'state-32',
  'mxcsr',
  'image',
] as const;
export type OperandKind = (typeof OPERAND_KINDS)[number];

/** Bytes of an FXSAVE image that an instruction can change: up to XMM7. */
export const FX_STATE_BYTES = 288;
const ST_AT = 32;
const XMM_AT = 160;
const CONTROL_RESERVED = 0x40;
const ALL_MASKED = 0x3f;
const ES = 0x80;
const ES_AND_B = 0x8080;
const STATE_SALT = 0x5eed_f001;
const OPERAND_SALT = 0x0e4a_7d02;

/** The state that a seed stands for, as an FXSAVE image; ST(0) comes first, and pointers are 0 without a waiting exception. */
export function fxBackground(seed: number, flavour: FxFlavour): Uint8Array {
  return imageFrom(new Noise(seed ^ STATE_SALT), flavour);
}

function imageFrom(noise: Noise, flavour: FxFlavour): Uint8Array {
  const image = new Uint8Array(FX_STATE_BYTES);
  const view = new DataView(image.buffer);
  const control = controlWord(noise);
  view.setUint16(0, control, true);
  view.setUint16(2, statusWord(noise, control, flavour === 'x87' || flavour === 'integer' ? 7 : 1), true);
  image[4] = tags(noise);
  if (view.getUint16(2, true) & ES) {
    view.setUint16(6, noise.below(0x800), true);
    view.setUint32(8, noise.word(), true);
    view.setUint32(16, noise.word(), true);
  }
  view.setUint32(24, mxcsr(noise), true);
  view.setUint32(28, 0xffff, true);
  const extended = new FloatNoise(noise, EXTENDED_FIELDS);
  for (let i = 0; i < 8; i++) {
    const value = flavour === 'x87' || noise.percent(20) ? extended.next() : mmxValue(noise);
    putBits(view, ST_AT + 16 * i, value, 10);
  }
  fillLanes(view, XMM_AT, FX_STATE_BYTES, flavour, noise);
  return image;
}

/** RC and PC at random, but not the reserved one; most exceptions are masked. */
function controlWord(noise: Noise): number {
  if (noise.percent(15)) return 0x37f;
  const rounding = noise.below(4) << 10;
  const precision = noise.pick([0, 2, 3, 3]) << 8;
  return rounding | precision | CONTROL_RESERVED | masks(noise);
}

function masks(noise: Noise): number {
  if (noise.percent(50)) return ALL_MASKED;
  return noise.percent(60) ? ALL_MASKED & ~(1 << noise.below(6)) : noise.below(64);
}

/** In so many of a hundred an unmasked exception waits. */
function statusWord(noise: Noise, control: number, pendingShare: number): number {
  const top = noise.below(8) << 11;
  const conditions = noise.word() & 0x4700;
  const flags = noise.percent(60) ? 0 : noise.below(128);
  const unmasked = flags & ~control & ALL_MASKED;
  const isPending = unmasked !== 0 && noise.percent(pendingShare * 3);
  const kept = isPending ? flags : flags & ~unmasked;
  return top | conditions | kept | (isPending ? ES_AND_B : 0);
}

/** A bit for each physical register that holds something. Pushes want an empty one, everything else full ones. */
function tags(noise: Noise): number {
  if (noise.percent(30)) return 0xff;
  return noise.percent(50) ? noise.below(256) : 0xff & ~(1 << noise.below(8));
}

function mxcsr(noise: Noise): number {
  const flags = noise.percent(60) ? 0 : noise.below(64);
  const daz = noise.percent(25) ? 0x40 : 0;
  const fz = noise.percent(25) ? 0x8000 : 0;
  return flags | daz | fz | (masks(noise) << 7) | (noise.below(4) << 13);
}

/** What an MMX instruction leaves in a register. */
function mmxValue(noise: Noise): bigint {
  return (0xffffn << 64n) | (BigInt(operandWord(noise)) << 32n) | BigInt(operandWord(noise));
}

function fillLanes(view: DataView, start: number, end: number, flavour: FxFlavour, noise: Noise): void {
  const fields: FloatFields | undefined =
    flavour === 'single' ? SINGLE_FIELDS : flavour === 'double' ? DOUBLE_FIELDS : undefined;
  if (!fields) {
    for (let at = start; at < end; at += 4) view.setUint32(at, operandWord(noise), true);
    return;
  }
  const values = new FloatNoise(noise, fields);
  const bytes = flavour === 'single' ? 4 : 8;
  for (let at = start; at < end; at += bytes) putBits(view, at, values.next(), bytes);
}

function putBits(view: DataView, at: number, bits: bigint, bytes: number): void {
  for (let i = 0; i < bytes; i++) view.setUint8(at + i, Number((bits >> BigInt(8 * i)) & 0xffn));
}

/** Bytes of a memory operand of a kind, from the seed of its vector. */
export function operandNoise(seed: number, kind: OperandKind): number[] {
  const noise = new Noise(seed ^ OPERAND_SALT);
  const view = new DataView(new ArrayBuffer(OPERAND_BYTES[kind] ?? 16));
  OPERANDS[kind](view, noise);
  return [...new Uint8Array(view.buffer)];
}

const OPERAND_BYTES: Readonly<Partial<Record<OperandKind, number>>> = {
  'environment-16': 14,
  'environment-32': 28,
  'state-16': 94,
  'state-32': 108,
  mxcsr: 4,
  control: 2,
  image: 512,
};

const OPERANDS: Readonly<Record<OperandKind, (view: DataView, noise: Noise) => void>> = {
  raw: (view, noise) => fillLanes(view, 0, 16, 'integer', noise),
  single: (view, noise) => fillLanes(view, 0, 16, 'single', noise),
  double: (view, noise) => fillLanes(view, 0, 16, 'double', noise),
  extended: (view, noise) => putBits(view, 0, new FloatNoise(noise, EXTENDED_FIELDS).next(), 10),
  decimal: (view, noise) => {
    const digits = noise.percent(80) ? 18 : noise.below(18);
    for (let i = 0; i < 9; i++) {
      const digit = (at: number) => (at < digits ? noise.below(10) : 0);
      view.setUint8(i, digit(2 * i) | (digit(2 * i + 1) << 4));
    }
    view.setUint8(9, noise.percent(50) ? 0x80 : 0);
  },
  control: (view, noise) => view.setUint16(0, noise.percent(80) ? controlWord(noise) : noise.word(), true),
  'environment-16': (view, noise) => environment(view, noise, 2),
  'environment-32': (view, noise) => environment(view, noise, 4),
  'state-16': (view, noise) => stack(view, noise, 2),
  'state-32': (view, noise) => stack(view, noise, 4),
  mxcsr: (view, noise) => {
    // A reserved bit is #GP; bit 17 is AMD's MM.
    const reserved = noise.percent(10) ? (1 << noise.pick([16, 18, 24, 31])) >>> 0 : 0;
    view.setUint32(0, (mxcsr(noise) | reserved) >>> 0, true);
  },
  image: (view, noise) => {
    new Uint8Array(view.buffer).set(imageFrom(noise, 'x87'));
    for (let i = 0; i < 8; i++) view.setUint16(ST_AT + 16 * i + 10, noise.below(0x1_0000), true);
    if (noise.percent(8)) view.setUint32(24, 1 << noise.pick([16, 18, 24, 30]), true);
  },
};

function environment(view: DataView, noise: Noise, bytes: 2 | 4): void {
  const control = controlWord(noise);
  const fullTags = noise.percent(30) ? noise.below(0x1_0000) : noise.pick([0, 0xffff, 0x5555, 0xaaaa]);
  const selector = 0x2b | (bytes === 4 ? noise.below(0x800) << 16 : 0);
  const words = [
    control,
    statusWord(noise, control, 20),
    fullTags,
    noise.word(),
    selector,
    noise.word(),
    0x2b,
  ];
  for (const [i, word] of words.entries()) {
    if (bytes === 2) view.setUint16(2 * i, word & 0xffff, true);
    else view.setUint32(4 * i, word, true);
  }
}

function stack(view: DataView, noise: Noise, bytes: 2 | 4): void {
  environment(view, noise, bytes);
  const values = new FloatNoise(noise, EXTENDED_FIELDS);
  for (let i = 0; i < 8; i++) putBits(view, 7 * bytes + 10 * i, values.next(), 10);
}

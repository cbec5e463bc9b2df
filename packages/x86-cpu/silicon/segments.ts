/** The selectors of the recording machine, and addresses in them worth trying. */
import type { Noise } from '../src/testing/silicon-noise.js';

/** A segment as an operand may use it: offsets from `first` to before `end` are mapped and allowed. */
export interface TargetSegment {
  readonly base: number;
  readonly first: number;
  readonly end: number;
  /** Offsets near which something changes: a limit, a page boundary. */
  readonly edges: readonly number[];
}

const USER_CODE = 0x23;
const USER_DATA = 0x2b;
const NULL: TargetSegment = { base: 0, first: 0x7000, end: 0x9000, edges: [0] };
const FLAT: TargetSegment = {
  base: 0,
  first: 0x3000_0000,
  end: 0x3000_2000,
  edges: [0x3000_0000, 0x3000_1000, 0x3000_2000, 0x3000_3000, 0x3001_0000, 0x3001_1000, 0x4000_0000],
};
/** What 16-bit addresses reach in a flat segment. */
const FLAT_LOW: TargetSegment = {
  base: 0,
  first: 0x7000,
  end: 0x9000,
  edges: [0x7000, 0x8000, 0x9000, 0xa000, 0x100, 0xffff],
};

export const TARGETS: Readonly<Record<number, TargetSegment>> = {
  0: NULL,
  [USER_CODE]: FLAT,
  [USER_DATA]: FLAT,
  7: { base: 0x2000_0000, first: 0, end: 0x2000, edges: [0, 0x1000, 0x2000, 0xfff8] },
  95: { base: 0x2000_0000, first: 0, end: 0x2000, edges: [0, 0x1000, 0x2000] },
  63: { base: 0x2000_0000, first: 0, end: 0x2000, edges: [0, 0x1000, 0x2000] },
  15: { base: 0x3000_0000, first: 0, end: 0x2000, edges: [0, 0x1000, 0x2000] },
  23: { base: 0x3000_0000, first: 0, end: 0x1000, edges: [0, 0x1000] },
  31: { base: 0x3000_0000, first: 0x1000, end: 0x2000, edges: [0x1000, 0x2000, 0x3000] },
  39: { base: 0x3000_0000, first: 0, end: 0x2000, edges: [0, 0x1000, 0x2000] },
  47: { base: 0x3001_0000, first: 0, end: 0x1000, edges: [0, 0x1000] },
  71: { base: 0x3001_0000, first: 0, end: 0x1000, edges: [0, 0x1000] },
  87: { base: 0x3000_0000, first: 0x800, end: 0x2000, edges: [0x800, 0x1000, 0x2000, 0x3000, 0x1_0000] },
};

/** What segment registers may be loaded with, legal and not. */
export const SELECTORS = [
  0, 1, 3, 0x2b, 0x28, 0x29, 0x23, 0x20, 0x08, 0x10, 0x40, 0x53, 0x80, 0xfff8, 0x07, 0x0f, 0x0c, 0x0d, 0x17,
  0x1f, 0x27, 0x2f, 0x2c, 0x37, 0x34, 0x3f, 0x47, 0x4f, 0x57, 0x5f, 0x5c, 0x67, 0xffff,
] as const;
/** Those that code can be reached by. */
export const GOOD_CODE_SELECTORS: readonly number[] = [0x23, 0x07, 0x5f, 0x3f];
/** The same, and a few by which it cannot. */
export const CODE_SELECTORS: readonly number[] = [
  0x23, 0x07, 0x5f, 0x3f, 0x23, 0x07, 0x5f, 0x3f, 0x20, 0x5c, 0x05, 0x2b, 0, 3, 0x0f, 0x37, 0x67, 0x08, 0x40,
];

/** The segment registers ES CS SS DS FS GS that code of a size may run with. */
export function segmentsFor(noise: Noise, codeSize: 16 | 32): number[] {
  const isFlat = codeSize === 32 && noise.percent(60);
  const cs = isFlat ? USER_CODE : codeSize === 16 ? 0x07 : noise.pick([0x5f, 0x5f, 0x5f, 0x3f]);
  const data = () => (isFlat && noise.percent(85) ? USER_DATA : noise.pick(DATA_SELECTORS));
  const ss = isFlat && noise.percent(85) ? USER_DATA : noise.pick([0x2f, 0x47, USER_DATA]);
  return [data(), cs, ss, data(), noise.pick(DATA_SELECTORS), noise.pick(DATA_SELECTORS)];
}

const DATA_SELECTORS = [0x0f, 0x0f, 0x17, 0x17, 0x1f, 0x27, 0x57, USER_DATA, USER_DATA, 0];

/** An offset in the segment of a selector: mostly mapped and allowed, else where something changes. */
export function pickOffset(noise: Noise, selector: number, addressSize: 16 | 32): number {
  const segment = targetOf(selector, addressSize);
  if (noise.percent(16)) return (noise.pick(segment.edges) + noise.below(17) - 8) >>> 0;
  const room = segment.end - segment.first - 64;
  return segment.first + (noise.percent(60) ? noise.below(room / 4) * 4 : noise.below(room));
}

/** An offset that is surely mapped and allowed, as a source at least. */
export function pickInner(noise: Noise, selector: number, addressSize: 16 | 32): number {
  const { first, end } = targetOf(selector, addressSize);
  return first + 0x100 + noise.below((end - first - 0x200) / 4) * 4;
}

/** A stack pointer where something changes. */
export function pickStackEdge(noise: Noise, selector: number): number {
  return (noise.pick((TARGETS[selector] ?? NULL).edges) + noise.below(17) - 8) >>> 0;
}

/** Whether every access by a selector faults: null, or execute-only code. */
export function isUnreadable(selector: number): boolean {
  return selector === 0 || selector === 0x3f;
}

function targetOf(selector: number, addressSize: 16 | 32): TargetSegment {
  const segment = TARGETS[selector] ?? NULL;
  return addressSize === 16 && segment.end > 0xff_ffff ? FLAT_LOW : segment;
}

/** Whether the recorder's own memory is out of reach of this linear address. */
export function isSafeAddress(laddr: number): boolean {
  return laddr < 0xff00 || (laddr >= 0x1000_0000 && laddr < 0x5000_0000);
}

export function segmentBaseOf(selector: number): number {
  return (TARGETS[selector] ?? NULL).base;
}

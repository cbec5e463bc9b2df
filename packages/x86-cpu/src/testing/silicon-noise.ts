/** Seeded states for recorded vectors: registers, flags and operand bytes that both recorder and reader can make. */

/** Random 32-bit words from a seed (mulberry32). */
export class Noise {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** uint32 */
  word(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }
}

/** The state that a seed stands for. */
export interface Background {
  /** uint32, in ModRM order */
  readonly registers: readonly number[];
  readonly eflags: number;
  /** What memory operands hold. */
  readonly bytes: Uint8Array;
}

/** Bytes of operand memory that a seed gives. */
export const BACKGROUND_BYTES = 64;
const STATUS_FLAGS_AND_DF = 0xcd5;
const FIXED_AND_IF = 0x202;
/** Where carries, signs and overflows change. */
const EDGES = [
  0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x100, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff, 0x1_0000,
  0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_7fff, 0xffff_8000, 0xffff_ff80, 0xffff_fffe,
  0xffff_ffff,
];

/** Expands a seed. */
export function background(seed: number): Background {
  const noise = new Noise(seed);
  const registers = Array.from({ length: 8 }, () => operandWord(noise));
  const eflags = (noise.word() & STATUS_FLAGS_AND_DF) | FIXED_AND_IF;
  const bytes = new Uint8Array(BACKGROUND_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < BACKGROUND_BYTES; at += 4) view.setUint32(at, operandWord(noise), true);
  return { registers, eflags, bytes };
}

/** A word at random: of the edges, small, sign-extended from a byte, with any upper half, or any. */
export function operandWord(noise: Noise): number {
  switch (noise.below(8)) {
    case 0:
    case 1:
      return noise.pick(EDGES);
    case 2:
      return noise.below(256);
    case 3:
      return ((noise.word() << 24) >> 24) >>> 0;
    case 4:
      return ((noise.word() << 16) | (noise.pick(EDGES) & 0xffff)) >>> 0;
    default:
      return noise.word();
  }
}

/** The FPU's part of a silicon vector: an FXSAVE image put into the registers, and what differs afterwards. */
import type { Cpu } from '../cpu.js';
import { REAL80 } from '../semantics/x87/convert.js';
import { FloatContext } from '../semantics/x87/float-context.js';
import type { Float80 } from '../semantics/x87/float80.js';
import { TAG } from '../state/fpu.js';

/** Absent fields: those of FNINIT before, and unchanged after. */
export interface SiliconFpu {
  readonly cw?: number;
  readonly sw?: number;
  /** Abridged: one bit for each physical register that is not empty. */
  readonly tw?: number;
  /** ST(0) to ST(7), ten bytes each. */
  readonly st?: readonly string[];
}

/** Exception flags, ES and B may be compared only where `swm` says. */
export interface SiliconFpuMasks {
  readonly swm?: number;
  readonly approx?: number;
}

const INIT_CONTROL = 0x37f;
const NO_CONTEXT = new FloatContext(0, 64, 0x3f);
/** Distance that the recordings allow a transcendental result, in units of the last place. */
const MAX_ULPS = 1n << 12n;

/** Loads the registers as FXRSTOR does. */
export function loadFpu(cpu: Cpu, image: SiliconFpu | undefined): void {
  const { fpu } = cpu;
  fpu.initialize();
  fpu.control = image?.cw ?? INIT_CONTROL;
  fpu.status = image?.sw ?? 0;
  for (let index = 0; index < 8; index++) fpu.write(index, toValue(image?.st?.[index]));
  let tags = 0;
  for (let i = 0; i < 8; i++) tags |= ((image?.tw ?? 0) >> i) & 1 ? 0 : TAG.EMPTY << (2 * i);
  fpu.tags = tags;
}

/** What differs from what the vector expects. */
export function fpuDifferences(
  cpu: Cpu,
  before: SiliconFpu | undefined,
  after: SiliconFpu | undefined,
  { swm = 0xffff, approx }: SiliconFpuMasks,
): string[] {
  const { fpu } = cpu;
  const list: string[] = [];
  const compare = (what: string, found: number, expected: number) => {
    if (found !== expected) list.push(`${what} ${found.toString(16)}, not ${expected.toString(16)}`);
  };
  compare('cw', fpu.control, after?.cw ?? before?.cw ?? INIT_CONTROL);
  compare('sw', fpu.status & swm, (after?.sw ?? before?.sw ?? 0) & swm);
  compare('tw', abridged(fpu.tags), after?.tw ?? before?.tw ?? 0);
  for (let index = 0; index < 8; index++) {
    const expected = after?.st?.[index] ?? before?.st?.[index] ?? '00'.repeat(10);
    const found = toHex(fpu.read(index));
    const isNear = approx === 1 && ulps(fpu.read(index), toValue(expected)) <= MAX_ULPS;
    if (found !== expected && !isNear) list.push(`st${index} ${found}, not ${expected}`);
  }
  return list;
}

function abridged(tags: number): number {
  let word = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (2 * i)) & 3) !== TAG.EMPTY) word |= 1 << i;
  return word;
}

function toValue(hex = '00'.repeat(10)): Float80 {
  const bytes = hex.match(/../g) ?? [];
  return REAL80.load(NO_CONTEXT, BigInt(`0x${[...bytes].reverse().join('')}`));
}

function toHex(value: Float80): string {
  const text = REAL80.store(NO_CONTEXT, value).toString(16).padStart(20, '0');
  return [...(text.match(/../g) ?? [])].reverse().join('');
}

/** Distance of two values as integers in the order of their bits. */
function ulps(a: Float80, b: Float80): bigint {
  const difference = ordinal(a) - ordinal(b);
  return difference < 0n ? -difference : difference;
}

function ordinal({ negative, exponent, significand }: Float80): bigint {
  const magnitude = (BigInt(exponent) << 63n) + (significand & ((1n << 63n) - 1n));
  return negative ? -magnitude : magnitude;
}

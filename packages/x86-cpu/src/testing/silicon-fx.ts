/** The x87 and SSE state of a silicon vector: put into a CPU, and compared with what it holds afterwards. */
import type { Cpu } from '../cpu.js';
import { abridgeTags, fullTags } from '../semantics/sse/tags.js';
import {
  FPU_CONTROL,
  FPU_DP,
  FPU_IP,
  FPU_OPCODE,
  FPU_STATUS,
  FPU_TAGS,
  MXCSR,
  ST,
  XMM,
} from '../state/layout.js';

/** The `fx` field of a vector: absent registers are zero. */
export interface SiliconFx {
  readonly cw: number;
  readonly sw: number;
  readonly tw: number;
  readonly mx: number;
  /** Opcode, offset and data offset of the last instruction; not compared where they are absent. */
  readonly fop?: number;
  readonly fip?: number;
  readonly fdp?: number;
  readonly st?: readonly string[];
  readonly xmm?: readonly string[];
}

/** The state after FNINIT and with MXCSR as after reset. */
const INITIAL: SiliconFx = { cw: 0x37f, sw: 0, tw: 0, mx: 0x1f80 };
/** 1.5 · 2^-12, the manual's bound for RCPPS and RSQRTPS, twice: for theirs and for ours. */
const APPROXIMATION_BOUND = 3 * 2 ** -12;
/** Results that may be flushed to zero or not: about the smallest normal number ("RCPPS", Description). */
const ABOUT_TINY = 2 ** -126 * (1 + APPROXIMATION_BOUND);

/** Distance that the recordings allow a transcendental result of the x87, in units of the last place. */
const MAX_ULPS = 1n << 12n;

/** Loads the state, or the initial one. */
export function loadFx(cpu: Cpu, initial: Partial<SiliconFx> = {}): void {
  const { registers } = cpu;
  const fx = { ...INITIAL, ...initial };
  cpu.fpu.initialize();
  registers.set(FPU_CONTROL, fx.cw);
  registers.set(FPU_STATUS, fx.sw);
  registers.set(MXCSR, fx.mx);
  registers.set(FPU_OPCODE, fx.fop ?? 0);
  registers.set(FPU_IP, fx.fip ?? 0);
  registers.set(FPU_DP, fx.fdp ?? 0);
  for (let i = 0; i < 8; i++) {
    putHex(cpu, physical(fx.sw, i), fx.st?.[i], 10);
    putHex(cpu, XMM + 16 * i, fx.xmm?.[i], 16);
  }
  registers.set(FPU_TAGS, fullTags(fx.tw));
}

/** What differs from the state that a vector started in, with the fields that it says have changed. */
export function fxDifferences(
  cpu: Cpu,
  before: Partial<SiliconFx> = {},
  changes: Partial<SiliconFx> = {},
  options: { readonly approximate?: boolean; readonly ulps?: number; readonly statusMask?: number } = {},
): string[] {
  const expected = { ...INITIAL, ...before, ...changes };
  const { registers } = cpu;
  const list: string[] = [];
  const compare = (what: string, found: number, wanted: number) => {
    if (found !== wanted) list.push(`${what} ${found.toString(16)}, not ${wanted.toString(16)}`);
  };
  const mask = options.statusMask ?? 0xffff;
  compare('cw', registers.get(FPU_CONTROL) & 0xffff, expected.cw);
  compare('sw', registers.get(FPU_STATUS) & mask, expected.sw & mask);
  compare('tw', abridgeTags(registers.get(FPU_TAGS)), expected.tw);
  compare('mxcsr', registers.get(MXCSR), expected.mx);
  if (changes.fop !== undefined) compare('fop', registers.get(FPU_OPCODE) & 0x7ff, changes.fop);
  if (changes.fip !== undefined) compare('fip', registers.getUnsigned(FPU_IP), changes.fip);
  if (changes.fdp !== undefined) compare('fdp', registers.getUnsigned(FPU_DP), changes.fdp);
  const maxUlps = options.approximate ? MAX_ULPS : BigInt(options.ulps ?? 0);
  for (let i = 0; i < 8; i++) {
    const st = getHex(cpu, physical(expected.sw, i), 10);
    const xmm = getHex(cpu, XMM + 16 * i, 16);
    const wantedSt = expected.st?.[i] ?? '0'.repeat(20);
    if (st !== wantedSt && (maxUlps === 0n || ulps(st, wantedSt) > maxUlps)) {
      list.push(`st${i} ${st}, not ${wantedSt}`);
    }
    const wanted = expected.xmm?.[i] ?? '0'.repeat(32);
    if (xmm !== wanted && !(options.approximate && isClose(xmm, wanted))) {
      list.push(`xmm${i} ${xmm}, not ${wanted}`);
    }
  }
  return list;
}

/** Whether all four single-precision lanes agree within the bound of the approximating instructions. */
function isClose(found: string, wanted: string): boolean {
  const [a, b] = [found, wanted].map(floats);
  return [0, 1, 2, 3].every((i) => {
    const [x = 0, y = 0] = [a?.[i], b?.[i]];
    const isTiny = Math.abs(x) < ABOUT_TINY && Math.abs(y) < ABOUT_TINY;
    return Object.is(x, y) || isTiny || Math.abs(x - y) <= Math.abs(y) * APPROXIMATION_BOUND;
  });
}

/** Distance of two 80-bit values as integers in the order of their bits. */
function ulps(a: string, b: string): bigint {
  const difference = ordinal(a) - ordinal(b);
  return difference < 0n ? -difference : difference;
}

function ordinal(hex: string): bigint {
  const view = new DataView(bytesOf(hex).buffer);
  const top = view.getUint16(8, true);
  const fraction = view.getBigUint64(0, true) & ((1n << 63n) - 1n);
  const magnitude = (BigInt(top & 0x7fff) << 63n) + fraction;
  return top & 0x8000 ? -magnitude : magnitude;
}

function floats(hex: string): Float32Array {
  return new Float32Array(bytesOf(hex).buffer);
}

function physical(status: number, i: number): number {
  return ST + 16 * (((status >> 11) + i) & 7);
}

function putHex(cpu: Cpu, field: number, hex: string | undefined, count: number): void {
  const bytes = new Uint8Array(16);
  if (hex !== undefined) bytes.set(bytesOf(hex).subarray(0, count));
  const words = new Int32Array(bytes.buffer);
  for (let i = 0; i < 4; i++) cpu.registers.set(field + 4 * i, words[i] ?? 0);
}

function getHex(cpu: Cpu, field: number, count: number): string {
  const words = Int32Array.from({ length: 4 }, (_, i) => cpu.registers.get(field + 4 * i));
  const bytes = new Uint8Array(words.buffer, 0, count);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

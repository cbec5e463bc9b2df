/** Registers by name, as the little-endian bytes that a debugger reads and writes. */
import type { Cpu } from './cpu.js';
import { isProtected } from './state/control.js';
import { VM } from './state/eflags.js';
import {
  CS,
  DR0,
  DS,
  ES,
  FPU_CS,
  FPU_DP,
  FPU_DS,
  FPU_IP,
  FPU_OPCODE,
  FS,
  GS,
  LDTR,
  MXCSR,
  SS,
  TR,
  XMM,
} from './state/layout.js';

/** A register as a debugger sees it. */
export interface RegisterBytes {
  readonly name: string;
  /** How many bytes it has: 4, 10 (x87) or 16 (XMM). */
  readonly size: 4 | 10 | 16;
  get(cpu: Cpu): Uint8Array;
  /** @returns false, and nothing changed, for a value that cannot be set */
  set(cpu: Cpu, bytes: Uint8Array): boolean;
}

/**
 * Looks a register up: the general ones, `eip`, `eflags`, `cs` … `gs`, `st0` … `st7` and `fctrl` … `fop`, `xmm0` …
 * `xmm7` and `mxcsr`, `cr0` … `cr4`, `dr0` … `dr7`, `cs_base` … `gs_base`, `gdtr_base`, `gdtr_limit`, `idtr_base`,
 * `idtr_limit`, `ldtr`, `tr` and `cpl`.
 */
export function registerBytes(name: string): RegisterBytes | undefined {
  return BY_NAME.get(name);
}

type ReadWord = (cpu: Cpu) => number;
type WriteWord = (cpu: Cpu, value: number) => void;

/** A register of 32 bits; without `set` a write is refused unless it changes nothing. */
function word(name: string, get: ReadWord, set?: WriteWord): RegisterBytes {
  return {
    name,
    size: 4,
    get: (cpu) => wordBytes(get(cpu)),
    set(cpu, bytes) {
      const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      if (set) set(cpu, value);
      return get(cpu) >>> 0 === value;
    },
  };
}

function wordBytes(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** A word of the state. */
function field(name: string, offset: number): RegisterBytes {
  const set: WriteWord = (cpu, value) => cpu.registers.set(offset, value);
  return word(name, (cpu) => cpu.registers.getUnsigned(offset), set);
}

const NAMED = [
  ...(['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const),
  ...(['eip', 'eflags', 'cr0', 'cr2', 'cr3', 'cr4'] as const),
] as const;

/** A selector can be set from outside where it says the base: in real-address and virtual-8086 mode. */
function selector(name: string, index: number): RegisterBytes {
  return word(
    name,
    (cpu) => cpu.getSegment(index).selector,
    (cpu, value) => {
      const isPlain = !isProtected(cpu.registers) || (cpu.eflags & VM) !== 0;
      if (!isPlain || index > GS || value > 0xffff) return;
      cpu.setSegment(index, { ...cpu.getSegment(index), selector: value, base: value << 4 });
    },
  );
}

const SEGMENT_NAMES: readonly (readonly [name: string, index: number])[] = [
  ['cs', CS],
  ['ss', SS],
  ['ds', DS],
  ['es', ES],
  ['fs', FS],
  ['gs', GS],
  ['ldtr', LDTR],
  ['tr', TR],
];

const ST_BYTES = 10;

function stackRegister(index: number): RegisterBytes {
  return {
    name: `st${index}`,
    size: ST_BYTES,
    get({ fpu }) {
      const { negative, exponent, significand } = fpu.read(index);
      const bytes = new Uint8Array(ST_BYTES);
      const view = new DataView(bytes.buffer);
      view.setBigUint64(0, significand, true);
      view.setUint16(8, exponent | (negative ? 0x8000 : 0), true);
      return bytes;
    },
    set({ fpu }, bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const high = view.getUint16(8, true);
      const significand = view.getBigUint64(0, true);
      const isEmpty = fpu.isEmpty(index);
      fpu.write(index, { negative: high >= 0x8000, exponent: high & 0x7fff, significand });
      // What is in a register and whether it counts are two things.
      if (isEmpty) fpu.free(index);
      return true;
    },
  };
}

const XMM_BYTES = 16;

function multimediaRegister(index: number): RegisterBytes {
  const first = XMM + index * XMM_BYTES;
  return {
    name: `xmm${index}`,
    size: XMM_BYTES,
    get({ registers }) {
      const bytes = new Uint8Array(XMM_BYTES);
      for (let at = 0; at < XMM_BYTES; at += 4) bytes.set(wordBytes(registers.get(first + at)), at);
      return bytes;
    },
    set({ registers }, bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (let at = 0; at < XMM_BYTES; at += 4) registers.set(first + at, view.getInt32(at, true));
      return true;
    },
  };
}

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const ROWS: readonly RegisterBytes[] = [
  ...NAMED.map((name) =>
    word(
      name,
      (cpu) => cpu[name],
      (cpu, value) => {
        cpu[name] = value;
      },
    ),
  ),
  ...SEGMENT_NAMES.map(([name, index]) => selector(name, index)),
  ...SEGMENT_NAMES.map(([name, index]) => word(`${name}_base`, (cpu) => cpu.getSegment(index).base)),
  ...EIGHT.map(stackRegister),
  word(
    'fctrl',
    ({ fpu }) => fpu.control,
    ({ fpu }, value) => {
      fpu.control = value;
    },
  ),
  word(
    'fstat',
    ({ fpu }) => fpu.status,
    ({ fpu }, value) => {
      fpu.status = value;
    },
  ),
  word(
    'ftag',
    ({ fpu }) => fpu.actualTags(),
    ({ fpu }, value) => {
      fpu.tags = value;
    },
  ),
  field('fiseg', FPU_CS),
  field('fioff', FPU_IP),
  field('foseg', FPU_DS),
  field('fooff', FPU_DP),
  field('fop', FPU_OPCODE),
  ...EIGHT.map(multimediaRegister),
  field('mxcsr', MXCSR),
  ...EIGHT.map((index) => field(`dr${index}`, DR0 + 4 * index)),
  word('gdtr_base', (cpu) => cpu.gdtr.base),
  word('gdtr_limit', (cpu) => cpu.gdtr.limit),
  word('idtr_base', (cpu) => cpu.idtr.base),
  word('idtr_limit', (cpu) => cpu.idtr.limit),
  word('cpl', (cpu) => cpu.cpl),
];

const BY_NAME: ReadonlyMap<string, RegisterBytes> = new Map(ROWS.map((row) => [row.name, row]));

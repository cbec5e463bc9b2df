/** Two ways of executing the same instructions on the same random states, and what they differ in. */
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import fc from 'fast-check';
import { type Cpu, createCpu } from '../cpu.js';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { CpuException } from '../exception.js';
import { REP } from '../isa/insn.js';
import { CS, DS, EAX, EFLAGS_REST, EIP, ES, FS, GS, SS, STACK_MASK, ZERO } from '../state/layout.js';
import type { RowBytes } from './map-rows.js';

const RAM_BYTES = 0x4_0000;
/** Where instructions stand. */
export const CODE_AT = 0x1000;
const DATA_AT = 0x2_0000;
const DATA_BYTES = 0x1_0000;
const FLAT_LIMIT = 0xffff_ffff;
const SMALL_LIMIT = 0x2_fff0;
const CODE_ATTRIBUTES = { 16: 0x809b, 32: 0xc09b } as const;
const DATA_ATTRIBUTES = { 16: 0x8093, 32: 0xc093 } as const;

/** Registers, flags and segments before an instruction. */
export interface LabState {
  readonly codeSize: 16 | 32;
  readonly stackSize: 16 | 32;
  readonly dataLimit: number;
  readonly registers: readonly number[];
  readonly eflags: number;
}

const register = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: DATA_AT, max: DATA_AT + DATA_BYTES - 1 }),
  fc.constantFrom(
    0,
    -1,
    0x7fff_ffff,
    -0x8000_0000,
    0x80,
    0x7f,
    0xff,
    0x8000,
    0x7fff,
    0xffff,
    0x2_0ffe,
    0x2_0fff,
  ),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
);

/** CF PF AF ZF SF DF OF. */
const FLAGS = [0x1, 0x4, 0x10, 0x40, 0x80, 0x400, 0x800];

/** Random states, rich in corner cases and in addresses that are RAM. */
export const labState: fc.Arbitrary<LabState> = fc.record({
  codeSize: fc.constantFrom(16 as const, 32 as const, 32 as const),
  stackSize: fc.constantFrom(16 as const, 32 as const, 32 as const),
  dataLimit: fc.constantFrom(FLAT_LIMIT, FLAT_LIMIT, SMALL_LIMIT),
  registers: fc.array(register, { minLength: 8, maxLength: 8 }),
  eflags: fc.subarray(FLAGS).map((bits) => bits.reduce((word, bit) => word | bit, 0x2)),
});

const PREFIXES = [0x66, 0x67, 0x2e, 0x3e, 0x26, 0x64];

/** Random instructions of a row: prefixes, ModRM, SIB, displacement and immediates are what comes. */
export function instructionBytes({ row, opcode, reg }: RowBytes): fc.Arbitrary<number[]> {
  const repeats = row.flags & REP ? [[], [0xf3], [0xf2]] : [[]];
  return fc
    .tuple(
      fc.subarray(PREFIXES, { maxLength: 2 }),
      fc.constantFrom(...repeats),
      fc.array(fc.integer({ min: 0, max: 0xff }), { minLength: 12, maxLength: 12 }),
    )
    .map(([prefixes, repeat, tail]) => {
      const [modrm = 0, ...rest] = tail;
      const fixed = reg === undefined ? modrm : (modrm & 0xc7) | (reg << 3);
      return [...prefixes, ...repeat, ...opcode, fixed, ...rest];
    });
}

/** Decodes one instruction; undefined for what is none, and for system rows. */
export function decodeBytes(bytes: readonly number[], codeSize: 16 | 32): Decoded | undefined {
  const decoded = decode((offset) => bytes[offset] ?? 0, codeSize);
  return typeof decoded === 'string' || decoded.insn.system ? undefined : decoded;
}

/** A CPU without paging, whose RAM holds the same noise each time. */
export class Lab {
  readonly mem: PhysMem = createPhysMem({ ramBytes: RAM_BYTES });
  readonly cpu: Cpu;
  readonly #noise = noise(DATA_BYTES);
  readonly #state: Int32Array;

  constructor() {
    const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
    this.cpu = createCpu({ mem: this.mem, board, interpreter: 'reference' });
    this.cpu.cr0 = 1;
    this.#state = new Int32Array(this.mem.memory.buffer, 0, ZERO / 4 + 4);
  }

  /** Puts the CPU and the data in a state, and `bytes` at CODE_AT. */
  prepare(state: LabState, bytes: readonly number[]): void {
    const { cpu } = this;
    this.mem.writeBytes(DATA_AT, this.#noise);
    this.mem.fill(0, 0x1000, 0);
    this.mem.writeBytes(CODE_AT, Uint8Array.from(bytes));
    cpu.setSegment(CS, {
      selector: 8,
      attributes: CODE_ATTRIBUTES[state.codeSize],
      base: 0,
      limit: FLAT_LIMIT,
    });
    for (const index of [ES, DS, FS, GS]) this.#setData(index, 32, state.dataLimit);
    this.#setData(SS, state.stackSize, FLAT_LIMIT);
    state.registers.forEach((value, index) => {
      cpu.registers.set(EAX + 4 * index, value);
    });
    cpu.registers.set(EIP, CODE_AT);
    cpu.eflags = state.eflags;
  }

  #setData(index: number, size: 16 | 32, limit: number): void {
    this.cpu.setSegment(index, { selector: 16, attributes: DATA_ATTRIBUTES[size], base: 0, limit });
  }

  /** Everything an instruction over any machine may change, as text. */
  outcome(): string {
    const registers = [...this.#state.subarray(0, ZERO / 4)].map((word) => (word >>> 0).toString(16));
    const { eip, eflags, cr2 } = this.cpu;
    const rest = [eip, eflags, cr2, this.cpu.registers.get(STACK_MASK), this.cpu.registers.get(EFLAGS_REST)];
    return [...registers, ...rest.map((word) => (word >>> 0).toString(16))].join(' ');
  }
}

function noise(bytes: number): Uint8Array {
  let word = 12345;
  return Uint8Array.from({ length: bytes }, () => {
    word = (Math.imul(word, 1103515245) + 12345) | 0;
    return word >>> 16;
  });
}

/** Runs something that may raise a guest exception; tells which. */
export function faultOf(execute: () => void): string {
  try {
    execute();
    return 'none';
  } catch (error) {
    if (!(error instanceof CpuException)) throw error;
    return `#${error.vector}(${error.errorCode})`;
  }
}

/** Whether the two labs' RAM is the same. */
export function sameRam(a: Lab, b: Lab): boolean {
  const left = new Int32Array(a.mem.ram.buffer, a.mem.ram.byteOffset, RAM_BYTES / 4);
  const right = new Int32Array(b.mem.ram.buffer, b.mem.ram.byteOffset, RAM_BYTES / 4);
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** Random loops for lockstep tests: most of their instructions work on registers and on memory that is there. */
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import type { Insn } from '../isa/insn.js';
import { isTranslatable } from '../jit/region.js';
import { cpuModel } from '../model.js';
import { allRows, type RowBytes } from './map-rows.js';
import { pick, type Random, random } from './random.js';

/** Pointers that a loop may set anew each time round. */
export interface Pointers {
  readonly esp: number;
  readonly ebp: number;
  readonly esi: number;
  readonly edi: number;
}

/** Of the model that the loops are made for. */
const FEATURES = cpuModel('max').rows;
const MAX_ITEMS = 14;
const CALL_BYTES = 5;
/** ESI, EDI, EBP and ESP stay pointers most of the time: destinations are EAX to EBX. */
const LOW_REGISTERS_MASK = 0x1b;
const MOD_REGISTER = 0xc0;
const MOD_DISPLACEMENT = 0x40;
const SAMPLES_A_ROW = 8;
const CORNERS = [0, 1, 2, -1, -2, 0x7fff_ffff, 0x8000_0000, 0x80, 0x7f, 0xff, 0x8000, 0x7fff, 0xffff, 0x100];
/** RDTSC, CPUID, IN, OUT, PUSHF and POPF, STI, CLI, INT: they end regions. */
const SYSTEM_ITEMS = [
  [0x0f, 0x31],
  [0x0f, 0xa2],
  [0xe4, 0x60],
  [0xe6, 0x80],
  [0x9c, 0x9d],
  [0xfb],
  [0xfa],
  [0xcd, 0x40],
] as const;

/** The rows that the translator takes in, in the order of the opcode map. */
export const TRANSLATED_ROWS: readonly RowBytes[] = allRows().filter((row) => {
  const next = random(1);
  return Array.from({ length: SAMPLES_A_ROW }, () => encode(row, next)).some(
    (bytes) => bytes && isTranslatable(bytes.decoded, FEATURES),
  );
});

/** Makes loops of the translator's rows in turn, so that none is left out by chance. */
export class LoopPrograms {
  readonly #next: Random;
  #turn: number;

  /** @param turn - index of the row to begin with, modulo their number */
  constructor(next: Random, turn: number) {
    this.#next = next;
    this.#turn = turn;
  }

  /**
   * A loop that ends in DEC dword [EBP], JNZ and HLT, and a subroutine behind it that it may call.
   *
   * @param pointers - set at the loop's head; without them the registers are to point to RAM
   */
  make(pointers?: Pointers): number[] {
    const next = this.#next;
    const head = pointers ? setPointers(pointers) : [];
    const body = [...head, ...this.#code(2 + (next() % MAX_ITEMS))];
    const calls = next() % 3;
    const end = [0xff, 0x4d, 0x00];
    const loop = [...body, ...new Array<number>(CALL_BYTES * calls).fill(0x90), ...end];
    const whole = [...loop, 0x0f, 0x85, ...le32(-(loop.length + 6)), 0xf4];
    for (let i = 0; i < calls; i++) {
      const at = body.length + CALL_BYTES * i;
      whole.splice(at, CALL_BYTES, 0xe8, ...le32(whole.length - at - CALL_BYTES));
    }
    return [...whole, ...this.#code(2 + (next() % 4)), 0xc3];
  }

  #code(count: number): number[] {
    const next = this.#next;
    const items = Array.from({ length: count }, () => this.#item());
    return items.flatMap((item, i) => {
      const skipped = items[i + 1] ?? [];
      // One in two jumps over its successor, by whatever the flags say at that moment.
      return next() % 2 === 0 ? [...item, 0x70 | (next() & 0xf), skipped.length] : item;
    });
  }

  #item(): readonly number[] {
    const next = this.#next;
    if (next() % 12 === 0) return pick(next, SYSTEM_ITEMS);
    const item = this.#rowItem();
    // One in three works on a corner: MOV EAX, imm32 to MOV EBX, imm32.
    return next() % 3 === 0 ? [0xb8 | (next() & 3), ...le32(pick(next, CORNERS)), ...item] : item;
  }

  #rowItem(): readonly number[] {
    const next = this.#next;
    const row = TRANSLATED_ROWS[this.#turn++ % TRANSLATED_ROWS.length];
    for (let tries = 0; row && tries < SAMPLES_A_ROW; tries++) {
      const encoded = encode(row, next);
      if (encoded) return surround(encoded);
    }
    return INC_BL;
  }
}

interface Encoded {
  readonly bytes: readonly number[];
  readonly decoded: Decoded;
}

/** The row with random operands; undefined where those are none of it. */
function encode({ row, opcode, reg }: RowBytes, next: Random): Encoded | undefined {
  const prefix = next() % 6 === 0 ? [0x66] : next() % 16 === 0 ? [pick(next, [0x64, 0x65, 0x67])] : [];
  const repeat = next() % 8 === 0 ? [0xf3] : [];
  const fixed = reg === undefined ? next() & 0x18 : reg << 3;
  // [ESI + disp8] or [EDI + disp8]
  const modrm =
    next() % 2 === 0
      ? MOD_DISPLACEMENT | fixed | 6 | (next() & 1)
      : MOD_REGISTER | fixed | (next() & LOW_REGISTERS_MASK & 7);
  const tail = Array.from({ length: 10 }, () => next() & 0xff);
  const bytes = [...prefix, ...repeat, ...opcode, modrm, ...tail];
  const decoded = decode((offset) => bytes[offset] ?? 0, 32);
  if (typeof decoded === 'string' || decoded.insn !== row) return undefined;
  // It would truncate EIP.
  if (decoded.operands[0]?.kind === 'relative' && decoded.operandSize === 16) return undefined;
  return { bytes: bytes.slice(0, decoded.length), decoded };
}

const CALL_NEXT = [0xe8, 0, 0, 0, 0];
const POP_EAX = 0x58;
const POP_EDX = 0x5a;
const INC_BL = [0xfe, 0xc3];

/** What an instruction needs around it so that the loop goes on behind it. */
function surround({ bytes, decoded }: Encoded): readonly number[] {
  const { insn, operands } = decoded;
  const [operand] = operands;
  switch (insn.mnemonic) {
    case 'CALL':
    case 'JMP': {
      const isCall = insn.mnemonic === 'CALL';
      const after = isCall ? [POP_EDX] : [];
      if (operand?.kind === 'relative') return [...overNext(bytes, insn), ...after];
      return [...jumpThrough(isCall ? 2 : 4, operand?.kind === 'memory'), ...after];
    }
    case 'RET': {
      // What RET imm16 releases has been pushed.
      const isReleasing = operands.length > 0;
      const ret = isReleasing ? [0xc2, 4, 0] : [0xc3];
      return [...(isReleasing ? [0x6a, 0] : []), 0xe8, 2, 0, 0, 0, 0xeb, ret.length, ...ret];
    }
    case 'LEAVE':
      // PUSH EBP; MOV EBP, ESP
      return [0x55, 0x89, 0xe5, 0xc9];
    case 'POPA':
      return [0x60, 0x61];
    default:
      return operand?.kind === 'relative' ? overNext(bytes, insn) : bytes;
  }
}

/** A relative jump over an INC BL that follows it. */
function overNext(bytes: readonly number[], { operands }: Insn): number[] {
  const size = operands[0]?.width === 8 ? 1 : 4;
  return [...bytes.slice(0, -size), ...le32(INC_BL.length).slice(0, size), ...INC_BL];
}

/** CALL or JMP through EAX or [ESI + 10h] to what follows; `reg` is the group's. */
function jumpThrough(reg: 2 | 4, inMemory: boolean): number[] {
  const jump = inMemory ? [0x89, 0x46, 0x10, 0xff, 0x46 | (reg << 3), 0x10] : [0xff, 0xc0 | (reg << 3)];
  return [...CALL_NEXT, POP_EAX, 0x83, 0xc0, 4 + jump.length, ...jump];
}

function setPointers({ esp, ebp, esi, edi }: Pointers): number[] {
  return [[0xbc, esp] as const, [0xbd, ebp] as const, [0xbe, esi] as const, [0xbf, edi] as const].flatMap(
    ([opcode, value]) => [opcode, ...le32(value)],
  );
}

function le32(value: number): number[] {
  return [value, value >> 8, value >> 16, value >> 24].map((byte) => byte & 0xff);
}

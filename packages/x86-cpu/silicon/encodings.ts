/** Concrete instructions of a form: prefixes, ModRM, displacement and immediates at random within what it allows. */
import { decode } from '../src/decode/decode.js';
import type { Decoded } from '../src/decode/decoded.js';
import { LOCK, REP, TEST_REGISTERS } from '../src/isa/insn.js';
import type { OperandCode } from '../src/isa/operand.js';
import type { RecordedEncoding } from '../src/testing/silicon-format.js';
import { type Noise, operandWord } from '../src/testing/silicon-noise.js';
import type { Form } from './forms.js';
import { immediateFor } from './immediates.js';
import { pickOffset, segmentBaseOf, segmentsFor } from './segments.js';

/** An instruction in its place. `decoded` is undefined where it raises #UD. */
export interface Encoding extends RecordedEncoding {
  readonly decoded: Decoded | undefined;
  /** Linear address of its first byte. */
  readonly laddr: number;
}

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const LOCK_PREFIX = 0xf0;
/** In the order ES CS SS DS FS GS. */
const OVERRIDES: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
/** Two-byte opcodes may mean another instruction behind F2 or F3. */
const ESCAPE = 0x0f;

/** One encoding of the form, placed somewhere in the code pages. */
export function makeEncoding(form: Form, noise: Noise): Encoding {
  const codeSize = noise.percent(65) ? 32 : 16;
  const addressSize = noise.percent(75) ? codeSize : codeSize === 32 ? 16 : 32;
  const segments = segmentsFor(noise, codeSize);
  const start = 0x100 + noise.below(0x1d00);
  const place = { codeSize, addressSize, segments, start } as const;
  const prefixes = prefixesFor(form, place, noise);
  const code = [...prefixes, ...form.opcode, ...operandBytes(form, place, prefixes, noise)];
  // Some end with their page, so that the next fetch faults, or a part of them is missing.
  const isAtEnd = noise.percent(2) && isWhollyFetched(form) && segments[1] !== 0x5f && segments[1] !== 0x3f;
  const offset = isAtEnd ? 0x2000 - code.length + (noise.percent(30) ? 1 : 0) : start;
  const base = segmentBaseOf(segments[1] ?? 0);
  const laddr = 0x2000_0000 + offset;
  const decoded = decode((at) => code[at] ?? 0, codeSize);
  return {
    codeSize,
    code,
    eip: laddr - base,
    segments,
    decoded: typeof decoded === 'string' ? undefined : decoded,
    laddr,
  };
}

/** How much of an undefined opcode is fetched is left open, as in "UD—Undefined Instruction" for UD0's ModRM. */
function isWhollyFetched({ row, rm }: Form): boolean {
  const excluded = rm === 'memory' ? 'NU' : 'M';
  if (rm !== 'none' && row?.operands.some(({ method }) => excluded.includes(method))) return false;
  return row !== undefined && (row.flags & TEST_REGISTERS) === 0 && !row.mnemonic.startsWith('UD');
}

interface Place {
  readonly codeSize: 16 | 32;
  readonly addressSize: 16 | 32;
  readonly segments: readonly number[];
  readonly start: number;
}

function prefixesFor(form: Form, place: Place, noise: Noise): number[] {
  const prefixes: number[] = [];
  const flags = form.row?.flags ?? 0;
  if (form.prefix) prefixes.push(form.prefix);
  else if (form.prefix === undefined && form.operandSize !== place.codeSize) prefixes.push(OPERAND_SIZE);
  if (place.addressSize !== place.codeSize) prefixes.push(ADDRESS_SIZE);
  if (noise.percent(22)) prefixes.push(noise.pick(OVERRIDES));
  // Reserved, and of an effect on AMD: F2 and F3 choose the sense of LOOPE and LOOPNE.
  const mayRepeat = form.opcode[0] !== ESCAPE && !form.row?.mnemonic.startsWith('LOOP');
  if (flags & REP ? noise.percent(65) : mayRepeat && noise.percent(3)) {
    prefixes.push(noise.pick([0xf2, 0xf3]));
  }
  // LOCK MOV CR0 is MOV CR8 on AMD.
  const mayLock = !form.row?.operands.some(({ method }) => method === 'C');
  if ((flags & LOCK) !== 0 && form.rm === 'memory' ? noise.percent(20) : mayLock && noise.percent(2)) {
    prefixes.push(LOCK_PREFIX);
  }
  return shuffled(prefixes, noise);
}

function shuffled(list: readonly number[], noise: Noise): number[] {
  const rest = [...list];
  const result: number[] = [];
  while (rest.length > 0) result.push(...rest.splice(noise.below(rest.length), 1));
  return result;
}

function operandBytes(form: Form, place: Place, prefixes: readonly number[], noise: Noise): number[] {
  const bytes: number[] = [];
  if (form.rm !== 'none') bytes.push(...modrmBytes(form, place, prefixes, noise));
  for (const operand of form.row?.operands ?? []) {
    bytes.push(...extraBytes(operand, form, place, prefixes, bytes.length, noise));
  }
  return bytes;
}

/** ModRM, SIB and displacement. */
function modrmBytes(form: Form, place: Place, prefixes: readonly number[], noise: Noise): number[] {
  const reg = (form.digit >= 0 ? form.digit : noise.below(8)) << 3;
  const rm = noise.below(8);
  if (form.modrm) return [noise.pick(form.modrm)];
  if (form.rm === 'register') return [0xc0 | reg | rm];
  const mod = noise.pick([0, 0, 1, 1, 2]);
  const displacement = noise.percent(80) ? noise.below(0x400) - 0x200 : operandWord(noise) & 0xffff;
  const direct = () => pickOffset(noise, dataSelector(place, prefixes), place.addressSize);
  const head = [(mod << 6) | reg | rm];
  if (place.addressSize === 16) {
    if (mod === 0) return rm === 6 ? [...head, ...little(direct(), 2)] : head;
    return [...head, ...little(displacement, mod === 1 ? 1 : 2)];
  }
  let base = rm;
  if (rm === 4) {
    const sib = noise.below(256);
    base = sib & 7;
    head.push(sib);
  }
  if (mod === 0) return base === 5 ? [...head, ...little(direct(), 4)] : head;
  return [...head, ...little(displacement, mod === 1 ? 1 : 4)];
}

/** The selector that the last override names, else DS. */
function dataSelector(place: Place, prefixes: readonly number[]): number {
  const override = prefixes.findLast((prefix) => OVERRIDES.includes(prefix));
  const index = override === undefined ? 3 : OVERRIDES.indexOf(override);
  return place.segments[index] ?? 0;
}

/** Immediates, offsets and relative displacements of one operand. */
function extraBytes(
  operand: OperandCode,
  form: Form,
  place: Place,
  prefixes: readonly number[],
  before: number,
  noise: Noise,
): number[] {
  const size = operand.width === 8 || operand.signed ? 1 : operand.width === 16 ? 2 : form.operandSize / 8;
  switch (operand.method) {
    case 'I':
      return little(immediateFor(form, operand, size, noise), size);
    case 'O':
      return little(
        pickOffset(noise, dataSelector(place, prefixes), place.addressSize),
        place.addressSize / 8,
      );
    case 'J': {
      const length = prefixes.length + form.opcode.length + before + size;
      return little(relative(place, length, size, noise), size);
    }
    case 'A':
      return [...little(noise.below(0x2200), form.operandSize / 8), ...little(farSelector(noise), 2)];
    default:
      return [];
  }
}

function farSelector(noise: Noise): number {
  return noise.pick([0x23, 0x07, 0x5f, 0x3f, 0x07, 0x5f, 0x3f, 0x2b, 0, 0x37, 0x67, 0x08]);
}

/** A displacement to somewhere in the code pages, or beyond them, but never into the instruction itself. */
function relative(place: Place, length: number, size: number, noise: Noise): number {
  const isShort = size === 1 || noise.percent(40);
  const distance = isShort ? noise.below(256) - 128 : noise.below(0x2200) - place.start - length;
  return distance < 0 && distance >= -length ? distance - length : distance;
}

export function little(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 0xff);
}

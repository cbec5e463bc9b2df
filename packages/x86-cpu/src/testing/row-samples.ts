/** An instruction for every row of the opcode maps, by register and by memory, in each size and with each prefix it heeds. */
import { decode } from '../decode/decode.js';
import { formatDecoded } from '../disasm/format.js';
import { leavesOf } from '../isa/choice.js';
import { LOCK, MEMORY_FORMS, type OpcodeMap, REP } from '../isa/insn.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';

/** Bytes that a sample is given room for. */
export const SLOT_BYTES = 16;

/** ModRM.rm and mod, then SIB, one after another over the rows; the displacement comes from the tail. */
const MEMORY_32 = [[0x03], [0x45], [0x84, 0x8e], [0x05], [0x44, 0x24], [0x04, 0x4d], [0x86], [0x47]];
const MEMORY_16 = [[0x00], [0x46], [0x07], [0x06], [0x82], [0x44]];
/** Displacements and immediates. */
const TAILS = [
  [0x10, 0x32, 0x54, 0x06, 0x21, 0x43, 0x65, 0x07, 0x11, 0x12],
  [0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x05, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00],
];

/** All samples of a code size, cut to their length. */
export function rowSamples(bits: 16 | 32): Uint8Array[] {
  return [...samplesOf(OPCODE_MAP, [], bits), ...samplesOf(OPCODE_MAP_0F, [0x0f], bits)];
}

function* samplesOf(map: OpcodeMap, escapeBytes: readonly number[], bits: 16 | 32): Generator<Uint8Array> {
  let turn = 0;
  for (const [opcode, entry] of map.entries()) {
    for (const { row, reg, prefix } of leavesOf(entry)) {
      const start = [...(prefix ? [prefix] : []), ...escapeBytes, opcode];
      const isX87Register = reg !== undefined && reg >= MEMORY_FORMS;
      const hasModrm = row.modrm || reg !== undefined;
      const memory = bits === 32 ? MEMORY_32 : MEMORY_16;
      const [modrm = 0, ...sib] = memory[turn % memory.length] ?? [];
      const field = reg ?? turn & 7;
      const forms = !hasModrm
        ? [start]
        : isX87Register
          ? [[...start, 0xc0 | (reg - MEMORY_FORMS)]]
          : [
              [...start, modrm | (field << 3), ...sib],
              [...start, 0xc0 | (field << 3) | ((turn * 3) & 7)],
            ];
      for (const form of forms)
        yield* withPrefixes([...form, ...(TAILS[turn % TAILS.length] ?? [])], row.flags, bits);
      turn++;
    }
  }
}

/** The instruction as it is, and with each prefix that its text shows. */
function* withPrefixes(bytes: readonly number[], flags: number, bits: 16 | 32): Generator<Uint8Array> {
  const plain = sampleOf(bytes, bits);
  if (plain === undefined) return;
  yield plain.bytes;
  const prefixes = [[0x66], [0x67], [0x65]];
  if ((flags & LOCK) !== 0) prefixes.push([0xf0]);
  if ((flags & REP) !== 0) prefixes.push([0xf3], [0xf2]);
  for (const prefix of prefixes) {
    const sample = sampleOf([...prefix, ...bytes], bits);
    if (sample !== undefined && sample.text !== plain.text && sample.row === plain.row) yield sample.bytes;
  }
}

function sampleOf(bytes: readonly number[], bits: 16 | 32) {
  const decoded = decode((offset) => bytes[offset] ?? 0, bits);
  if (typeof decoded === 'string') return undefined;
  // Counted from its end, a branch target is the same whatever its prefixes.
  const text = formatDecoded(decoded, -decoded.length, bits);
  return { bytes: Uint8Array.from(bytes.slice(0, decoded.length)), text, row: decoded.insn };
}

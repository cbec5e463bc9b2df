/** The decoded record: an instruction as the handlers read it, and the interpreter's own words of CPU state. */
import {
  BLOCK_TABLE_OFFSET,
  INTERPRETER_STATE,
  RECORD_ARENA_OFFSET,
  SEGMENT_BYTES,
  SEGMENTS,
} from '../state/layout.js';

/*
 * RECORD_BYTES in the record arena; records of instructions that follow each other stand next to each other.
 *
 *   +0   handler number
 *   +4   offset in its page of the instruction      +6   of the one that follows (0x1000 at most)
 *   +8   state offsets of up to three register operands, a byte each; of x87 and multimedia registers 16 times
 *        their number
 *   +b   state offsets of base and index register, ZERO for none      +d   scale
 *   +e   state offset of the descriptor cache of its data segment
 *   +10  displacement      +14  mask of the effective address: ffff or ffffffff
 *   +18  first immediate, or a jump's target as an offset from the start of the page, or the opcode of an x87
 *        instruction as FNSTENV tells it
 *   +1c  second immediate, or the record of a jump's target in the same page (0: not known)
 *
 * An entry stands where jumps arrive, before or apart from the record of the instruction: +18 counts down to
 * translation, +1c is the instruction's record. Once translated, its handler number is the region's.
 */
export const RECORD_BYTES = 0x20;
export const RECORD_HANDLER = 0x00;
export const RECORD_OFFSET = 0x04;
export const RECORD_NEXT_OFFSET = 0x06;
export const RECORD_REGISTERS = 0x08;
export const RECORD_BASE = 0x0b;
export const RECORD_INDEX = 0x0c;
export const RECORD_SCALE = 0x0d;
export const RECORD_SEGMENT = 0x0e;
export const RECORD_DISPLACEMENT = 0x10;
export const RECORD_ADDRESS_MASK = 0x14;
export const RECORD_IMMEDIATE = 0x18;
export const RECORD_LINK = 0x1c;
/** Of an entry: arrivals until it is worth translating. */
export const ENTRY_COUNT = RECORD_IMMEDIATE;
/** Of an entry: the record of its instruction. */
export const ENTRY_INSTRUCTION = RECORD_LINK;

/** The arena's end: guest RAM begins there. */
export const RECORD_ARENA_END = 0x0200_0000;
export const FIRST_RECORD = RECORD_ARENA_OFFSET;

/*
 * Words of the interpreter in CPU state. TLB_VIEW is the second word of this area.
 *
 *   LEFT        instructions of the budget not yet executed, as of the last time Wasm was left
 *   EXIT_REASON why Wasm was left for good; EXIT_RECORD at which record
 *   BLOCK_KEY   64 bits: 0, then the number of the mode in which block lookups are valid
 */
export const LEFT = INTERPRETER_STATE + 0x08;
export const EXIT_REASON = INTERPRETER_STATE + 0x0c;
export const EXIT_RECORD = INTERPRETER_STATE + 0x10;
export const BLOCK_KEY = INTERPRETER_STATE + 0x18;

/** Why the handlers returned to the run loop. */
export const EXIT = {
  /** The budget is used up. */
  BUDGET: 0,
  /** No record is known for EIP. */
  LOOKUP: 1,
  /** The record's page has been written to. */
  STALE: 2,
  /** A hooked address. */
  HOOK: 3,
  /** The budget is used up between two iterations of a REP. */
  REPEATING: 4,
  /** An entry has been passed often enough to be translated. */
  HOT: 5,
} as const;

/** Where the handlers go on after an instruction that the interpreting machine has executed for them. */
export const CALLED = {
  /** At the record that follows: neither EIP nor the view of code has been changed. */
  NEXT: 0,
  /** Wherever EIP is now, in whatever view. */
  JUMP: 1,
  /** At the same record: an iteration of a REP that was not its last. */
  AGAIN: 2,
  /** At the record that follows, which is that of the instruction itself: it crosses into another page. */
  ITSELF: 3,
} as const;

/*
 * The block table maps EIP to records, BLOCK_ENTRIES of 16 bytes by a hash of EIP:
 *
 *   +0  EIP      +4  mode number      +8  record
 */
export const BLOCK_ENTRY_SHIFT = 4;
export const BLOCK_INDEX_MASK = 0xffff;
export const BLOCK_FOLD_SHIFT = 13;
export const BLOCK_KEY_FIELD = BLOCK_TABLE_OFFSET;
export const BLOCK_RECORD_FIELD = BLOCK_TABLE_OFFSET + 8;

/** Byte offset of EIP's entry from the start of the block table. */
export function blockEntryOffset(eip: number): number {
  return ((eip ^ (eip >>> BLOCK_FOLD_SHIFT)) & BLOCK_INDEX_MASK) << BLOCK_ENTRY_SHIFT;
}

/** State offset of a descriptor cache. */
export function segmentField(segment: number): number {
  return SEGMENTS + segment * SEGMENT_BYTES;
}

/** Segment index of a descriptor cache's state offset. */
export function segmentOfField(field: number): number {
  return (field - SEGMENTS) / SEGMENT_BYTES;
}

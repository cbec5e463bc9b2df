/** Where every field of CPU state lies in the Wasm memory, in bytes from its start. */

/*
 * The CPU's area stands before guest RAM in the one WebAssembly.Memory:
 *
 *   0000_0000  state: registers, lazy flags, control registers, descriptor caches (this file)
 *   0000_1000  scratch: bytes of accesses that cannot go straight to RAM
 *   0010_0000  code-page map, one byte a physical page (owned by phys-mem, code-pages.ts)
 *   0020_0000  TLB, supervisor view then user view (mmu/tlb.ts)
 *   0030_0000  block lookup table: linear address → first decoded record (interpreter)
 *   0040_0000  decoded-instruction records (interpreter)
 *   0200_0000  guest RAM, physical address 0
 */

/** Bytes reserved for the CPU before guest RAM. */
export const CPU_AREA_BYTES = 0x0200_0000;

export const TLB_OFFSET = 0x0020_0000;
export const BLOCK_TABLE_OFFSET = 0x0030_0000;
export const RECORD_ARENA_OFFSET = 0x0040_0000;

/** General registers in ModRM order; the byte registers AH, CH, DH, BH are at the register's offset + 1. */
export const EAX = 0x00;
export const ECX = 0x04;
export const EDX = 0x08;
export const EBX = 0x0c;
export const ESP = 0x10;
export const EBP = 0x14;
export const ESI = 0x18;
export const EDI = 0x1c;

/** Always zero: stands for an absent base or index register. */
export const ZERO = 0x20;
/** Offset in CS of the instruction to execute next. */
export const EIP = 0x24;

/*
 * CF, PF, AF, ZF, SF and OF are lazy: derived from the last result and a word of carries (eflags.ts).
 *
 *   FLAG_RESULT  the result, sign-extended to 32 bits: ZF = (result == 0), SF = result<0, PF = parity(result & 0xff)
 *   FLAG_AUX     31     30        15..8        3    0
 *                CF   CF ^ OF   parity delta   AF   SF delta
 *
 * The deltas are XORed into what the result says; they are 0 after arithmetic, and let POPF and SAHF set
 * combinations that no result has.
 */
export const FLAG_RESULT = 0x28;
export const FLAG_AUX = 0x2c;
/** EFLAGS less the six arithmetic flags; bit 1 is always set. */
export const EFLAGS_REST = 0x30;

export const CPL = 0x34;
/** ANDed to every physical address: 0xffffffff with A20 on, 0xffefffff with A20 off. */
export const A20_MASK = 0x38;
/** 0xffffffff when SS.B = 1, 0x0000ffff when SS.B = 0. */
export const STACK_MASK = 0x3c;

export const CR0 = 0x40;
export const CR2 = 0x44;
export const CR3 = 0x48;
export const CR4 = 0x4c;
/** DR0 … DR7, four bytes each. */
export const DR0 = 0x50;
export const GDTR_BASE = 0x70;
export const GDTR_LIMIT = 0x74;
export const IDTR_BASE = 0x78;
export const IDTR_LIMIT = 0x7c;

/*
 * A descriptor cache, SEGMENT_BYTES each, in the order ES CS SS DS FS GS LDTR TR:
 *
 *   +0   selector
 *   +4   attributes: the descriptor's second dword, bits 8-23, shifted down by 8 (type S DPL P . AVL . D/B G)
 *   +8   base
 *   +c   limit: offset of the last byte (of the first invalid one below, for expand-down), granularity applied
 *   +10  readEnd: offsets below it may be read up to 16 bytes wide without a further check
 *   +14  writeEnd: likewise for writes. 0 sends every access to the exact check
 */
export const SEGMENTS = 0x100;
export const SEGMENT_BYTES = 0x20;
export const SEGMENT_SELECTOR = 0x00;
export const SEGMENT_ATTRIBUTES = 0x04;
export const SEGMENT_BASE = 0x08;
export const SEGMENT_LIMIT = 0x0c;
export const SEGMENT_READ_END = 0x10;
export const SEGMENT_WRITE_END = 0x14;

/** Indices of the descriptor caches; the first six are the ModRM order of segment registers. */
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;

/** Interpreter's own words: current record, instructions left of the slice, and the like (interpreter/). */
export const INTERPRETER_STATE = 0x200;
/** Byte offset of the TLB view in use (supervisor or user). */
export const TLB_VIEW = 0x204;

/** Whether an interrupt or a trap might come if the flags let it, as of the slice's start (run-loop.ts). */
export const EVENT_NEAR = 0x214;

/** The flat mode (flat-mode.ts). */
export const FLAT_MODE = 0x220;

/*
 * FPU and SIMD state:
 *
 *   300  ST: physical registers R0-R7, 16 bytes each: significand u64 at +0, sign and exponent u16 at +8;
 *        the MMX registers are the significands
 *   380  control word, status word (TOP inside), tag word (two bits a physical register), one dword each
 *   38c  opcode, instruction and data pointers of the last instruction that was no control instruction
 *   3a0  MXCSR
 *   400  XMM0-XMM7, 16 bytes each
 */
export const ST = 0x300;
export const FPU_CONTROL = 0x380;
export const FPU_STATUS = 0x384;
export const FPU_TAGS = 0x388;
export const FPU_OPCODE = 0x38c;
export const FPU_IP = 0x390;
export const FPU_CS = 0x394;
export const FPU_DP = 0x398;
export const FPU_DS = 0x39c;
export const MXCSR = 0x3a0;
export const XMM = 0x400;
/** End of the state words. */
export const STATE_END = 0x480;

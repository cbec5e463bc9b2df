/** An instruction as one row: `insn('ADD Eb,Gb', arith.add, LOCK)`. */
import type { Semantics } from '../semantics/machine.js';
import type { SystemSemantics } from '../semantics/system-machine.js';
import type { OperandCode } from './operand.js';
import { parseOperands } from './operand.js';

/** May take LOCK when its destination is memory. */
export const LOCK = 1 << 0;
/** A string instruction: REP and REPE/REPNE repeat it. */
export const REP = 1 << 1;
/** Mandatory since the 486. */
export const I486 = 1 << 2;
/** CPUID feature bits that the instruction needs. */
export const TSC = 1 << 3;
export const CX8 = 1 << 4;
/** CMOVcc, and the hint NOPs 0F 18 to 0F 1F that came with the same processor. */
export const CMOV = 1 << 5;
export const MSR = 1 << 6;
/** CPUID itself: late 486 and newer. */
export const CPUID = 1 << 7;
/** Executed by silicon, absent from the manual's opcode map. */
export const UNDOCUMENTED = 1 << 8;
/** MOV to and from TR3-TR7: the 386 and the 486 alone. */
export const TEST_REGISTERS = 1 << 9;

/** CPUID feature bits of the multimedia instructions. */
export const MMX = 1 << 16;
export const SSE = 1 << 17;
export const SSE2 = 1 << 18;
export const FXSR = 1 << 19;
export const CLFSH = 1 << 22;
/** SYSENTER and SYSEXIT. */
export const SEP = 1 << 20;
/** RDPMC: since the Pentium with MMX and the Pentium Pro, without a CPUID bit of its own. */
export const RDPMC = 1 << 21;
/** An FPU: no row needs it, for without one they do nothing. */
export const X87 = 1 << 23;

const MULTIMEDIA = MMX | SSE | SSE2 | FXSR | CLFSH;
/** Flags that name a feature, and so decide whether a CPU model knows the row. */
export const ALL_FEATURES = I486 | TSC | CX8 | CMOV | MSR | CPUID | TEST_REGISTERS | SEP | RDPMC | MULTIMEDIA;

/** One instruction: what the manual's opcode map says of it, and what it does. */
export interface Insn {
  /** 'ADD Eb,Gb': mnemonic and operands in SDM Appendix A notation. */
  readonly text: string;
  /** Its name; with a 16-bit operand size where that matters ('MOVSW'). */
  readonly mnemonic: string;
  /** Its name with a 32-bit operand size ('MOVSD'); JCXZ is named by its address size instead. */
  readonly mnemonic32: string;
  readonly operands: readonly OperandCode[];
  readonly flags: number;
  /** Whether a ModRM byte follows the opcode. */
  readonly modrm: boolean;
  /** Written over any machine; undefined for a system instruction. */
  readonly semantics: Semantics | undefined;
  /** Executed by the interpreting machine; a translated region ends before it, unless the row has a fast way. */
  readonly system: SystemSemantics | undefined;
}

/**
 * A ModRM group: the row is chosen by ModRM.reg; holes are undefined opcodes. One of 72 rows is an x87 escape:
 * eight memory forms by ModRM.reg, then 64 register forms by ModRM's low six bits.
 */
export type Group = readonly (Insn | Choice | undefined)[];

/** Rows of one opcode that a mandatory prefix tells apart, or whether ModRM names memory (isa/choice.ts). */
export interface Choice {
  readonly by: 'prefix' | 'mod';
  /** By prefix: none, 66, F3, F2. By mod: memory, register. */
  readonly entries: readonly Entry[];
}

/** What an opcode leads to; undefined for an undefined opcode. */
export type Entry = Insn | Group | Choice | undefined;

/** Memory forms of an x87 escape, before its register forms. */
export const MEMORY_FORMS = 8;

/** An opcode map: 256 entries, the holes undefined. */
export type OpcodeMap = readonly Entry[];

/** Mnemonics that mean the code's own operand size when bare, and a fixed one with W or D appended. */
export const BARE_MNEMONICS: ReadonlySet<string> = new Set(['PUSHA', 'POPA', 'PUSHF', 'POPF', 'IRET']);

/** Tells a group from a row, or from a hole. */
export function isGroup(entry: Entry): entry is Group {
  return Array.isArray(entry);
}

/** The row of a group that a ModRM byte chooses. */
export function groupRow(group: Group, modrm: number): Insn | Choice | undefined {
  if (group.length > MEMORY_FORMS && modrm >= 0xc0) return group[MEMORY_FORMS + (modrm & 0x3f)];
  return group[(modrm >> 3) & 7];
}

/** A row whose semantics runs on every machine. */
export function insn(text: string, semantics: Semantics, flags = 0): Insn {
  return { ...parsed(text), flags, semantics, system: undefined };
}

/** A row that only the interpreter executes. */
export function systemInsn(text: string, system: SystemSemantics, flags = 0): Insn {
  return { ...parsed(text), flags, semantics: undefined, system };
}

/** The name under which the row goes with these sizes: MOVSW or MOVSD, JCXZ or JECXZ. */
export function mnemonicOf(row: Insn, operandSize: 16 | 32, addressSize: 16 | 32): string {
  const size = row.mnemonic === 'JCXZ' ? addressSize : operandSize;
  return size === 16 ? row.mnemonic : row.mnemonic32;
}

/** Opens a table of rows, `{ 0x00: …, 0x01: … }`, into an opcode map. */
export function opcodeMap(rows: Readonly<Record<number, Entry>>): OpcodeMap {
  return Array.from({ length: 256 }, (_, opcode) => rows[opcode]);
}

function parsed(text: string) {
  const [name = '', operandText = ''] = text.split(' ', 2);
  const [mnemonic = '', mnemonic32 = mnemonic] = name.split('/', 2);
  const operands = parseOperands(operandText);
  return { text, mnemonic, mnemonic32, operands, modrm: operands.some((operand) => operand.modrm) };
}

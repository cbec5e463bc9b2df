/** From an opcode to its row: mandatory prefixes, ModRM groups, and forms that differ by register and memory. */
import type { Choice, Entry, Group, Insn } from './insn.js';
import { groupRow, isGroup } from './insn.js';

/** Mandatory prefixes in the order of a choice by prefix; 0 is none (SDM Vol. 2A, 2.1.2 "Instruction Prefixes"). */
export const MANDATORY_PREFIXES = [0, 0x66, 0xf3, 0xf2] as const;
export type MandatoryPrefix = (typeof MANDATORY_PREFIXES)[number];

const FIRST_REGISTER_MODRM = 0xc0;

/** Rows by mandatory prefix; without a row for it, the opcode is undefined. */
export function byPrefix(none: Entry, prefix66?: Entry, prefixF3?: Entry, prefixF2?: Entry): Choice {
  return { by: 'prefix', entries: [none, prefix66, prefixF3, prefixF2] };
}

/** One row for memory operands, another for mod = 3. */
export function byMod(memory: Entry, register: Entry): Choice {
  return { by: 'mod', entries: [memory, register] };
}

/** Tells a choice from a row, a group or a hole. */
export function isChoice(entry: Entry): entry is Choice {
  return entry !== undefined && 'by' in entry;
}

/** Whether a ModRM byte follows the opcode, the choice by prefix having been made. */
export function hasModrm(entry: Insn | Group | Choice): boolean {
  return isGroup(entry) || isChoice(entry) || entry.modrm;
}

/** Makes the choice by prefix that comes before ModRM is read. F2 and F3 come before 66. */
export function withPrefix(entry: Entry, has66: boolean, rep: 0 | 0xf2 | 0xf3): Entry {
  if (!isChoice(entry) || entry.by !== 'prefix') return entry;
  const prefix = rep !== 0 ? rep : has66 ? 0x66 : 0;
  return entry.entries[MANDATORY_PREFIXES.indexOf(prefix)];
}

/** Makes the choices that ModRM decides. */
export function withModrm(entry: Insn | Group | Choice, modrm: number): Insn | undefined {
  let found: Entry = entry;
  for (;;) {
    if (isGroup(found)) found = groupRow(found, modrm);
    else if (isChoice(found)) found = found.entries[modrm < FIRST_REGISTER_MODRM ? 0 : 1];
    else return found;
  }
}

/** A row, and what in the instruction's bytes leads to it besides the opcode. */
export interface Leaf {
  readonly row: Insn;
  /** Index in its group: ModRM.reg, or past MEMORY_FORMS of an x87 register form. */
  readonly reg: number | undefined;
  /** Mandatory prefix; undefined where 66, F2 and F3 have their usual meanings. */
  readonly prefix: MandatoryPrefix | undefined;
  /** What ModRM.rm must name; undefined where a row has both or says so by its operands. */
  readonly mod: 'memory' | 'register' | undefined;
}

/** Every row that an opcode can mean. */
export function* leavesOf(
  entry: Entry,
  reg?: number,
  prefix?: MandatoryPrefix,
  mod?: Leaf['mod'],
): Generator<Leaf, void, undefined> {
  if (entry === undefined) return;
  if (isGroup(entry)) {
    for (const [index, member] of entry.entries()) yield* leavesOf(member, index, prefix, mod);
  } else if (isChoice(entry)) {
    for (const [index, member] of entry.entries.entries()) {
      if (entry.by === 'prefix') yield* leavesOf(member, reg, MANDATORY_PREFIXES[index], mod);
      else yield* leavesOf(member, reg, prefix, index === 0 ? 'memory' : 'register');
    }
  } else {
    yield { row: entry, reg, prefix, mod };
  }
}

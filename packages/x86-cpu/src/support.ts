/** The support table: every instruction of the rows, the first model that has it, and how far it is executed. */
import { leavesOf } from './isa/choice.js';
import { ALL_FEATURES, type Insn, MEMORY_FORMS, type OpcodeMap, UNDOCUMENTED } from './isa/insn.js';
import { OPCODE_MAP } from './isa/opcode-map.js';
import { OPCODE_MAP_0F } from './isa/opcode-map-0f.js';
import { CPU_MODELS, type CpuModelName } from './model.js';

/** How far an instruction is executed. */
export type Support = 'full' | 'partial' | 'none';

/** One instruction by its mnemonic, all its forms together. */
export interface SupportRow {
  /** 'MOVSW/MOVSD' where the operand size decides over the name. */
  readonly instruction: string;
  /** Operand forms and opcodes in SDM Appendix A notation: 'Eb,Gb 00'. */
  readonly forms: readonly SupportForm[];
  /** First model that has a form of it; undefined when none has. */
  readonly since: CpuModelName | undefined;
  readonly support: Support;
  /** Why it is not full. */
  readonly reason: string | undefined;
  /** Executed by silicon, absent from the manual's opcode map. */
  readonly undocumented: boolean;
}

/** One line of the opcode map. */
export interface SupportForm {
  readonly operands: string;
  /** Opcode bytes in hex, then /n where ModRM.reg chooses the row. */
  readonly opcode: string;
  readonly since: CpuModelName | undefined;
}

/** Models from the oldest to the newest; '686' is another name, and 'max' the sum. */
const BY_AGE: readonly CpuModelName[] = [
  '386',
  '486',
  '486-cpuid',
  'pentium',
  'pentium-mmx',
  'pentium-pro',
  'pentium-2',
  'pentium-3',
  'pentium-4',
  'max',
];

/** What is less than the manual says, by mnemonic. All else is full. */
const SHORTFALLS: Readonly<Record<string, readonly [Support, string]>> = {
  RDPMC: ['partial', 'counters stay 0: no event can be selected'],
  RSM: ['none', 'always #UD, as outside system-management mode'],
  'MOV Td': ['partial', 'up to the 486; TR3-TR7 read 0'],
};

/** The table, by mnemonic in alphabetical order. */
export function supportTable(): readonly SupportRow[] {
  const lines = [...linesOf(OPCODE_MAP, ''), ...linesOf(OPCODE_MAP_0F, '0F ')];
  const groups = new Map<string, Line[]>();
  for (const line of lines) groups.set(line.key, [...(groups.get(line.key) ?? []), line]);
  return [...groups].map(([key, group]) => rowOf(key, group)).sort(byName);
}

interface Line {
  readonly key: string;
  readonly row: Insn;
  readonly opcode: string;
}

function* linesOf(map: OpcodeMap, escapeByte: string): Iterable<Line> {
  for (const [code, entry] of map.entries()) {
    const opcode = `${escapeByte}${hex(code)}`;
    for (const { row, reg, prefix, mod } of leavesOf(entry)) {
      if (reg !== undefined && !isFirstOf(row, reg)) continue;
      const start = prefix ? `${hex(prefix)} ${opcode}` : opcode;
      const bytes = reg === undefined ? start : `${start} ${extensionOf(row, reg)}`;
      yield { key: keyOf(row), row, opcode: mod === undefined ? bytes : `${bytes} ${mod}` };
    }
  }
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** An x87 row for ST(i) is in the map eight times. */
function isFirstOf(row: Insn, index: number): boolean {
  return index < MEMORY_FORMS || !row.modrm || (index & 7) === 0;
}

/** '/4', or of an x87 register form 'C0+i', and 'E1' where ModRM has no operand in it. */
function extensionOf(row: Insn, index: number): string {
  if (index < MEMORY_FORMS) return `/${index}`;
  const modrm = hex(0xc0 + index - MEMORY_FORMS);
  return row.modrm ? `${modrm}+i` : modrm;
}

/** The mnemonic; moves to and from system registers stand apart from the others. */
function keyOf(row: Insn): string {
  const name = row.mnemonic === row.mnemonic32 ? row.mnemonic : `${row.mnemonic}/${row.mnemonic32}`;
  const special = row.operands.find((operand) => 'CDT'.includes(operand.method));
  return special === undefined ? name : `${name} ${special.text}`;
}

function rowOf(instruction: string, lines: readonly Line[]): SupportRow {
  const forms = lines.map(({ row, opcode }) => ({
    operands: row.text.split(' ')[1] ?? '',
    opcode,
    since: firstModel(row, X87_ESCAPE.test(opcode)),
  }));
  const [support, reason] = SHORTFALLS[instruction] ?? ['full', undefined];
  const since = BY_AGE.find((model) => forms.some((form) => form.since === model));
  const undocumented = lines.every(({ row }) => (row.flags & UNDOCUMENTED) !== 0);
  return { instruction, forms, since: support === 'none' ? undefined : since, support, reason, undocumented };
}

/** An escape is there on the 386 too, and does nothing without an FPU. */
const X87_ESCAPE = /^D[8-F] /;

function firstModel(row: Insn, needsFpu: boolean): CpuModelName | undefined {
  const needed = row.flags & ALL_FEATURES;
  return BY_AGE.find((name) => {
    const model = CPU_MODELS[name];
    return (needed & ~model.rows) === 0 && (model.hasFpu || !needsFpu);
  });
}

function byName(a: SupportRow, b: SupportRow): number {
  return a.instruction < b.instruction ? -1 : 1;
}

/** The forms to record: every row of the opcode maps, by operand size and by register or memory operand. */
import { isChoice, type MandatoryPrefix } from '../src/isa/choice.js';
import { type Insn, isGroup, type OpcodeMap } from '../src/isa/insn.js';
import { OPCODE_MAP } from '../src/isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../src/isa/opcode-map-0f.js';
import type { FxFlavour } from '../src/testing/silicon-fx-noise.js';
import { excludedBecause } from './excluded.js';
import { multimediaForms } from './multimedia-forms.js';

/** What ModRM.rm names in all encodings of a form; 'none' where no ModRM byte follows the opcode. */
export type RmKind = 'none' | 'register' | 'memory';

/** A row with one operand size and one kind of operand. */
export interface Form {
  readonly name: string;
  readonly family: string;
  /** Undefined for a hole in a group, which raises #UD. */
  readonly row: Insn | undefined;
  /** The escape and the opcode. */
  readonly opcode: readonly number[];
  /** ModRM.reg of a group's row; -1 where the row leaves it free. */
  readonly digit: number;
  readonly operandSize: 16 | 32;
  readonly rm: RmKind;
  /** Mandatory prefix; undefined where 66, F2 and F3 have their usual meanings. */
  readonly prefix: MandatoryPrefix | undefined;
  /** The ModRM bytes of an x87 register form; undefined where digit and rm tell them. */
  readonly modrm: readonly number[] | undefined;
  /** The FPU and XMM registers to start from. */
  readonly flavour: FxFlavour;
}

const ESCAPE = 0x0f;
/** The x87 escapes, whose forms are in multimedia-forms.ts. */
const X87_FIRST = 0xd8;
const X87_LAST = 0xdf;

/** All forms of the rows that there are today. */
export function allForms(): Form[] {
  return [...integerForms(), ...multimediaForms()];
}

function integerForms(): Form[] {
  return [...formsOf(OPCODE_MAP, []), ...formsOf(OPCODE_MAP_0F, [ESCAPE])].filter(
    (form) => excludedBecause(form) === undefined,
  );
}

function* formsOf(map: OpcodeMap, prefix: readonly number[]): Generator<Form> {
  for (const [byte, entry] of map.entries()) {
    if (entry === undefined || (prefix.length === 0 && byte >= X87_FIRST && byte <= X87_LAST)) continue;
    const opcode = [...prefix, byte];
    // Chosen by mandatory prefix or mod: multimedia-forms.ts.
    if (isChoice(entry)) continue;
    if (!isGroup(entry)) yield* variants(entry, opcode, -1);
    else
      for (let digit = 0; digit < 8; digit++) {
        const row = entry[digit];
        if (!isChoice(row)) yield* variants(row, opcode, digit);
      }
  }
}

function* variants(row: Insn | undefined, opcode: readonly number[], digit: number): Generator<Form> {
  for (const operandSize of hasSizes(row) ? ([16, 32] as const) : ([32] as const)) {
    for (const rm of kinds(row)) {
      const label = row?.text ?? 'hole';
      const bytes = opcode.map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const where = digit < 0 ? bytes : `${bytes}/${digit}`;
      const name = `${where} ${label} ${operandSize}${rm === 'none' ? '' : ` ${rm}`}`;
      // WAIT, too, takes the exception of an x87 instruction.
      const isX87 = row?.mnemonic === 'WAIT';
      const family = isX87 ? 'x87-high' : familyOf(opcode);
      const form = { name, family, row, opcode, digit, operandSize, rm };
      yield { ...form, prefix: undefined, modrm: undefined, flavour: isX87 ? 'x87' : 'none' };
    }
  }
}

/** A row whose operands are all bytes does the same with either operand size. */
function hasSizes(row: Insn | undefined): boolean {
  if (row === undefined) return false;
  return row.operands.length === 0 || row.operands.some((operand) => operand.width !== 8);
}

function kinds(row: Insn | undefined): readonly RmKind[] {
  if (row === undefined) return ['register', 'memory'];
  if (!row.modrm) return ['none'];
  if (row.operands.some((operand) => operand.method === 'R')) return ['register'];
  return ['register', 'memory'];
}

// Files of vectors are read one at a time, so each holds about as much as the others.
const FAMILY_OF_FIRST_BYTE: readonly (readonly [limit: number, family: string])[] = [
  [0x40, 'arithmetic'],
  [0x80, 'stack-and-branch'],
  [0x84, 'immediate'],
  [0xa0, 'move'],
  [0xc0, 'string'],
  [0xd8, 'shift-and-far'],
  [0x100, 'group-3-to-5'],
];

function familyOf(opcode: readonly number[]): string {
  const [first = 0, second = 0] = opcode;
  if (first === ESCAPE) return second < 0x80 ? 'two-byte-low' : 'two-byte-high';
  return FAMILY_OF_FIRST_BYTE.find(([limit]) => first < limit)?.[1] ?? 'rest';
}

/** The forms of x87, MMX and SSE: rows of the escapes, and those that a mandatory prefix or mod chooses. */
import { isChoice, type Leaf, leavesOf } from '../src/isa/choice.js';
import { type Group, type Insn, isGroup, MEMORY_FORMS } from '../src/isa/insn.js';
import { OPCODE_MAP } from '../src/isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../src/isa/opcode-map-0f.js';
import type { FxFlavour } from '../src/testing/silicon-fx-noise.js';
import { excludedBecause } from './excluded.js';
import type { Form, RmKind } from './forms.js';

const ESCAPE = 0x0f;
const X87_FIRST = 0xd8;
const X87_LAST = 0xdf;
const FIRST_REGISTER_MODRM = 0xc0;
/** Operands whose type is packed or scalar single precision; of double precision. */
const SINGLES = /[VWUM](ps|ss)/;
const DOUBLES = /[VWUM](pd|sd)/;
/** The source is what counts. */
const FROM_SINGLE = /^CVTT?P?S?[PS]S2/;
const FROM_DOUBLE = /^CVTT?[PS]D2/;

/** All of them that there are today. */
export function multimediaForms(): Form[] {
  return [...x87Forms(), ...vectorForms()].filter((form) => excludedBecause(form) === undefined);
}

function* x87Forms(): Generator<Form> {
  for (let byte = X87_FIRST; byte <= X87_LAST; byte++) {
    const group = OPCODE_MAP[byte];
    if (!isGroup(group)) continue;
    const family = byte <= 0xdb ? 'x87-low' : 'x87-high';
    const common = { family, opcode: [byte], prefix: undefined, flavour: 'x87' } as const;
    const place = byte.toString(16);
    for (let digit = 0; digit < MEMORY_FORMS; digit++) {
      const row = group[digit];
      if (isChoice(row)) continue;
      for (const operandSize of row && /m(14|94)/.test(row.text) ? ([16, 32] as const) : ([32] as const)) {
        const name = `${place}/${digit} ${row?.text ?? 'hole'} ${operandSize} memory`;
        yield { ...common, name, row, digit, operandSize, rm: 'memory', modrm: undefined };
      }
    }
    for (const [row, modrm] of registerRows(group)) {
      const first = (modrm[0] ?? 0).toString(16);
      const name = `${place}${first} ${row?.text ?? 'hole'} 32 register`;
      yield { ...common, name, row, digit: -1, operandSize: 32, rm: 'register', modrm };
    }
  }
}

/** Register rows of an escape, each with its ModRM bytes; all holes are one. */
function registerRows(group: Group): [Insn | undefined, number[]][] {
  const found: [Insn | undefined, number[]][] = [];
  for (let i = 0; i < 64; i++) {
    const row = group[MEMORY_FORMS + i];
    if (isChoice(row)) continue;
    const known = found.find(([other]) => other === row);
    if (known) known[1].push(FIRST_REGISTER_MODRM + i);
    else found.push([row, [FIRST_REGISTER_MODRM + i]]);
  }
  return found;
}

function* vectorForms(): Generator<Form> {
  for (const [byte, entry] of OPCODE_MAP_0F.entries()) {
    for (const leaf of leavesOf(entry)) {
      // The others are in forms.ts.
      if (leaf.prefix === undefined && leaf.mod === undefined) continue;
      for (const rm of kinds(leaf)) yield vectorForm(byte, leaf, rm);
    }
  }
}

function vectorForm(byte: number, { row, reg, prefix }: Leaf, rm: RmKind): Form {
  const opcode = [ESCAPE, byte];
  const bytes = [...(prefix ? [prefix] : []), ...opcode].map((part) => part.toString(16).padStart(2, '0'));
  const place = bytes.join('') + (reg === undefined ? '' : `/${reg}`);
  const name = `${place} ${row.text} 32${rm === 'none' ? '' : ` ${rm}`}`;
  const flavour = flavourOf(row);
  const family =
    flavour === 'integer'
      ? / [PQN]| [A-Z]\w+,[PQN]/.test(row.text)
        ? 'mmx'
        : 'sse-integer'
      : `sse-${flavour}`;
  return {
    name,
    family,
    row,
    opcode,
    digit: reg ?? -1,
    operandSize: 32,
    rm,
    prefix,
    flavour,
    modrm: undefined,
  };
}

/** Register and memory, but where the row has one of them alone; what its operands exclude is #UD. */
function kinds({ row, reg, mod }: Leaf): readonly RmKind[] {
  if (mod) return [mod];
  return row.modrm || reg !== undefined ? ['register', 'memory'] : ['none'];
}

function flavourOf({ text, mnemonic }: Insn): FxFlavour {
  if (FROM_SINGLE.test(mnemonic)) return 'single';
  if (FROM_DOUBLE.test(mnemonic)) return 'double';
  if (/^(CVT|FX)/.test(mnemonic)) return 'integer';
  return SINGLES.test(text) ? 'single' : DOUBLES.test(text) ? 'double' : 'integer';
}

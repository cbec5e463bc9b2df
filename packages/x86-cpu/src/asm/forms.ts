/** The opcode maps turned round: from a mnemonic to the rows and opcodes that have it. */
import type { MandatoryPrefix } from '../isa/choice.js';
import { leavesOf } from '../isa/choice.js';
import type { Insn, OpcodeMap } from '../isa/insn.js';
import { BARE_MNEMONICS, MEMORY_FORMS, UNDOCUMENTED } from '../isa/insn.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';

/** One way to encode a mnemonic. */
export interface Form {
  readonly row: Insn;
  /** One byte, or 0F and one byte. */
  readonly opcode: readonly number[];
  /** Opcode extension in ModRM.reg, or undefined. */
  readonly extension: number | undefined;
  /** Mandatory prefix; undefined where 66 means the operand size. */
  readonly prefix: MandatoryPrefix | undefined;
  /** Sizes that the mnemonic itself fixes: MOVSD is 32, JCXZ has a 16-bit address size. */
  readonly operandSize: 16 | 32 | undefined;
  readonly addressSize: 16 | 32 | undefined;
  /** Comes after a WAIT: FINIT is WAIT and FNINIT. */
  readonly waits: boolean;
}

/** Other names of the same instructions, by the canonical one. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  SHL: ['SAL'],
  XLATB: ['XLAT'],
  WAIT: ['FWAIT'],
  RET: ['RETN'],
  INT1: ['ICEBP'],
  LOOPE: ['LOOPZ'],
  LOOPNE: ['LOOPNZ'],
};

/** Other names of the conditions of Jcc, SETcc and CMOVcc. */
const CONDITION_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  B: ['C', 'NAE'],
  AE: ['NC', 'NB'],
  E: ['Z'],
  NE: ['NZ'],
  BE: ['NA'],
  A: ['NBE'],
  P: ['PE'],
  NP: ['PO'],
  L: ['NGE'],
  GE: ['NL'],
  LE: ['NG'],
  G: ['NLE'],
};

/** SDM Vol. 2A: each has a name without the N, which stands for WAIT and the instruction. */
const NON_WAITING = /^FN(INIT|CLEX|STCW|STSW|STENV|SAVE)$/;

const FORMS: ReadonlyMap<string, readonly Form[]> = collectForms();

/** Every form of a mnemonic, in opcode order; undefined for an unknown mnemonic. */
export function formsOf(mnemonic: string): readonly Form[] | undefined {
  return FORMS.get(mnemonic);
}

/** What an unknown mnemonic may have been meant for: those that one letter more, less or other makes of it. */
export function nearestTo(unknown: string): string | undefined {
  const name = unknown.toUpperCase();
  const near = [...FORMS.keys()].filter((known) => isOneEditApart(known, name));
  return near.length === 0 ? undefined : `did you mean ${near.slice(0, 4).join(' or ')}?`;
}

function isOneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return a.slice(i + (a.length >= b.length ? 1 : 0)) === b.slice(i + (b.length >= a.length ? 1 : 0));
}

function collectForms(): Map<string, readonly Form[]> {
  const forms = new Map<string, readonly Form[]>();
  for (const form of [...formsOfMap(OPCODE_MAP, []), ...formsOfMap(OPCODE_MAP_0F, [0x0f])]) {
    for (const [name, sized] of namesOf(form)) forms.set(name, [...(forms.get(name) ?? []), sized]);
  }
  for (const [name, found] of [...forms]) {
    const kept = documented(found);
    for (const synonym of [name, ...synonymsOf(name)]) forms.set(synonym, kept);
  }
  return forms;
}

function* formsOfMap(map: OpcodeMap, escapeBytes: readonly number[]): Generator<Form> {
  for (const [byte, entry] of map.entries()) {
    const opcode = [...escapeBytes, byte];
    for (const { row, reg, prefix } of leavesOf(entry)) {
      const sizes = { operandSize: undefined, addressSize: undefined };
      const form = { row, opcode, extension: reg, prefix, ...sizes, waits: false };
      if (reg === undefined || reg < MEMORY_FORMS) yield form;
      else yield* x87RegisterForms(form, reg - MEMORY_FORMS);
    }
  }
}

/** A register form has its ModRM byte in the opcode, or ST(i) in it: then one form stands for all eight. */
function* x87RegisterForms(form: Form, modrm: number): Generator<Form> {
  if (!form.row.modrm) yield { ...form, opcode: [...form.opcode, 0xc0 | modrm], extension: undefined };
  else if ((modrm & 7) === 0) yield { ...form, extension: modrm >> 3 };
}

function* namesOf(form: Form): Generator<[string, Form]> {
  const { mnemonic, mnemonic32 } = form.row;
  if (BARE_MNEMONICS.has(mnemonic)) {
    yield [mnemonic, form];
    yield [`${mnemonic}W`, { ...form, operandSize: 16 }];
    yield [`${mnemonic}D`, { ...form, operandSize: 32 }];
  } else if (mnemonic === mnemonic32) {
    yield [mnemonic, form];
    if (NON_WAITING.test(mnemonic)) yield [`F${mnemonic.slice(2)}`, { ...form, waits: true }];
  } else {
    const size = mnemonic === 'JCXZ' ? 'addressSize' : 'operandSize';
    yield [mnemonic, { ...form, [size]: 16 }];
    yield [mnemonic32, { ...form, [size]: 32 }];
  }
}

/** An undocumented alias is never assembled where a documented form exists. */
function documented(forms: readonly Form[]): readonly Form[] {
  const kept = forms.filter((form) => (form.row.flags & UNDOCUMENTED) === 0);
  return kept.length > 0 ? kept : forms;
}

function synonymsOf(name: string): readonly string[] {
  const [, stem, condition] = /^(J|SET|CMOV)(\w+)$/.exec(name) ?? [];
  const conditions = condition === undefined ? [] : (CONDITION_SYNONYMS[condition] ?? []);
  return [...(SYNONYMS[name] ?? []), ...conditions.map((synonym) => `${stem}${synonym}`)];
}

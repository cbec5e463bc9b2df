/** AT&T mnemonics and operands to the statement that Intel's would give: order, suffix, implied operands. */
import { ATT_NAMES, exchanged, x87Suffix } from '../isa/att-names.js';
import { X87_MEMORY_BITS } from '../isa/operand.js';
import { DS, ES } from '../state/layout.js';
import type { SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';
import type { AttOperand } from './att-operand.js';
import { formsOf, nearestTo } from './forms.js';
import { SEGMENT_PREFIXES } from './prefix-words.js';
import type { InstructionStatement, KeywordSize, SourceOperand, SourcePrefixes } from './statement.js';

type Size = 8 | 16 | 32;
type Statement = Omit<InstructionStatement, 'kind' | 'source'>;
const SUFFIXES: Readonly<Record<string, Size>> = { b: 8, w: 16, l: 32 };
const SI = 6;
const DI = 7;

const X87_SUFFIXES = ['ll', 'q', 's', 'l', 't'];
/** Stores and loads whose layout the operand size decides. */
const ENVIRONMENT = /^(f(?:n?st|ld)env|fn?save|frstor)([sl])$/;
const LOOP = /^(loop\w*)([wl])$/;
const BRANCH = /^(J|CALL|LOOP)/;
const FAR = /^l(jmp|call)([wl]?)$/;
const EXTENDING = /^mov([sz])([bw])([wl]?)$/;
const STRING = /^(movs|cmps|stos|lods|scas|ins|outs)([bwld]?)$/;
/** Keep Intel's order: as's manual, "AT&T Syntax versus Intel Syntax". */
const UNREVERSED: ReadonlySet<string> = new Set(['ENTER', 'BOUND']);

/** What an AT&T instruction says. `name` is in lower case. */
export function attInstruction(
  name: string,
  written: readonly AttOperand[],
  prefixes: SourcePrefixes,
  source: SourcePlace,
): InstructionStatement {
  const statement =
    farBranch(name, written, prefixes) ??
    stringInstruction(name, written, prefixes, source) ??
    extendingMove(name, written, prefixes, source) ??
    plainInstruction(name, written, prefixes, source);
  return { kind: 'instruction', source, ...statement };
}

/** `ljmp $8,$start`, `ljmp *(%eax)`. */
function farBranch(
  name: string,
  written: readonly AttOperand[],
  prefixes: SourcePrefixes,
): Statement | undefined {
  const [, stem = '', letter = ''] = FAR.exec(name) ?? [];
  if (stem === '') return undefined;
  const suffix = SUFFIXES[letter];
  const keywords = { size: suffix, distance: 'far' } as const;
  const mnemonic = stem.toUpperCase();
  const [first, second] = written.map(({ operand }) => operand);
  if (first?.kind === 'immediate' && second?.kind === 'immediate') {
    const far = { kind: 'far', selector: first.value, offset: second.value, ...keywords } as const;
    return { mnemonic, suffix, prefixes, operands: [far] };
  }
  const operands = written.map(({ operand }) =>
    operand.kind === 'memory' ? { ...operand, ...keywords } : operand,
  );
  return { mnemonic, suffix, prefixes, operands };
}

/** `movsl`, `rep stos %eax,%es:(%edi)`: its operands say width, segment and address size. */
function stringInstruction(
  name: string,
  written: readonly AttOperand[],
  prefixes: SourcePrefixes,
  source: SourcePlace,
): Statement | undefined {
  const [, stem = '', letter = ''] = STRING.exec(name) ?? [];
  const operands = written.map(({ operand }) => operand);
  if (stem === '' || operands.some(isVector)) return undefined;
  // `movsb (%eax),%ecx` is MOVSX.
  if (stem === 'movs' && operands.at(-1)?.kind === 'register') return undefined;
  const bytes = [...prefixes.bytes];
  let { addressSize } = prefixes;
  let width = SUFFIXES[letter === 'd' ? 'l' : letter];
  for (const operand of operands) {
    if (operand.kind === 'register') width ??= operand.register.size || undefined;
    const base = operand.kind === 'memory' ? operand.memory.registers?.base : undefined;
    if (operand.kind !== 'memory' || base?.index === 2) continue;
    const segment = operand.memory.segment ?? (base?.index === DI ? ES : DS);
    if (base?.index === SI && segment !== DS) bytes.push(SEGMENT_PREFIXES[segment] ?? 0);
    if ((base?.index !== SI && base?.index !== DI) || (base.index === DI && segment !== ES)) {
      throw new AssemblerError('OPERANDS', 'a string is at %ds:(%esi) or %es:(%edi)', source);
    }
    if (base.size === 16 || base.size === 32) addressSize ??= base.size;
  }
  if (width === undefined) return failSize(name, source);
  const suffix = width === 8 ? 'B' : width === 16 ? 'W' : 'D';
  const mnemonic = `${stem.toUpperCase()}${suffix}`;
  return { mnemonic, suffix: undefined, prefixes: { ...prefixes, bytes, addressSize }, operands: [] };
}

function isVector(operand: SourceOperand): boolean {
  return operand.kind === 'register' && (operand.register.kind === 'xmm' || operand.register.kind === 'mmx');
}

function failSize(name: string, source: SourcePlace): never {
  const remedy = `write ${name}b, ${name}w or ${name}l`;
  throw new AssemblerError('SIZE_UNSPECIFIED', 'operand size not specified', source, remedy);
}

/** `movzbl`, `movsw (%eax),%ecx`: MOVZX and MOVSX, the source's width and the destination's in the name. */
function extendingMove(
  name: string,
  written: readonly AttOperand[],
  prefixes: SourcePrefixes,
  source: SourcePlace,
): Statement | undefined {
  const [, sign, from = '', to = ''] = EXTENDING.exec(name) ?? [];
  const [first, second] = written.map(({ operand }) => operand);
  if (sign === undefined || first === undefined || second === undefined) return undefined;
  const size = SUFFIXES[from];
  if (first.kind === 'register' && first.register.size !== size) {
    throw new AssemblerError(
      'OPERANDS',
      `${name} reads ${size} bits, not a register of ${first.register.size}`,
      source,
    );
  }
  const sized = first.kind === 'memory' ? { ...first, size } : first;
  const suffix = SUFFIXES[to];
  return { mnemonic: `MOV${sign.toUpperCase()}X`, suffix, prefixes, operands: [second, sized] };
}

function plainInstruction(
  name: string,
  written: readonly AttOperand[],
  prefixes: SourcePrefixes,
  source: SourcePlace,
): Statement {
  const [, environment, layout] = ENVIRONMENT.exec(name) ?? [];
  if (environment !== undefined) {
    const sized = { ...prefixes, operandSize: layout === 's' ? 16 : 32 } as const;
    return plainInstruction(environment, written, sized, source);
  }
  const [, loop, counter] = LOOP.exec(name) ?? [];
  if (loop !== undefined) {
    const sized = { ...prefixes, addressSize: counter === 'w' ? 16 : 32 } as const;
    return plainInstruction(loop, written, sized, source);
  }
  const { mnemonic, suffix, memoryBits } = resolve(name, written, source);
  const operands = written.map(({ operand, indirect }) => {
    if (BRANCH.test(mnemonic)) return branchOperand(operand, indirect, source);
    const port = portRegister(mnemonic, operand);
    if (port || operand.kind !== 'memory') return port ?? operand;
    return { ...operand, size: operand.size ?? memoryBits ?? suffix };
  });
  if (!UNREVERSED.has(mnemonic)) operands.reverse();
  if ((mnemonic === 'IN' || mnemonic === 'OUT') && operands.length === 1) {
    const accumulator = {
      kind: 'register',
      register: { kind: 'general', size: suffix ?? 8, index: 0 },
    } as const;
    if (mnemonic === 'IN') operands.unshift(accumulator);
    else operands.push(accumulator);
  }
  if (mnemonic === 'XLATB') return translate(operands, prefixes);
  return { mnemonic: attArithmetic(mnemonic, operands), suffix, prefixes, operands };
}

interface Resolved {
  readonly mnemonic: string;
  readonly suffix: Size | undefined;
  /** Width of a memory operand that the suffix of an x87 instruction names. */
  readonly memoryBits: KeywordSize | undefined;
}

/** Intel's mnemonic, and what the suffix says. The longest name that is one wins: SETB, no SET of a byte. */
function resolve(name: string, written: readonly AttOperand[], source: SourcePlace): Resolved {
  const found = (mnemonic: string, suffix?: Size, memoryBits?: KeywordSize) => ({
    mnemonic,
    suffix,
    memoryBits,
  });
  const hasMemory = written.some(({ operand }) => operand.kind === 'memory');
  const x87 = hasMemory ? x87Memory(name) : undefined;
  if (x87) return found(x87.mnemonic, undefined, x87.bits);
  const known = intelName(name);
  if (known !== undefined) return found(known);
  const stem = intelName(name.slice(0, -1));
  const suffix = SUFFIXES[name.at(-1) ?? ''];
  if (stem !== undefined && suffix !== undefined) return found(stem, suffix);
  throw new AssemblerError('UNKNOWN_MNEMONIC', `unknown instruction ${name}`, source, nearestTo(name));
}

function intelName(name: string): string | undefined {
  const upper = ATT_NAMES.get(name) ?? name.toUpperCase();
  return formsOf(upper) === undefined && !/^(PAUSE$|CMP\w+[PS][SD]$)/.test(upper) ? undefined : upper;
}

/** `flds`, `fistpll`, `faddl`. */
function x87Memory(name: string): { readonly mnemonic: string; readonly bits: KeywordSize } | undefined {
  if (!name.startsWith('f')) return undefined;
  for (const suffix of X87_SUFFIXES) {
    const mnemonic = name.slice(0, -suffix.length).toUpperCase();
    for (const { row } of (name.endsWith(suffix) && formsOf(mnemonic)) || []) {
      const text = row.operands[0]?.text ?? '';
      const bits = X87_MEMORY_BITS.get(text);
      if (bits && x87Suffix(text) === suffix.replace('q', 'll')) return { mnemonic, bits };
    }
  }
  return undefined;
}

/** A branch to an address, or with `*` through a register or memory. */
function branchOperand(operand: SourceOperand, indirect: boolean, source: SourcePlace): SourceOperand {
  if (operand.kind === 'immediate') {
    throw new AssemblerError('OPERANDS', 'a branch target has no $', source, 'write the label alone');
  }
  if (indirect || operand.kind !== 'memory') return operand;
  const { base, index } = operand.memory.registers ?? {};
  if (base !== undefined || index !== undefined || operand.memory.segment !== undefined) {
    throw new AssemblerError(
      'OPERANDS',
      'a branch through memory wants *',
      source,
      'write * before the operand',
    );
  }
  return { kind: 'immediate', value: operand.memory.address, size: undefined, distance: undefined };
}

/** `(%dx)` is the port in DX. */
function portRegister(mnemonic: string, operand: SourceOperand): SourceOperand | undefined {
  const base = operand.kind === 'memory' ? operand.memory.registers?.base : undefined;
  if ((mnemonic !== 'IN' && mnemonic !== 'OUT') || base?.index !== 2 || base.size !== 16) return undefined;
  return { kind: 'register', register: base };
}

/** `xlat %fs:(%ebx)`. */
function translate([table]: readonly SourceOperand[], prefixes: SourcePrefixes): Statement {
  const memory = table?.kind === 'memory' ? table.memory : undefined;
  const segment = memory?.segment ?? DS;
  const bytes = segment === DS ? prefixes.bytes : [...prefixes.bytes, SEGMENT_PREFIXES[segment] ?? 0];
  const size = memory?.registers?.base?.size;
  const addressSize = size === 16 || size === 32 ? size : prefixes.addressSize;
  return {
    mnemonic: 'XLATB',
    suffix: undefined,
    prefixes: { ...prefixes, bytes, addressSize },
    operands: [],
  };
}

/** AT&T's FSUB and FDIV into ST(i) are Intel's reversed ones, and the other way round. */
function attArithmetic(mnemonic: string, operands: readonly SourceOperand[]): string {
  const [first, second] = operands;
  const pops = mnemonic.endsWith('P');
  const intoTop = first?.kind === 'register' && first.register.index === 0 && first.register.kind === 'x87';
  return pops || (first !== undefined && second !== undefined && !intoTop) ? exchanged(mnemonic) : mnemonic;
}

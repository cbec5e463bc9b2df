/** Modules: sections put together into the binary format (WebAssembly specification, 5.5 "Modules"). */
import { i32Const, OP } from './instructions.js';
import { encodeFuncType, FUNCREF, type FuncType, I32 } from './types.js';
import { type Code, flatten, name, u32, vec } from './values.js';

/** An imported function. */
export interface FuncImport {
  readonly name: string;
  readonly type: FuncType;
}

/** A function: its locals come after the parameters. */
export interface Func {
  readonly type: FuncType;
  /** Locals beside the parameters: how many of type i32, or the type of each. */
  readonly locals: number | readonly number[];
  /** Instructions without the final `end`. */
  readonly body: Code;
  /** Offsets in a flat body of branches that are hardly ever taken. */
  readonly unlikely?: readonly number[];
}

/** The table of functions that modules share: one makes and exports it as 'table', the others import it. */
export interface Table {
  readonly imported: boolean;
  /** Number of entries. */
  readonly size: number;
  /** The functions that the module puts there, from entry `first` on. */
  readonly first: number;
  readonly funcs: readonly number[];
}

/** What goes into a module. Functions are numbered from 0: the imports first. */
export interface ModuleParts {
  /** Imports under the module name 'cpu', which also gives the memory 'memory'. */
  readonly imports: readonly FuncImport[];
  readonly funcs: readonly Func[];
  readonly table: Table | undefined;
  readonly exports: readonly { readonly name: string; readonly func: number }[];
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE_SECTION = 1;
const IMPORT_SECTION = 2;
const FUNCTION_SECTION = 3;
const TABLE_SECTION = 4;
const EXPORT_SECTION = 7;
const ELEMENT_SECTION = 9;
const CODE_SECTION = 10;
const CUSTOM_SECTION = 0;

/** The module's bytes. */
export function encodeModule({ imports, funcs, table, exports }: ModuleParts): Uint8Array {
  const types = new TypeIndex();
  const importSection = section(
    IMPORT_SECTION,
    vec([
      [name('cpu'), name('memory'), 0x02, 0x00, u32(0)],
      ...(table?.imported ? [[name('cpu'), name('table'), 0x01, tableType(table)]] : []),
      ...imports.map((entry) => [name('cpu'), name(entry.name), 0x00, u32(types.of(entry.type))]),
    ]),
  );
  const isOwnTable = table !== undefined && !table.imported;
  const exported = exports.map((entry) => [name(entry.name), 0x00, u32(entry.func)]);
  const functionSection = section(FUNCTION_SECTION, vec(funcs.map((func) => u32(types.of(func.type)))));
  return flatten([
    MAGIC_AND_VERSION,
    section(TYPE_SECTION, vec(types.all.map(encodeFuncType))),
    importSection,
    functionSection,
    isOwnTable ? section(TABLE_SECTION, vec([tableType(table)])) : [],
    section(EXPORT_SECTION, vec(isOwnTable ? [...exported, [name('table'), 0x01, u32(0)]] : exported)),
    table === undefined ? [] : section(ELEMENT_SECTION, vec([elements(table)])),
    branchHints(funcs, imports.length),
    section(CODE_SECTION, vec(funcs.map(encodeCode))),
  ]);
}

function tableType({ size }: Table): Code {
  return [FUNCREF, 0x00, u32(size)];
}

function elements({ first, funcs }: Table): Code {
  return [0x00, i32Const(first), OP.end, vec(funcs.map((index) => u32(index)))];
}

/** Index of a function type, as `return_call_indirect` names it: of an import, or of the first function. */
export function typeIndexOf(imports: readonly FuncImport[], type: FuncType): number {
  const types = new TypeIndex();
  for (const entry of imports) types.of(entry.type);
  return types.of(type);
}

class TypeIndex {
  readonly all: FuncType[] = [];
  readonly #byText = new Map<string, number>();

  of(type: FuncType): number {
    const text = `${type.params}>${type.results}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, this.all.length);
    return this.all.push(type) - 1;
  }
}

function encodeCode({ locals, body }: Func): Code {
  const code = flatten([declarations(locals), body, OP.end]);
  return [u32(code.length), code];
}

/**
 * Which branches are hardly ever taken: their targets are put out of the way.
 *
 * @see https://webassembly.github.io/branch-hinting/core/appendix/custom.html
 */
function branchHints(funcs: readonly Func[], firstFunc: number): Code {
  const hinted: Code[] = [];
  for (const [i, { locals, unlikely }] of funcs.entries()) {
    if (!unlikely?.length) continue;
    const start = flatten(declarations(locals)).length;
    hinted.push([u32(firstFunc + i), vec(unlikely.map((offset) => [u32(start + offset), 1, 0]))]);
  }
  if (hinted.length === 0) return [];
  return section(CUSTOM_SECTION, [name('metadata.code.branch_hint'), vec(hinted)]);
}

function declarations(locals: Func['locals']): Code {
  return vec(runsOf(typeof locals === 'number' ? new Array<number>(locals).fill(I32) : locals));
}

/** Locals are declared in runs of one type. */
function runsOf(types: readonly number[]): Code[] {
  const runs: Code[] = [];
  for (let start = 0, end = 0; start < types.length; start = end) {
    while (end < types.length && types[end] === types[start]) end++;
    runs.push([u32(end - start), types[start] ?? I32]);
  }
  return runs;
}

function section(id: number, contents: Code): Code {
  const bytes = flatten(contents);
  return [id, u32(bytes.length), bytes];
}

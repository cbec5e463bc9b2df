/** Names of addresses: from a System.map, or from the symbol table of an ELF file. */
import { KexecError } from '@kexec/phys-mem';

/** A name at or below an address. */
export interface NearSymbol {
  readonly name: string;
  /** Bytes from the name's address. */
  readonly offset: number;
}

interface Symbol {
  readonly name: string;
  readonly vaddr: number;
}

/** Further from the nearest name than this, an address is somewhere else. */
const MAX_OFFSET = 0x1_0000;

/** Names in both directions. */
export class Symbols {
  readonly #byName = new Map<string, number>();
  #sorted: readonly Symbol[] = [];

  /** Adds names; of two at one address the first is told. */
  add(symbols: Iterable<readonly [name: string, vaddr: number]>): void {
    for (const [name, vaddr] of symbols) if (!this.#byName.has(name)) this.#byName.set(name, vaddr);
    this.#sorted = [...this.#byName]
      .map(([name, vaddr]) => ({ name, vaddr }))
      .sort((a, b) => a.vaddr - b.vaddr);
  }

  get size(): number {
    return this.#byName.size;
  }

  addressOf(name: string): number | undefined {
    return this.#byName.get(name);
  }

  near(vaddr: number): NearSymbol | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.vaddr ?? 0) <= vaddr) low = middle + 1;
      else high = middle;
    }
    let found = this.#sorted[low - 1];
    if (!found || vaddr - found.vaddr > MAX_OFFSET) return undefined;
    for (let at = low - 2; this.#sorted[at]?.vaddr === found.vaddr; at--) found = this.#sorted[at] ?? found;
    return { name: found.name, offset: vaddr - found.vaddr };
  }
}

/**
 * Reads a file of symbols: an ELF file with a symbol table, or text as nm and /proc/kallsyms write it.
 *
 * @throws KexecError SYMBOLS when it is neither, or is damaged
 */
export function readSymbols(file: Uint8Array): (readonly [name: string, vaddr: number])[] {
  const isElf = [0x7f, 0x45, 0x4c, 0x46].every((byte, i) => file[i] === byte);
  return isElf ? readSymbolTable(file) : readSystemMap(file);
}

/** `c1000000 T _text`: address, type, name, and perhaps a module. */
function readSystemMap(file: Uint8Array): (readonly [string, number])[] {
  const symbols: (readonly [string, number])[] = [];
  for (const [nth, line] of new TextDecoder('latin1').decode(file).split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, digits = '', name = ''] = /^0{0,8}([0-9a-f]{1,8})\s+\S\s+(\S+)/i.exec(line) ?? [];
    if (name === '') throw bad(`line ${nth + 1} is no "address type name", as in a System.map`);
    symbols.push([name, Number.parseInt(digits, 16)]);
  }
  return symbols;
}

const EHDR_BYTES = 52;
const ELFCLASS32 = 1;
const SHT_SYMTAB = 2;
const SYM_BYTES = 16;
const STT_SECTION = 3;
const STT_FILE = 4;

/** System V ABI, "Symbol Table". */
function readSymbolTable(file: Uint8Array): (readonly [string, number])[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < EHDR_BYTES || file[4] !== ELFCLASS32) throw bad('the ELF file is not one of 32 bits');
  const [e_shoff, e_shentsize, e_shnum] = [
    view.getUint32(32, true),
    view.getUint16(46, true),
    view.getUint16(48, true),
  ];
  const section = (nth: number) => {
    const at = e_shoff + nth * e_shentsize;
    if (nth >= e_shnum || at + 40 > file.length)
      throw bad(`section ${nth} of ${e_shnum} lies behind the file's end`);
    const word = (offset: number) => view.getUint32(at + offset, true);
    const [type, offset, size, link] = [word(4), word(16), word(20), word(24)];
    return { type, offset, size, link };
  };
  const bytesOf = ({ offset, size }: { readonly offset: number; readonly size: number }) => {
    if (offset + size > file.length) throw bad(`bytes up to ${offset + size} of a file of ${file.length}`);
    return { offset, size };
  };
  for (let nth = 0; nth < e_shnum; nth++) {
    const table = section(nth);
    if (table.type !== SHT_SYMTAB) continue;
    const strings = bytesOf(section(table.link));
    const { offset, size } = bytesOf(table);
    const symbols: (readonly [string, number])[] = [];
    for (let at = offset; at + SYM_BYTES <= offset + size; at += SYM_BYTES) {
      const type = view.getUint8(at + 12) & 0xf;
      if (type === STT_SECTION || type === STT_FILE || view.getUint16(at + 14, true) === 0) continue;
      const name = textAt(file, strings.offset + view.getUint32(at, true), strings.offset + strings.size);
      if (name !== '') symbols.push([name, view.getUint32(at + 4, true)]);
    }
    return symbols;
  }
  throw bad('the ELF file has no symbol table: it was stripped');
}

function textAt(file: Uint8Array, start: number, limit: number): string {
  const end = file.indexOf(0, start);
  if (start >= limit || end < 0 || end >= limit) return '';
  return new TextDecoder('latin1').decode(file.subarray(start, end));
}

function bad(message: string): KexecError {
  return new KexecError('SYMBOLS', message, {
    remedy: 'Give a System.map, or a vmlinux that was not stripped.',
  });
}

/** Tests of symbols: where they come from, and which name an address has. */
import { KexecError } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { readSymbols, Symbols } from './symbols.js';

const text = (lines: string) => new TextEncoder().encode(lines);

/** An ELF file of two sections: `.symtab` with `start` at c0100000, and its strings. */
function elf(): Uint8Array {
  const file = new Uint8Array(52 + 2 * 16 + 8 + 3 * 40);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint32(32, 92, true); // e_shoff
  view.setUint16(46, 40, true); // e_shentsize
  view.setUint16(48, 3, true); // e_shnum
  view.setUint32(68, 1, true); // st_name
  view.setUint32(72, 0xc010_0000, true); // st_value
  view.setUint16(82, 0xfff1, true); // st_shndx
  file.set(text('\0start\0'), 84);
  const section = (nth: number, type: number, offset: number, size: number, link: number) => {
    const at = 92 + 40 * nth;
    [type, offset, size, link].forEach((value, i) => {
      view.setUint32(at + (i === 0 ? 4 : 12 + 4 * i), value, true);
    });
  };
  section(1, 2, 52, 32, 2);
  section(2, 3, 84, 7, 0);
  return file;
}

describe('readSymbols', () => {
  it('reads System.map, and /proc/kallsyms with its modules and 64-bit addresses that fit', () => {
    const map = 'c1000000 T _text\n\nc1000040 t startup_32\n00000000c1d00000 D jiffies\t[module]\n';
    expect(readSymbols(text(map))).toEqual([
      ['_text', 0xc100_0000],
      ['startup_32', 0xc100_0040],
      ['jiffies', 0xc1d0_0000],
    ]);
  });

  it('reads the symbol table of an ELF file, but for what is undefined', () => {
    expect(readSymbols(elf())).toEqual([['start', 0xc010_0000]]);
    const undefinedSymbol = elf();
    undefinedSymbol.set([0, 0], 82);
    expect(readSymbols(undefinedSymbol)).toEqual([]);
  });

  it('refuses what is neither, and a file that was stripped', () => {
    expect(() => readSymbols(text('hello'))).toThrow(KexecError);
    const stripped = elf();
    stripped[92 + 40 + 4] = 1;
    expect(() => readSymbols(stripped)).toThrow(/no symbol table/);
  });

  it('gives names or a KexecError for any file with one byte changed, or cut short', () => {
    const whole = elf();
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        for (const file of [changed, changed.subarray(0, at)]) {
          try {
            expect(readSymbols(file)).toBeInstanceOf(Array);
          } catch (error) {
            expect(error).toBeInstanceOf(KexecError);
          }
        }
      }
    }
  });
});

describe('Symbols', () => {
  const symbols = new Symbols();
  symbols.add([
    ['first', 0x1000],
    ['alias', 0x1000],
    ['second', 0x1010],
    ['first', 0x9999],
  ]);

  it('an address has the nearest name at or below it, the first of those given', () => {
    expect(symbols.near(0x1000)).toEqual({ name: 'first', offset: 0 });
    expect(symbols.near(0x100f)).toEqual({ name: 'first', offset: 15 });
    expect(symbols.near(0x1234)).toEqual({ name: 'second', offset: 0x224 });
    expect([symbols.near(0xfff), symbols.near(0x90_0000)]).toEqual([undefined, undefined]);
  });

  it('a name has the address that it was given first', () => {
    expect([symbols.addressOf('first'), symbols.addressOf('third'), symbols.size]).toEqual([
      0x1000,
      undefined,
      3,
    ]);
  });
});

/** AT&T syntax against GNU binutils 2.40: an instruction of every row, recorded by scripts/record-gnu-vectors.mjs. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import { disassemble } from '../disasm.js';
import { noteFigures } from '../testing/figures.js';
import { SLOT_BYTES } from '../testing/row-samples.js';

interface Vector {
  readonly at: number;
  readonly bits: 16 | 32;
  readonly bytes: Uint8Array;
  readonly hex: string;
  /** objdump's text; a branch target is counted from `.`. */
  readonly text: string;
  /** What as makes of it; '-' where it refuses its own disassembler's text. */
  readonly assembled: string;
}

function vectorsOf(bits: 16 | 32): Vector[] {
  const file = readFileSync(new URL(`../../test-data/gnu/${bits}.txt`, import.meta.url), 'utf8');
  return file
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      const [bytes = '', text = '', assembled = ''] = line.split('\t');
      const [hex = ''] = bytes.split('!=');
      return { at: SLOT_BYTES * i, bits, hex, bytes: bytesOf(hex), text, assembled };
    });
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function unordered(text: string): string {
  return text.replace('%st(0),%st', '%st,%st(0)');
}

function ours({ at, bits, bytes }: Vector): string {
  return disassemble(bytes, { at, bits, syntax: 'att' }).text;
}

/** A target by its distance, as recorded. */
function fromHere(text: string, at: number): string {
  return text.replace(/^(.*\b(?:j\w+|call[wl]?|loop\w*) )(0x[0-9a-f]+|\d)$/, (_, start, target) => {
    return `${start}. + ${Number(target) - at}`;
  });
}

const PREDICATES = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];

/** Where objdump's text differs, and why. Each rule rewrites objdump's text. */
const DEPARTURES: readonly {
  readonly why: string;
  readonly rewrite: (text: string, ours: string) => string;
}[] = [
  { why: 'one digit is written in decimal', rewrite: (text) => text.replace(/0x(\d)\b/g, '$1') },
  { why: 'a displacement of 0 is not written', rewrite: (text) => text.replace(/\b0\(/, '(') },
  { why: 'a scale of 1 is not written', rewrite: (text) => text.replace(/,1\)/, ')') },
  {
    why: 'SHL and its kin by one have their operand, as newer objdumps show it',
    rewrite: (text) =>
      text
        .replace(/^((?:ro|rc|s[ah])[lr][bwl]?) (?=[^$]*$)(?!%cl,)/, '$1 $1,')
        .replace(/^(\w+) \1,/, '$1 $$1,'),
  },
  {
    why: 'PUSH, POP, CALL and JMP through memory have their suffix, as other instructions of memory have',
    rewrite: (text, mine) =>
      text.replace(/^(push|pop|call|jmp)(?= )/, (name) =>
        mine.startsWith(`${name} `) ? name : mine.slice(0, name.length + 1),
      ),
  },
  {
    why: 'CVTSI2SS and CVTSI2SD of memory have their suffix, as newer objdumps show it',
    rewrite: (text) => text.replace(/^(cvtsi2s[sd]) (?=[^%]|%gs)/, '$1l '),
  },
  {
    why: 'a near conditional branch shows its operand size as a short one does',
    rewrite: (text, mine) =>
      /^data\d\d j(?!mp)\w+ \./.test(mine) && text.startsWith('j') ? `${mine.slice(0, 6)} ${text}` : text,
  },
  {
    why: 'the predicate of CMPSS is its operand',
    rewrite: (text) =>
      text.replace(/^cmp(\w+)(ss|sd|ps|pd) /, (_, name, type) => `cmp${type} $${PREDICATES.indexOf(name)},`),
  },
  {
    why: 'as refuses jmpw and jmpl to a label',
    rewrite: (text) =>
      text.replace(/^jmp([wl]) (?=\.)/, (_, letter) => `data${letter === 'w' ? 16 : 32} jmp `),
  },
  {
    why: 'a register of which only 16 bits are read is written by its 16-bit name',
    rewrite: (text) =>
      text.replace(/^(mov|lar|lsl) %e(\w\w),(?=%[c-gs]s$|%e?\w\w$)/, (whole, name, register) =>
        name === 'mov' && !/%[c-gs]s$/.test(text) ? whole : `${name} %${register},`,
      ),
  },
  { why: 'FNENI, FNDISI and FNSETPM are no remark', rewrite: (text) => text.replace(/\(\d*87 only\)/, '') },
  {
    why: '0F 1A and 0F 1B are hint NOPs: MPX is on none of our models',
    rewrite: (text, mine) => (text.includes('bnd') ? mine : text),
  },
  {
    why: 'an alias that silicon executes is no (bad)',
    rewrite: (text, mine) => (text === '(bad)' ? mine : text),
  },
];

/** Text that `as` reads in another way than we, and why. */
const READINGS: readonly { readonly why: string; readonly text: RegExp }[] = [
  { why: 'as drops data16 before LOOP and JCXZ', text: /^data\d\d (loop|je?cxz)/ },
  { why: 'bound registers are on none of our models', text: /bnd/ },
];

const hits = new Map<string, number>([...DEPARTURES, ...READINGS].map(({ why }) => [why, 0]));

function hit(why: string): void {
  hits.set(why, (hits.get(why) ?? 0) + 1);
}

describe.each([16, 32] as const)('%i-bit code', (bits) => {
  const vectors = vectorsOf(bits);

  it('reads in AT&T syntax as objdump writes it, but for the listed departures', () => {
    const wrong = vectors.flatMap((vector) => {
      const mine = fromHere(ours(vector), vector.at);
      let text = vector.text;
      for (const { why, rewrite } of DEPARTURES) {
        if (text === mine) break;
        const rewritten = rewrite(text, mine);
        if (rewritten !== text) hit(why);
        text = rewritten;
      }
      return text === mine ? [] : [`${vector.hex}: ${mine} | ${vector.text} | ${text}`];
    });
    noteFigures('objdump, AT&T', { instructions: vectors.length, disagreements: wrong.length });
    expect(wrong).toEqual([]);
  });

  it('assembles from objdump’s text to the bytes that GNU as gives', () => {
    const readable = vectors.filter(({ assembled }) => assembled !== '-');
    const wrong = readable.flatMap(({ text, at, assembled }) => {
      const reading = READINGS.find((entry) => entry.text.test(text));
      if (reading) hit(reading.why);
      if (reading) return [];
      const bytes = hexOf(assemble(text, { bits, origin: at, syntax: 'att' }).bytes);
      return bytes === assembled ? [] : [`${text}: ${bytes} | ${assembled}`];
    });
    noteFigures('GNU as, AT&T', { statements: readable.length, disagreements: wrong.length });
    expect(readable.length).toBeGreaterThan(0.95 * vectors.length);
    expect(wrong).toEqual([]);
  });

  it.each(['intel', 'att'] as const)('assembles from its %s text to bytes that read the same', (syntax) => {
    const wrong = vectors.flatMap(({ bytes, at, hex }) => {
      const { text } = disassemble(bytes, { bits, at, syntax });
      const again = assemble(text, { bits, origin: at, syntax }).bytes;
      const back = disassemble(again, { bits, at, syntax });
      // DC C0 and D8 C0 are both ST(0) on itself, and the second has only one order.
      return unordered(back.text) === unordered(text) && back.length === again.length
        ? []
        : [`${hex}: ${text} | ${hexOf(again)}: ${back.text}`];
    });
    noteFigures(`round trip, ${syntax}`, { instructions: vectors.length, disagreements: wrong.length });
    expect(wrong).toEqual([]);
  });
});

describe('the list of departures', () => {
  afterAll(() => hits.clear());

  it('has none that no row needs', () => {
    expect([...hits].filter(([, times]) => times === 0)).toEqual([]);
  });
});

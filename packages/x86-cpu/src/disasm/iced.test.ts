/** Decoder, disassembler and assembler against iced-x86, on random code. */
import type { Instruction } from 'iced-x86';
import { Code, CpuidFeature, Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import type { DecodeFault } from '../decode/decode.js';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { formatDecoded } from '../disasm.js';
import { REP } from '../isa/insn.js';

const STRINGS = 20_000;
const AT = 0x1000;

/** Where our text differs from iced's in NASM syntax, and why. Each rule rewrites iced's text. */
const DEPARTURES: readonly {
  readonly why: string;
  readonly rewrite: (text: string, decoded: Decoded) => string;
}[] = [
  {
    why: 'prefixes that change nothing on our models are not shown',
    rewrite: (text, { insn }) => {
      const heeded = (insn.flags & REP) !== 0;
      const hidesSegment = insn.operands.some((code) => code.method === 'J');
      return text
        .replace(/\b(bnd|xacquire|xrelease|notrack) /g, '')
        .replace(/\b(rep|repe|repne) /g, heeded ? '$&' : '')
        .replace(/\b[c-gs]s (?=j|loop|call)/g, hidesSegment ? '' : '$&')
        .replace(/\bo(16|32) (?=(mov|lldt|ltr|lmsw|verr|verw|sldt|str|smsw) )/, '')
        .replace(/\bwbnoinvd/, 'wbinvd')
        .replace(/\btzcnt/, 'bsf')
        .replace(/\blzcnt/, 'bsr');
    },
  },
  {
    why: '66 90 is NOP',
    rewrite: (text, { insn }) => (insn.text === 'NOP' ? text.replace(/xchg e?ax, e?ax/, 'nop') : text),
  },
  {
    why: '/6 of group 2 is SHL: the assembler has one name for it',
    rewrite: (text) => text.replace(/^sal /, 'shl '),
  },
  {
    why: 'XCHG is written in the order of the row, r/m first',
    rewrite: (text, { insn }) =>
      insn.operands[0]?.method === 'E' ? text.replace(/\bxchg (\w+), (.*)$/, 'xchg $2, $1') : text,
  },
  {
    why: 'an index with neither scale nor base is written as the base; only EBP then shows its segment, DS',
    rewrite: (text) => text.replace(/\[ebp\*1/, '[ds:ebp').replace(/\*1(?=[-+\]])/, ''),
  },
  {
    why: 'both x87 registers are written, where NASM leaves out ST(0)',
    rewrite: (text, { insn, operands }) => {
      if (operands.length !== 2 || operands[0]?.kind !== 'x87') return text;
      const [, name = '', index = '1'] = /^(.*?f[a-z]+)(?: to)?(?: st(\d))?$/.exec(text) ?? [];
      return insn.operands[0]?.method === 'ST0' ? `${name} st0, st${index}` : `${name} st${index}, st0`;
    },
  },
  {
    why: 'IMUL keeps its three operands when two are the same register',
    rewrite: (text, { operands }) =>
      operands.length === 3 ? text.replace(/imul (\w+), (\w+)$/, 'imul $1, $1, $2') : text,
  },
  {
    why: 'a register of which only 16 bits are read is written by its 16-bit name, as Intel XED does',
    rewrite: (text, { insn }) =>
      insn.text === 'MOV Sw,Ew' || /^L(AR|SL) /.test(insn.text) ? text.replace(/, e(\w\w)$/, ', $1') : text,
  },
  {
    why: 'prefetch hints are named, not taken for reserved NOPs',
    rewrite: (text, { insn }) =>
      text.replace(/\bnop (.*), \w+$/, (whole, operand) =>
        insn.text.startsWith('PREFETCH') ? `${insn.mnemonic.toLowerCase()} ${operand}` : whole,
      ),
  },
  {
    why: 'a hint NOP is written with its r/m operand, which alone is in the row',
    rewrite: (text, { insn, operandSize }) => {
      if (insn.text !== 'NOP Ev') return text;
      return text.replace(/, \w+$/, '').replace(/\[/, operandSize === 16 ? 'word [' : 'dword [');
    },
  },
  {
    why: 'a size that no operand tells is written so that the assembler can read it back',
    rewrite: (text, decoded) => {
      const { operandSize, addressSize, insn, operands } = decoded;
      const relative = operands[0]?.kind === 'relative';
      const size = operandSize === 16 ? 'word' : 'dword';
      return text
        .replace(/^(o16 |o32 )?(ret|retf)([wd])\b/, (_, prefix, name, letter) => {
          return `${prefix ?? (letter === 'w' ? 'o16 ' : 'o32 ')}${name}`;
        })
        .replace(/^(o(?:16|32) )?(loop\w*) (\S+), e?cx$/, `a${addressSize} $1$2 $3`)
        .replace(/^(j\w+|call|loop\w*) (\w+)$/, (whole) => (relative ? `o${operandSize} ${whole}` : whole))
        .replace(/^(jmp|call) (\w+:\w+)$/, `$1 ${size} $2`)
        .replace(/^(?:o16 |o32 )?push (0x\w+|\d)$/, `push ${size} $1`)
        .replace(/^(jmp|call) (d?word) far /, '$1 far $2 ')
        .replace(/^lea .*/, (whole) => (insn.mnemonic === 'LEA' ? whole.replace(/\[[c-gs]s:/, '[') : whole));
    },
  },
];

const PREFIX_WORD = /^(lock|rep|repe|repne|[c-gs]s|[ao](16|32)) /;

/** Prefix words have no order of their own, and the size keywords above are left out where they are the usual. */
function canonical(text: string, bits: 16 | 32): string {
  const words: string[] = [];
  let rest = text;
  for (;;) {
    const word = PREFIX_WORD.exec(rest)?.[1];
    if (word === undefined) break;
    rest = rest.slice(word.length + 1);
    if (word !== `o${bits}` && word !== `a${bits}`) words.push(word);
  }
  const usual = bits === 16 ? 'word' : 'dword';
  const bare = rest.replace(new RegExp(`^((push|jmp|call)( far)?) ${usual} (?=\\w)`), '$1 ');
  // `[word 0x1234]`: the size of an absolute address, which iced leaves out.
  return [...words.sort(), bare.replace(/\[d?word /, '[').replace(/\[d?word /, '[')].join(' ');
}

const PREFIXES = [0x66, 0x66, 0x67, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** Bytes with enough prefixes, 0F escapes, register forms and extreme values to visit every row. */
function* randomCode(seed: number): Generator<Uint8Array> {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % below;
  };
  for (let i = 0; i < STRINGS; i++) {
    const bytes = Array.from({ length: random(3) }, () => PREFIXES[random(PREFIXES.length)] ?? 0);
    if (random(2) === 0) bytes.push(0x0f);
    // One in eight is an x87 escape.
    const opcode = random(8) === 0 ? 0xd8 | random(8) : random(256);
    bytes.push(opcode, random(256) | (random(3) === 0 ? 0xc0 : 0));
    const filler = random(4);
    while (bytes.length < 16) bytes.push(filler === 0 ? 0 : filler === 1 ? 0xff : random(256));
    yield Uint8Array.from(bytes);
  }
}

/** Features that the rows cover: an instruction that needs no other may not be undefined here. */
const COVERED: ReadonlySet<CpuidFeature> = new Set([
  CpuidFeature.INTEL8086,
  CpuidFeature.INTEL186,
  CpuidFeature.INTEL286,
  CpuidFeature.INTEL386,
  CpuidFeature.INTEL486,
  CpuidFeature.CPUID,
  CpuidFeature.TSC,
  CpuidFeature.MSR,
  CpuidFeature.CX8,
  CpuidFeature.CMOV,
  CpuidFeature.PAUSE,
  CpuidFeature.FPU,
  CpuidFeature.FPU287,
  CpuidFeature.FPU387,
  CpuidFeature.MMX,
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.FXSR,
  CpuidFeature.CLFSH,
]);

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

const formatter = new Formatter(FormatterSyntax.Nasm);
formatter.hexPrefix = '0x';
formatter.hexSuffix = '';
formatter.uppercaseHex = false;
formatter.spaceAfterOperandSeparator = true;
formatter.branchLeadingZeros = false;
formatter.showBranchSize = false;
formatter.usePseudoOps = false;

function withIced<T>(bytes: Uint8Array, bits: 16 | 32, use: (instruction: Instruction) => T): T {
  const decoder = new Decoder(bits, bytes, DecoderOptions.MovTr | DecoderOptions.ForceReservedNop);
  decoder.ip = BigInt(AT);
  const instruction = decoder.decode();
  try {
    return use(instruction);
  } finally {
    instruction.free();
    decoder.free();
  }
}

interface Sample {
  readonly bytes: Uint8Array;
  readonly ours: Decoded | DecodeFault;
}

function samples(bits: 16 | 32): Sample[] {
  return [...randomCode(bits)].map((bytes) => ({
    bytes,
    ours: decode((offset) => bytes[offset] ?? 0, bits),
  }));
}

function isDecoded(ours: Decoded | DecodeFault): ours is Decoded {
  return typeof ours !== 'string';
}

describe.each([16, 32] as const)('%i-bit code', (bits) => {
  const all = samples(bits);
  const known = all.flatMap(({ bytes, ours }) => (isDecoded(ours) ? [{ bytes, decoded: ours }] : []));

  it('visits most rows of the opcode maps', () => {
    expect(new Set(known.map(({ decoded }) => decoded.insn)).size).toBeGreaterThan(400);
  });

  it('has the length that iced gives it', () => {
    const wrong = known.filter(({ bytes, decoded }) =>
      withIced(bytes, bits, (theirs) => theirs.code === Code.INVALID || theirs.length !== decoded.length),
    );
    expect(
      wrong.map(({ bytes, decoded }) => `${hex(bytes)}: ${decoded.insn.text}, ${decoded.length}`),
    ).toEqual([]);
  });

  it('is undefined only where iced finds none, or one of a feature that no row covers', () => {
    const wrong = all.filter(
      ({ bytes, ours }) =>
        !isDecoded(ours) &&
        withIced(bytes, bits, (theirs) => {
          const features = [...theirs.cpuidFeatures()];
          return theirs.code !== Code.INVALID && features.every((feature) => COVERED.has(feature));
        }),
    );
    expect(wrong.map(({ bytes }) => hex(bytes))).toEqual([]);
  });

  it('reads as iced writes it, but for the listed departures', () => {
    const wrong = known.flatMap(({ bytes, decoded }) => {
      const text = withIced(bytes, bits, (instruction) => formatter.format(instruction));
      const theirs = DEPARTURES.reduce((rewritten, { rewrite }) => rewrite(rewritten, decoded), text);
      const ours = formatDecoded(decoded, AT, bits);
      if (canonical(ours, bits) === canonical(theirs, bits)) return [];
      return [`${hex(bytes.subarray(0, decoded.length))}: ${ours} | ${text} | ${theirs}`];
    });
    expect(wrong).toEqual([]);
  });

  it('assembles from its text to the same instruction, no longer than it was', () => {
    // A near target is counted from the end of the instruction, which a redundant prefix moves out of reach.
    const fixed = known.filter(
      ({ bytes, decoded }) => decoded.operands[0]?.kind !== 'relative' || !PREFIXES.includes(bytes[0] ?? 0),
    );
    const wrong = fixed.flatMap(({ bytes, decoded }) => {
      const text = formatDecoded(decoded, AT, bits);
      const assembled = assemble(text, { origin: AT, bits }).bytes;
      const again = decode((offset) => assembled[offset] ?? 0, bits);
      if (!isDecoded(again)) return [`${text}: ${hex(assembled)}`];
      const same = formatDecoded(again, AT, bits) === text || isExchangeOfAccumulator(again);
      const longer = assembled.length > decoded.length;
      return same && !longer ? [] : [`${hex(bytes)}: ${text} | ${hex(assembled)}`];
    });
    expect(wrong).toEqual([]);
  });
});

/** XCHG EAX,ECX and XCHG ECX,EAX are one instruction, and the short form has only one order. */
function isExchangeOfAccumulator({ insn }: Decoded): boolean {
  return insn.mnemonic === 'XCHG' && !insn.modrm;
}

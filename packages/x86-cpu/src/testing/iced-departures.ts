/** Where our text differs from iced-x86's, and why. */
import type { Decoded } from '../decode/decoded.js';
import { REP } from '../isa/insn.js';

/** A rule that rewrites iced's text into ours. */
export interface Departure {
  readonly why: string;
  readonly rewrite: (text: string, decoded: Decoded, bits: 16 | 32) => string;
}

/** What iced decodes and no row has: its feature's name, and why. */
export const UNCOVERED: readonly { readonly why: string; readonly feature: RegExp }[] = [
  {
    why: 'vector extensions after SSE2 are on none of our models',
    feature: /^(SSE3|SSSE3|SSE4_|AVX|AES|PCLMULQDQ|VPCLMULQDQ|VAES|SHA|GFNI|FMA|F16C|KL|WIDE_KL)/,
  },
  {
    why: 'extensions of other makers are on none of our models',
    feature: /^(D3NOW|SSE4A|XOP|SYSCALL|SVM|SKINIT|SEV_|PADLOCK_|CLZERO|RDPRU|MONITORX|INVLPGB|MCOMMIT|OSS)/,
  },
  {
    why: 'integer and system extensions after the Pentium 4 are on none of our models',
    feature:
      /^(XSAVE|POPCNT|RDSEED|RDRAND|MOVDIR|WAITPKG|SGX1|PKU|SMAP|CLWB|RDTSCP|SERIALIZE|RTM|HLE|PCONFIG|PTWRITE|MONITOR$|RAO_INT|CLFLUSHOPT|MOVBE|RDPID|ADX|TSXLDTRK|WRMSRNS|ENQCMD|TDX|BMI|INVPCID|VMX|SMX|CET_|LZCNT|PREFETCHW|UINTR|HRESET)/,
  },
  { why: '0F 0D is a hint only on processors with 64-bit mode', feature: /^MULTIBYTENOP$/ },
  { why: 'the 386 and the 486 have TR3 to TR7 alone', feature: /^MOV_TR$/ },
];

const heedsRep = ({ insn }: Decoded) => (insn.flags & REP) !== 0;
const isRelative = ({ operands }: Decoded) => operands[0]?.kind === 'relative';
const hasRegisters = ({ address }: Decoded) =>
  address !== undefined && (address.base >= 0 || address.index >= 0);

/** Against NASM syntax. */
export const INTEL_DEPARTURES: readonly Departure[] = [
  {
    why: 'hints in prefixes (BND, XACQUIRE, XRELEASE, NOTRACK) are newer than our models',
    rewrite: (text) => text.replace(/\b(bnd|xacquire|xrelease|notrack) /g, ''),
  },
  {
    why: 'a repeat prefix is shown before a string instruction alone',
    rewrite: (text, decoded) => (heedsRep(decoded) ? text : text.replace(/\b(rep|repe|repne) /g, '')),
  },
  {
    why: 'a segment prefix before a branch is no hint on our models',
    rewrite: (text, decoded) => (isRelative(decoded) ? text.replace(/\b[c-gs]s (?=\w)/g, '') : text),
  },
  {
    why: 'an operand size that changes nothing is not shown',
    rewrite: (text) => text.replace(/\bo(16|32) (?=(mov|lldt|ltr|lmsw|verr|verw|sldt|str|smsw) )/, ''),
  },
  {
    why: 'F3 0F 09 is WBINVD: WBNOINVD is newer than our models',
    rewrite: (text) => text.replace(/\bwbnoinvd/, 'wbinvd'),
  },
  {
    why: 'F3 0F BC and F3 0F BD are BSF and BSR: TZCNT and LZCNT are newer than our models',
    rewrite: (text) => text.replace(/\btzcnt/, 'bsf').replace(/\blzcnt/, 'bsr'),
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
    rewrite: (text) =>
      text
        .replace(/\[ebp\*1/, '[ds:ebp')
        .replace(/\[ss:ebp\*1/, '[ebp')
        .replace(/\*1(?=[-+\]])/, ''),
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
      return text.replace(/, \w+$/, '').replace(/(?<!word )\[/, operandSize === 16 ? 'word [' : 'dword [');
    },
  },
  {
    why: 'the operand size of RET and RETF is a prefix word, not a letter',
    rewrite: (text) =>
      text.replace(/^(o16 |o32 )?(ret|retf)([wd])\b/, (_, prefix, name, letter) => {
        return `${prefix ?? (letter === 'w' ? 'o16 ' : 'o32 ')}${name}`;
      }),
  },
  {
    why: 'the counter of LOOP is told by its address size, A16 or A32',
    rewrite: (text, { addressSize }) =>
      text.replace(/^(o(?:16|32) )?(loop\w*) (\S+), e?cx$/, `a${addressSize} $1$2 $3`),
  },
  {
    why: 'the operand size of a near branch and of a far or immediate operand is written where no operand tells it',
    rewrite: (text, decoded, bits) => {
      const { operandSize } = decoded;
      const size = operandSize === 16 ? 'word' : 'dword';
      const usual = bits === 16 ? 'word' : 'dword';
      return text
        .replace(/^(j\w+|call) (\w+)$/, (whole) => (isRelative(decoded) ? `o${operandSize} ${whole}` : whole))
        .replace(/^((?:a\d\d )?)(loop\w*) (\w+)$/, `$1o${operandSize} $2 $3`)
        .replace(/^(jmp|call) (\w+:\w+)$/, `$1 ${size} $2`)
        .replace(/^(?:o16 |o32 )?push (0x\w+|\d)$/, `push ${size} $1`)
        .replace(/^(jmp|call) (d?word) far /, '$1 far $2 ')
        .replace(new RegExp(`^(push|jmp|call) ${usual} (?=\\d)`), '$1 ')
        .replace(new RegExp(`^(jmp|call) far ${usual} `), '$1 far ')
        .replace(new RegExp(`^((?:a\\d\\d )?)o${bits} `), '$1');
    },
  },
  {
    why: 'an address without registers has its width in the brackets where it is not the usual',
    rewrite: (text, decoded, bits) => {
      if (decoded.address === undefined || hasRegisters(decoded)) return text;
      const word = decoded.addressSize === bits ? '' : decoded.addressSize === 16 ? 'word ' : 'dword ';
      return text.replace(/\[(?:d?word )?/, `[${word}`);
    },
  },
  {
    why: 'prefix words stand in the order LOCK, REP, segment, address size, operand size',
    rewrite: (text) => sortedPrefixes(text, /^(lock|rep|repe|repne|[c-gs]s|[ao](?:16|32)) /),
  },
];

/** Against GNU as's syntax. */
export const ATT_DEPARTURES: readonly Departure[] = [
  {
    why: 'AT&T: hints in prefixes are newer than our models',
    rewrite: (text) => text.replace(/\b(bnd|xacquire|xrelease|notrack) /g, '').replace(/,p[nt] /, ' '),
  },
  {
    why: 'AT&T: repeat prefixes are REPZ and REPNZ, before a string instruction alone',
    rewrite: (text, decoded) =>
      text.replace(/\b(rep|repe|repne) /g, (word) => {
        if (!heedsRep(decoded)) return '';
        return word.replace('repe ', 'repz ').replace('repne ', 'repnz ');
      }),
  },
  {
    why: 'AT&T: F3 0F 09, F3 0F BC and F3 0F BD are WBINVD, BSF and BSR on our models',
    rewrite: (text) =>
      text
        .replace(/\bwbnoinvd/, 'wbinvd')
        .replace(/\btzcnt/, 'bsf')
        .replace(/\blzcnt/, 'bsr'),
  },
  {
    why: 'AT&T: operands of strings are written with their segments, as objdump does',
    rewrite: (text, { insn }) => {
      if (!insn.operands.some(({ method }) => method === 'X' || method === 'Y')) return text;
      return text.replace(/(?<!:)\(%e?di\)/, '%es:$&').replace(/(?<!:)\(%e?si\)/, '%ds:$&');
    },
  },
  {
    why: 'AT&T: XLAT is written with its operand, as objdump does',
    rewrite: (text, { addressSize, dataSegment }) =>
      text.replace(
        /^(?:([c-gs]s) )?xlatb?(?: .*)?$/,
        `xlat %${SEGMENTS[dataSegment]}:(%${addressSize === 16 ? 'bx' : 'ebx'})`,
      ),
  },
  {
    why: 'AT&T: a port in DX is written (%dx), as objdump does',
    rewrite: (text, { insn }) =>
      /^(IN|OUT)(S[BWD])?$/.test(insn.mnemonic) ? text.replace(/(?<!\()%dx(?!\))/, '(%dx)') : text,
  },
  {
    why: 'AT&T: a debug register is %db, as objdump writes it',
    rewrite: (text) => text.replace(/%dr(\d)/, '%db$1'),
  },
  {
    why: 'AT&T: no scale and no comma stand without an index',
    rewrite: (text) => text.replace(/,\)/, ')'),
  },
  {
    why: 'AT&T: 66 90 is NOP',
    rewrite: (text, { insn }) => (insn.text === 'NOP' ? text.replace(/xchg %e?ax,%e?ax/, 'nop') : text),
  },
  {
    why: 'AT&T: /6 of group 2 is SHL: the assembler has one name for it',
    rewrite: (text) => text.replace(/^sal/, 'shl'),
  },
  {
    why: 'AT&T: prefetch hints are named, not taken for reserved NOPs',
    rewrite: (text, { insn }) =>
      insn.text.startsWith('PREFETCH')
        ? text.replace(/\bnop[wl]? %\w+,(.*)/, `${insn.mnemonic.toLowerCase()} $1`)
        : text,
  },
  {
    why: 'AT&T: a hint NOP is written with its r/m operand, which alone is in the row',
    rewrite: (text, { insn, operandSize, address }) =>
      insn.text === 'NOP Ev'
        ? text.replace(
            /\bnop[wl]? (?:%\w+,)?(?=.)/,
            address ? `nop${operandSize === 16 ? 'w' : 'l'} ` : 'nop ',
          )
        : text,
  },
  {
    why: 'AT&T: a table register is loaded and stored with the suffix of the operand size, as objdump shows it',
    rewrite: (text, { operandSize }) =>
      text.replace(/(?:data\d\d )?\b([sl][gi]dt)[wl]? /, `$1${operandSize === 16 ? 'w' : 'l'} `),
  },
  {
    why: 'AT&T: the operand size of LOOP and JCXZ is a prefix word, not a byte',
    rewrite: (text, { operandSize }) => text.replace(/^\.byte 0x66; (?=loop|je?cxz)/, `data${operandSize} `),
  },
  {
    why: 'AT&T: MOVSX and MOVZX of 16 bits to 16 keep the source width in the name',
    rewrite: (text) => text.replace(/\bmov([sz])xw /, 'mov$1ww '),
  },
  {
    why: 'AT&T: D9 D8+i is FSTPNCE, which is no FSTP: it takes no empty register for a fault',
    rewrite: (text, { insn }) => (insn.mnemonic === 'FSTPNCE' ? text.replace('fstp ', 'fstpnce ') : text),
  },
  {
    why: 'AT&T: an address without registers has its width as a prefix word where it is not the usual',
    rewrite: (text, decoded, bits) => {
      if (decoded.address === undefined || hasRegisters(decoded) || decoded.addressSize === bits) return text;
      return text.replace(/^((?:lock )?)/, `$1addr${decoded.addressSize} `);
    },
  },
  {
    why: 'AT&T: a register of which only 16 bits are read is written by its 16-bit name',
    rewrite: (text, { insn }) =>
      insn.text === 'MOV Sw,Ew' || /^L(AR|SL) /.test(insn.text) ? text.replace(/ %e(\w\w),/, ' %$1,') : text,
  },
  {
    why: 'AT&T: prefix words stand in the order LOCK, REP, segment, address size, operand size',
    rewrite: (text) => sortedPrefixes(text, /^(lock|rep\w*|[c-gs]s|(?:addr|data)(?:16|32)) /),
  },
];

const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

const PREFIX_ORDER = [/^lock/, /^rep/, /^[c-gs]s/, /^a/, /^[od]/];

function sortedPrefixes(text: string, prefix: RegExp): string {
  const words: string[] = [];
  let rest = text;
  for (;;) {
    const word = prefix.exec(rest)?.[1];
    if (word === undefined) break;
    rest = rest.slice(word.length + 1);
    words.push(word);
  }
  const rank = (word: string) => PREFIX_ORDER.findIndex((pattern) => pattern.test(word));
  return [...words.sort((a, b) => rank(a) - rank(b)), rest].join(' ');
}

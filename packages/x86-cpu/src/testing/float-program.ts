/** Random loops of x87, MMX and SSE instructions, for lockstep tests: rich in rounding, poor in faults. */
import { controlWord, SLOT_BYTES } from './float-operands.js';
import { pick, type Random } from './random.js';

/** Which register files a program works on. */
export type FloatKind = 'x87' | 'scalar' | 'packed' | 'mmx' | 'mixed';
export const FLOAT_KINDS: readonly FloatKind[] = ['x87', 'scalar', 'packed', 'mmx', 'mixed'];

/*
 * ESI points to the operands and goes on by one in each round, EDI to where results go, EBP to the loop's count:
 *
 *   ESI + 0    OPERAND_BYTES of numbers that a round may read, each slot of 16 bytes filled by `operandBytes`
 *   EDI + 0    RESULT_BYTES
 */
export const OPERAND_BYTES = 0x400;
export const RESULT_BYTES = 0x100;
const STACK_REGISTERS = 8;
/** One instruction in so many ignores how full the stack is. */
const CARELESS = 60;

/** The text of a loop that ends in HLT. */
export function floatProgram(next: Random, kind: FloatKind): string {
  const body = new Body(next);
  const count = 4 + (next() % 20);
  for (let i = 0; i < count; i++) body.add(kind === 'mixed' ? pick(next, FLOAT_KINDS) : kind);
  body.leaveX87();
  return ['again:', ...body.lines, `add esi, ${SLOT_BYTES}`, 'dec dword [ebp]', 'jnz near again', 'hlt'].join(
    '\n',
  );
}

class Body {
  readonly lines: string[] = [];
  readonly #next: Random;
  /** Registers of the x87 stack in use, as far as the program is careful. */
  #depth = 0;
  #isMmx = false;

  constructor(next: Random) {
    this.#next = next;
  }

  add(kind: FloatKind): void {
    if (this.#next() % 9 === 0) this.#integer();
    switch (kind) {
      case 'x87':
        return this.#x87();
      case 'mmx':
        return this.#mmx();
      case 'scalar':
        return this.#emit(scalarLine(this.#next));
      case 'packed':
        return this.#emit(packedLine(this.#next));
      default:
        return this.#emit(moveLine(this.#next));
    }
  }

  /** Leaves the stack as the loop finds it: empty. */
  leaveX87(): void {
    if (this.#isMmx) this.#emit('emms');
    this.#isMmx = false;
    while (this.#depth > 0) {
      this.#emit(`fstp ${pick(this.#next, ['qword', 'dword', 'tword'])} ${resultAt(this.#next)}`);
      this.#depth--;
    }
  }

  #emit(line: string): void {
    this.lines.push(line);
  }

  #integer(): void {
    this.#emit(pick(this.#next, ['add eax, ecx', 'xor edx, eax', 'imul ecx, edx', 'adc eax, edx', 'lahf']));
  }

  #mmx(): void {
    if (!this.#isMmx) this.leaveX87();
    this.#isMmx = true;
    this.#emit(mmxLine(this.#next));
  }

  #x87(): void {
    const next = this.#next;
    if (this.#isMmx) this.leaveX87();
    if (next() % CARELESS === 0) return this.#careless();
    const { line, change } = x87Line(next, this.#depth);
    this.#emit(line);
    this.#depth += change;
  }

  /** Stack faults; behind them nobody knows how full the stack is. */
  #careless(): void {
    const next = this.#next;
    for (let i = 0; i < 3; i++) this.#emit(x87Line(next, next() % STACK_REGISTERS).line);
    this.#emit('fninit');
    this.#depth = 0;
  }
}

function operandAt(next: Random, alignment = SLOT_BYTES): string {
  return `[esi + ${(next() % (OPERAND_BYTES / alignment - 1)) * alignment}]`;
}

function resultAt(next: Random, alignment = SLOT_BYTES): string {
  return `[edi + ${(next() % (RESULT_BYTES / alignment - 1)) * alignment}]`;
}

interface X87Line {
  readonly line: string;
  /** What it adds to the registers in use. */
  readonly change: number;
}

const ARITHMETIC = ['add', 'sub', 'subr', 'mul', 'div', 'divr'];

/** An instruction for a stack of so many registers. */
function x87Line(next: Random, depth: number): X87Line {
  if (depth === 0 || (depth < 4 && next() % 3 === 0)) return pushLine(next, depth);
  const other = next() % depth;
  const makers: (() => X87Line)[] = [
    () => line(`f${pick(next, ARITHMETIC)} ${pick(next, ['dword', 'qword'])} ${operandAt(next)}`),
    () => line(`f${pick(next, ARITHMETIC)} st0, st${other}`),
    () => line(`f${pick(next, ARITHMETIC)} st${other}, st0`),
    () => line(`fi${pick(next, ARITHMETIC)} ${pick(next, ['word', 'dword'])} ${operandAt(next)}`),
    () => line(pick(next, ['fsqrt', 'frndint', 'fabs', 'fchs', 'fxam', 'ftst'])),
    () => line(`${pick(next, ['fcom', 'fucom', 'fcomi', 'fucomi'])} st0, st${other}`),
    () => line(`fcom ${pick(next, ['dword', 'qword'])} ${operandAt(next)}`),
    () => line(`ficom ${pick(next, ['word', 'dword'])} ${operandAt(next)}`),
    () => line(`fxch st0, st${other}`),
    () => line(`fst ${pick(next, ['dword', 'qword'])} ${resultAt(next)}`),
    () => line(`fist ${pick(next, ['word', 'dword'])} ${resultAt(next)}`),
    () => line(`fst st${other}`),
    () => line(`fcmov${pick(next, ['b', 'e', 'be', 'u', 'nb', 'ne', 'nbe', 'nu'])} st0, st${other}`),
    () => line(pick(next, ['fnstsw ax', 'fnclex', 'fwait', 'fnop', `fnstcw ${resultAt(next)}`])),
    () => line(`mov word [edi], ${controlWord(next)}\nfldcw [edi]`),
    () => popping(`fstp ${pick(next, ['dword', 'qword', 'tword'])} ${resultAt(next)}`),
    () => popping(`fistp ${pick(next, ['word', 'dword', 'qword'])} ${resultAt(next)}`),
    () => popping(`fstp st${other}`),
    () => popping(`${pick(next, ['fcomp', 'fucomp', 'fcomip', 'fucomip'])} st0, st${other}`),
    () => (depth > 1 ? popping(`f${pick(next, ARITHMETIC)}p st1, st0`) : pushLine(next, depth)),
    () => (depth > 1 ? { line: pick(next, ['fcompp', 'fucompp']), change: -2 } : pushLine(next, depth)),
  ];
  // Arithmetic twice as often as anything else.
  const index = next() % (makers.length + 4);
  return (makers[index < 4 ? index : index - 4] ?? (() => pushLine(next, depth)))();
}

function line(text: string): X87Line {
  return { line: text, change: 0 };
}

function popping(text: string): X87Line {
  return { line: text, change: -1 };
}

function pushLine(next: Random, depth: number): X87Line {
  const text = pick(next, [
    ...['dword', 'qword', 'qword', 'tword'].map((size) => `fld ${size} ${operandAt(next)}`),
    ...['word', 'dword', 'qword'].map((size) => `fild ${size} ${operandAt(next)}`),
    pick(next, ['fld1', 'fldz', 'fldpi', 'fldl2e', 'fldl2t', 'fldlg2', 'fldln2']),
    depth > 0 ? `fld st${next() % depth}` : 'fld1',
  ]);
  return { line: text, change: 1 };
}

function scalarLine(next: Random): string {
  const [size, memory] = pick(next, [
    ['sd', 'qword'],
    ['ss', 'dword'],
  ] as const);
  const [to, from] = [xmm(next), xmm(next)];
  const source = next() % 2 ? from : `${memory} ${operandAt(next, 8)}`;
  const double = next() % 2 ? from : `qword ${operandAt(next, 8)}`;
  const single = next() % 2 ? from : `dword ${operandAt(next, 8)}`;
  return pick(next, [
    ...['add', 'sub', 'mul', 'div'].flatMap((name) => [
      `${name}${size} ${to}, ${source}`,
      `${name}${size} ${to}, ${source}`,
    ]),
    ...['sqrt', 'min', 'max', 'ucomi', 'comi'].map((name) => `${name}${size} ${to}, ${source}`),
    `cmp${size} ${to}, ${source}, ${next() & 7}`,
    `cvtsi2${size} ${to}, ${next() % 2 ? 'eax' : `dword ${operandAt(next, 4)}`}`,
    `cvt${size}2si ecx, ${source}`,
    `cvtt${size}2si edx, ${source}`,
    `cvtsd2ss ${to}, ${double}`,
    `cvtss2sd ${to}, ${single}`,
    `mov${size} ${to}, ${source}`,
    `mov${size} ${to}, ${memory} ${operandAt(next, 8)}`,
    `mov${size} ${memory} ${resultAt(next, 8)}, ${from}`,
  ]);
}

function packedLine(next: Random): string {
  const size = pick(next, ['ps', 'pd']);
  const [to, from] = [xmm(next), xmm(next)];
  const source = next() % 2 ? from : `oword ${operandAt(next)}`;
  return pick(next, [
    ...['add', 'sub', 'mul', 'div', 'sqrt', 'min', 'max'].map((name) => `${name}${size} ${to}, ${source}`),
    ...['and', 'andn', 'or', 'xor', 'unpckl', 'unpckh'].map((name) => `${name}${size} ${to}, ${source}`),
    `cmp${size} ${to}, ${source}, ${next() & 7}`,
    `shuf${size} ${to}, ${source}, ${next() & 0xff}`,
    `movmsk${size} eax, ${from}`,
    `${pick(next, ['cvtdq2ps', 'cvtps2dq', 'cvttps2dq', 'cvtpd2dq', 'cvttpd2dq', 'cvtpd2ps'])} ${to}, ${source}`,
    `${pick(next, ['cvtdq2pd', 'cvtps2pd'])} ${to}, ${from}`,
    integerLine(next, to, source),
    integerLine(next, to, source),
    moveLine(next),
  ]);
}

function moveLine(next: Random): string {
  const [to, from] = [xmm(next), xmm(next)];
  return pick(next, [
    `movaps ${to}, ${from}`,
    `movapd ${to}, oword ${operandAt(next)}`,
    `movdqa oword ${resultAt(next)}, ${from}`,
    `movups ${to}, oword ${operandAt(next, 4)}`,
    `movdqu oword ${resultAt(next, 4)}, ${from}`,
    `movlps ${to}, qword ${operandAt(next, 8)}`,
    `movhpd ${to}, qword ${operandAt(next, 8)}`,
    `movhps qword ${resultAt(next, 8)}, ${from}`,
    `movlpd qword ${resultAt(next, 8)}, ${from}`,
    `movhlps ${to}, ${from}`,
    `movlhps ${to}, ${from}`,
    `movd ${to}, eax`,
    `movd edx, ${from}`,
    `movq ${to}, ${from}`,
    `movq qword ${resultAt(next, 8)}, ${from}`,
  ]);
}

const PACKED_INTEGER = [
  ...['paddb', 'paddw', 'paddd', 'paddq', 'psubb', 'psubw', 'psubd', 'psubq'],
  ...['paddsb', 'paddsw', 'paddusb', 'paddusw', 'psubsb', 'psubsw', 'psubusb', 'psubusw'],
  ...['pmullw', 'pmulhw', 'pmulhuw', 'pmuludq', 'pmaddwd', 'psadbw', 'pavgb', 'pavgw'],
  ...['pminub', 'pmaxub', 'pminsw', 'pmaxsw', 'pand', 'pandn', 'por', 'pxor'],
  ...['pcmpeqb', 'pcmpeqw', 'pcmpeqd', 'pcmpgtb', 'pcmpgtw', 'pcmpgtd'],
  ...['packsswb', 'packuswb', 'packssdw', 'punpckhbw', 'punpckhwd', 'punpckhdq'],
  ...['psllw', 'pslld', 'psllq', 'psrlw', 'psrld', 'psrlq', 'psraw', 'psrad'],
];
const SHIFTS = ['psllw', 'pslld', 'psllq', 'psrlw', 'psrld', 'psrlq', 'psraw', 'psrad'];

function integerLine(next: Random, to: string, source: string): string {
  return pick(next, [
    `${pick(next, PACKED_INTEGER)} ${to}, ${source}`,
    `${pick(next, PACKED_INTEGER)} ${to}, ${source}`,
    `${pick(next, ['punpcklqdq', 'punpckhqdq', 'punpcklbw', 'punpcklwd', 'punpckldq'])} ${to}, ${source}`,
    `${pick(next, ['pshufd', 'pshufhw', 'pshuflw'])} ${to}, ${source}, ${next() & 0xff}`,
    `${pick(next, [...SHIFTS, 'pslldq', 'psrldq'])} ${to}, ${next() % 70}`,
    `pinsrw ${to}, ecx, ${next() & 7}`,
    `pextrw eax, ${to}, ${next() & 7}`,
    `pmovmskb ecx, ${to}`,
  ]);
}

function mmxLine(next: Random): string {
  const [to, from] = [`mm${next() & 7}`, `mm${next() & 7}`];
  const source = next() % 2 ? from : `qword ${operandAt(next, 8)}`;
  return pick(next, [
    `${pick(next, PACKED_INTEGER)} ${to}, ${source}`,
    `${pick(next, PACKED_INTEGER)} ${to}, ${source}`,
    `${pick(next, SHIFTS)} ${to}, ${next() % 70}`,
    `pshufw ${to}, ${source}, ${next() & 0xff}`,
    `movq ${to}, ${source}`,
    `movq qword ${resultAt(next, 8)}, ${from}`,
    `movd ${to}, eax`,
    `movd edx, ${from}`,
    `pmovmskb ecx, ${from}`,
  ]);
}

function xmm(next: Random): string {
  return `xmm${next() & 7}`;
}

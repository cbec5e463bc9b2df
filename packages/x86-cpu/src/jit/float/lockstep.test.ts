/** Floating point in translated code and in the interpreter in lockstep, over random loops. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../asm.js';
import { type Cpu, createCpu } from '../../cpu.js';
import { CR0_NE, CR4_OSFXSR, CR4_OSXMMEXCPT } from '../../state/control.js';
import { CS, DS, ES, FPU_CONTROL, FS, GS, MXCSR, SS, XMM } from '../../state/layout.js';
import { random } from '../../testing/random.js';
import type { TranslatorChoice } from '../policy.js';

const RAM_BYTES = 0x4_0000;
const CODE = 0x2000;
const DATA = 0x1_0000;
const DATA_BYTES = 0x2000;
const COUNT = DATA + 0x1800;
const FLAT = { base: 0, limit: 0xffff_ffff };
const EAGER = { arrivals: 2, batch: 1, patience: 0, regions: 50 };
const RUNS = Number(process.env.LOCKSTEP_RUNS ?? 60);
const FIRST = Number(process.env.LOCKSTEP_SEED ?? 1);
const SLICES = 5;

/** D: a displacement; I: the number of an x87 register; X, Y: of XMM registers; A: of an aligned one. */
const X87 = `fld dword [esi+D]|fld qword [esi+D]|fld tword [esi+D]|fild word [edi+D]|fild dword [edi+D]|fild qword [edi+D]
fld1|fldz|fldpi|fldl2e|fld stI|fld qword [esi+D]|fld qword [esi+D]|fld st0|fldlg2
fadd st0, stI|fmul st0, stI|fsub st0, stI|fsubr st0, stI|fdiv st0, stI|fdivr st0, stI
fadd stI, st0|fmul stI, st0|faddp stI, st0|fmulp stI, st0|fsubp stI, st0|fsubrp stI, st0|fdivp stI, st0|fdivrp stI, st0
fadd qword [esi+D]|fmul qword [esi+D]|fsub qword [esi+D]|fdiv qword [esi+D]|fadd dword [esi+D]|fsubr dword [esi+D]
fiadd dword [edi+D]|fimul word [edi+D]|fcom qword [esi+D]|fcomp qword [esi+D]|fcomp stI|fucompp|fcompp|ftst|fxam
fst qword [esi+D]|fstp qword [esi+D]|fst dword [esi+D]|fstp dword [esi+D]|fstp tword [edi+D]|fist dword [edi+D]
fistp word [edi+D]|fistp qword [edi+D]|fstp stI|fst stI|fstp st0|fxch st0, stI|fxch st0, st1|fchs|fabs|fsqrt|frndint
fcomi st0, stI|fucomi st0, stI|fcomip st0, stI|fcmovb st0, stI|fcmovne st0, stI|fnstsw ax|fnstsw word [edi+D]
fnstcw word [edi+D]|fldcw word [ebx]|fstp qword [esi+D]|fstp qword [esi+D]|fwait|fsin|fninit`;
const SSE = `movsd xmmX, [esi+D]|movsd [esi+D], xmmX|movsd xmmX, xmmY|movss xmmX, [esi+D]|movss [edi+D], xmmX|movss xmmX, xmmY
addsd xmmX, xmmY|subsd xmmX, xmmY|mulsd xmmX, xmmY|divsd xmmX, xmmY|sqrtsd xmmX, xmmY|addsd xmmX, [esi+D]
mulsd xmmX, [esi+D]|subsd xmmX, [esi+D]|divsd xmmX, [esi+D]|sqrtsd xmmX, [esi+D]|minsd xmmX, xmmY|maxsd xmmX, [esi+D]
addss xmmX, xmmY|mulss xmmX, xmmY|subss xmmX, [edi+D]|divss xmmX, xmmY|sqrtss xmmX, xmmY|minss xmmX, xmmY
cvtsi2sd xmmX, eax|cvtsi2sd xmmX, dword [edi+D]|cvttsd2si eax, xmmX|cvtsd2si ecx, [esi+D]|cvtss2sd xmmX, xmmY
cvtsd2ss xmmX, xmmY|cvttss2si edx, xmmX|ucomisd xmmX, xmmY|comisd xmmX, [esi+D]|ucomiss xmmX, xmmY
addpd xmmX, xmmY|subpd xmmX, xmmY|mulpd xmmX, [esi+A]|divpd xmmX, xmmY|sqrtpd xmmX, xmmY|addps xmmX, xmmY|mulps xmmX, xmmY
subps xmmX, [esi+A]|divps xmmX, xmmY|sqrtps xmmX, xmmY|cvtdq2pd xmmX, [edi+D]|cvtdq2pd xmmX, xmmY|cvtsi2ss xmmX, ecx
movaps xmmX, xmmY|movapd xmmX, [esi+A]|movups [edi+D], xmmX|movdqu xmmX, [esi+D]|movdqa [esi+A], xmmX|movd xmmX, eax
movd eax, xmmX|movd [edi+D], xmmX|movq xmmX, [esi+D]|movq [esi+D], xmmX|movq xmmX, xmmY|movhpd xmmX, [esi+D]
movlpd [esi+D], xmmX|movhps [esi+D], xmmX|movhlps xmmX, xmmY|movlhps xmmX, xmmY|andpd xmmX, xmmY|xorps xmmX, xmmY
andnps xmmX, xmmY|por xmmX, xmmY|pxor xmmX, [esi+A]|andps xmmX, [esi+A]|pxor xmmX, xmmX`;
const PACKED_NAMES = `paddb paddw paddd paddq psubb psubw psubd psubq paddsb paddsw paddusb paddusw psubsb psubsw psubusb
psllw psrlw psraw pslld psrld psrad psllq psrlq psubusw pmullw pmaddwd pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pminub pmaxub pminsw pmaxsw pavgb pavgw packsswb
packuswb packssdw punpcklbw punpcklwd punpckldq punpcklqdq punpckhbw punpckhwd punpckhdq punpckhqdq unpcklps unpcklpd
unpckhps unpckhpd pmulhw pmulhuw pmuludq`;
const PACKED = `pshufd xmmX, xmmY, N|pshuflw xmmX, xmmY, N|pshufhw xmmX, [esi+A], N|shufps xmmX, xmmY, N|shufpd xmmX, xmmY, N
pslldq xmmX, 5|psrldq xmmX, 9|psrldq xmmX, 16|psllw xmmX, 3|psrlw xmmX, 15|psraw xmmX, 16|pslld xmmX, 31|psrld xmmX, 40
psrad xmmX, 99|psllq xmmX, 33|psrlq xmmX, 64|pmovmskb eax, xmmX|movmskps ecx, xmmX|movmskpd edx, xmmX|pextrw eax, xmmX, N
pinsrw xmmX, ecx, N|pinsrw xmmX, [edi+D], N|movdqu xmmX, [edi+D]|movdqu [edi+D], xmmY|pxor xmmX, xmmY`;
const INTEGER = 'add eax, ecx|mov ecx, [edi+D]|cmp eax, ecx|inc edx|mov [edi+D], edx|jz $+4';
const templates = (text: string) => text.split(/[|\n]/).map((line) => line.trim());
const LISTS = {
  x87: [...templates(X87), ...templates(INTEGER)],
  SSE: [...templates(SSE), ...templates(INTEGER)],
  'packed integers': [
    ...PACKED_NAMES.split(/\s+/).map((name) => `${name} xmmX, xmmY`),
    ...templates(PACKED),
    ...templates(INTEGER),
  ],
};

function computer(translator: TranslatorChoice): Cpu {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  return createCpu({ mem, board, translator });
}

const listed: string[] = [];
const translated = computer({ ...EAGER, onRegion: ({ listing }) => listed.push(...listing) });
const interpreted = computer(false);

interface Program {
  readonly text: string;
  readonly code: Uint8Array;
  readonly data: Uint8Array;
  readonly control: number;
  readonly mxcsr: number;
  readonly xmm: readonly number[];
}

/** An instruction of the list with operands. */
function randomLine(next: () => number, templates: readonly string[]): string {
  const template = templates[next() % templates.length] ?? '';
  return template
    .replace('D', () => String(8 * (next() % 12) + (next() % 8 === 0 ? next() % 8 : 0)))
    .replace('A', () => String(16 * (next() % 6)))
    .replace('I', () => String(next() % 4))
    .replace(/X/g, () => String(next() % 5))
    .replace('N', () => String(next() & 0xff))
    .replace('Y', () => String(next() % 5));
}

/** x87 registers that an instruction adds to those in use. */
function growth(line: string): number {
  if (/^(fld|fild)(?!cw)/.test(line)) return 1;
  if (/^fu?compp/.test(line)) return -2;
  return /^f\w*p /.test(line) ? -1 : 0;
}

/** Registers that it needs. */
function need(line: string): number {
  if (/^fu?compp/.test(line)) return 2;
  if (!/^f(?!ld[^c]|ild|n|wait|ldcw)/.test(line))
    return line.startsWith('fld st') ? 1 + Number(line.at(-1)) : 0;
  return 1 + Math.max(...[...line.matchAll(/st(\d)/g)].map(([, index]) => Number(index)), 0);
}

/** Lines after which as many x87 registers are in use as before, and in which none is missing. */
function balancedLines(next: () => number, templates: readonly string[], count: number): string[] {
  const lines: string[] = [];
  let depth = 2;
  while (lines.length < count) {
    const line = randomLine(next, templates);
    if (/^(fsin|fninit|jz)/.test(line) || need(line) > depth || depth + growth(line) > 8) continue;
    depth += growth(line);
    lines.push(line);
  }
  for (; depth > 2; depth--) lines.push('fstp qword [esi+16]');
  for (; depth < 2; depth++) lines.push('fld qword [esi+24]');
  return lines;
}

function randomProgram(next: () => number, templates: readonly string[]): Program {
  const count = 4 + (next() % 16);
  const isBalanced = next() % 4 !== 0;
  const lines = isBalanced
    ? balancedLines(next, templates, count)
    : Array.from({ length: count }, () => randomLine(next, templates));
  const body = lines.map((line, i) => (line.startsWith('jz') ? `jz skip${i}` : line));
  const labelled = body.map((line, i) => `${body[i - 1]?.startsWith('jz') ? `skip${i - 1}: ` : ''}${line}`);
  if (body.at(-1)?.startsWith('jz')) labelled.push(`skip${body.length - 1}: nop`);
  const start = ['fld qword [esi+32]', 'fld qword [esi+40]', 'again:'];
  const text = [...start, ...labelled, 'dec dword [ebp]', 'jnz again', 'hlt'].join('\n');
  const code = assemble(text, { bits: 32, origin: CODE }).bytes;
  const data = new Uint8Array(DATA_BYTES);
  const view = new DataView(data.buffer);
  for (let at = 0; at < 0x1800; at += 8) view.setFloat64(at, randomDouble(next), true);
  for (let at = 0x800; at < 0x900; at += 4) view.setInt32(at, next() >> (next() & 31), true);
  view.setInt32(COUNT - DATA, 12 + (next() & 15), true);
  // What FLDCW loads: mostly what compilers do.
  view.setInt16(0x1900, CONTROLS[next() % CONTROLS.length] ?? 0x37f, true);
  const control = CONTROLS[next() % CONTROLS.length] ?? 0x37f;
  const mxcsr = MXCSRS[next() % MXCSRS.length] ?? 0x1f80;
  const xmm = Array.from({ length: 16 }, () => randomDouble(next));
  return { text, code, data, control, mxcsr, xmm };
}

const CONTROLS = [0x37f, 0x37f, 0x37f, 0xf7f, 0x27f, 0x77f, 0xb7f, 0x7f, 0x35f, 0x372];
const MXCSRS = [0x1f80, 0x1f80, 0x1fa0, 0x1fbf, 0x3f80, 0x7f80, 0x9fc0, 0x0f80, 0x1d80];

function randomDouble(next: () => number): number {
  switch (next() % 12) {
    case 0:
      return (next() | 0) % 100;
    case 1:
      return 0;
    case 2:
      return -0;
    case 3:
      return [Number.POSITIVE_INFINITY, Number.NaN, 5e-324, 2 ** -1022, 1e308, -1e-310][next() % 6] ?? 0;
    case 4:
      return (next() | 0) * 2 ** ((next() % 200) - 100);
    default:
      return ((next() | 0) / 2 ** 31) * (1 + (next() % 1000));
  }
}

function prepare(cpu: Cpu, { code, data, control, mxcsr, xmm }: Program): void {
  cpu.reset();
  cpu.mem.fill(0, RAM_BYTES, 0);
  cpu.mem.writeBytes(CODE, code);
  cpu.mem.writeBytes(DATA, data);
  cpu.cr0 = 1 | CR0_NE;
  cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, FS, GS])
    cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  [cpu.esi, cpu.edi, cpu.ebp, cpu.ebx, cpu.esp] = [DATA, DATA + 0x800, COUNT, DATA + 0x1900, DATA + 0x1f00];
  cpu.fpu.initialize();
  cpu.registers.set(FPU_CONTROL, control);
  cpu.registers.set(MXCSR, mxcsr);
  const view = new DataView(cpu.mem.memory.buffer, XMM);
  for (const [i, value] of xmm.entries()) view.setFloat64(8 * i, value, true);
  cpu.eip = CODE;
}

function snapshot(cpu: Cpu): string {
  const { eax, ecx, edx, eip, eflags, icount } = cpu;
  const words = [eax, ecx, edx, eip, eflags, icount].map((word) => word.toString(16));
  return `${words.join(' ')} ${Buffer.from(cpu.saveState()).toString('hex')}`;
}

describe.each(Object.entries(LISTS))('translated %s', (_, templates) => {
  it('keeps step with the interpreter', () => {
    listed.length = 0;
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const next = random(seed);
      const program = randomProgram(next, templates);
      prepare(translated, program);
      prepare(interpreted, program);
      for (let slice = 0; slice < SLICES; slice++) {
        const budget = 20 + (next() % 200);
        const found = run(translated, budget);
        const expected = run(interpreted, budget);
        const place = `seed ${seed}, slice ${slice}\n${program.text}\n`;
        expect(`${place}${found} ${snapshot(translated)}`).toBe(
          `${place}${expected} ${snapshot(interpreted)}`,
        );
        if (expected !== 'budget') break;
      }
      expect(Buffer.compare(translated.mem.ram, interpreted.mem.ram)).toBe(0);
    }
    expect(listed.filter((line) => / f\w+| xmm/.test(line)).length).toBeGreaterThan(RUNS);
  });
});

/** An exception without an IDT is a triple fault: the run ends there. */
function run(cpu: Cpu, budget: number): string {
  return cpu.run(budget).kind;
}

/** Each arithmetic instruction over many pairs of operands: the reference against the interpreter and the translator. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from './asm.js';
import { type Cpu, type CpuOptions, createCpu } from './cpu.js';
import { CR4_OSFXSR, CR4_OSXMMEXCPT } from './state/control.js';
import { CS, DS, ES, SS } from './state/layout.js';
import { famousPairs, operandPair, type PairFormat } from './testing/float-operands.js';
import { random } from './testing/random.js';

const CODE = 0x2000;
const CONTROL = 0x3000;
const PAIRS = Number(process.env.FLOAT_PAIRS ?? 250);
const SEED = Number(process.env.FLOAT_SEED ?? 1);
/** Of one test, in ms: the reference takes its time. */
const TIMEOUT = 60_000 + 400 * PAIRS;
const PAIR_BYTES = 32;
const RESULT_BYTES = 32;
const OPERANDS = 0x1_0000;
const RESULTS = OPERANDS + PAIRS * PAIR_BYTES;
const RAM_BYTES = Math.ceil((RESULTS + PAIRS * RESULT_BYTES) / 0x1_0000) * 0x1_0000;
const FLAT = { base: 0, limit: 0xffff_ffff };
const EAGER = { arrivals: 2, batch: 1, patience: 0 };

function computer(options: Pick<CpuOptions, 'interpreter' | 'translator'>): Cpu {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  return createCpu({ mem, board, model: 'pentium-4', ...options });
}

const computers = {
  reference: computer({ interpreter: 'reference' }),
  interpreter: computer({ translator: false }),
  translator: computer({ translator: EAGER }),
};

/** Runs `body` for each pair, ESI at the operands and EDI at the result; the control or status word is at EBP. */
function loop(body: string, before = ''): Uint8Array {
  const text = `
        ${before}
again:  ${body}
        add esi, ${PAIR_BYTES}
        add edi, ${RESULT_BYTES}
        dec ecx
        jnz near again
        hlt`;
  return assemble(text, { origin: CODE }).bytes;
}

function results(cpu: Cpu, code: Uint8Array, operands: Uint8Array, control: number): Uint8Array {
  const { mem } = cpu;
  cpu.reset();
  mem.fill(0, RAM_BYTES, 0);
  mem.writeBytes(CODE, code);
  mem.write32(CONTROL, control);
  mem.writeBytes(OPERANDS, operands);
  cpu.cr0 = 0x21;
  cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS]) cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  [cpu.ecx, cpu.esi, cpu.edi, cpu.ebp] = [PAIRS, OPERANDS, RESULTS, CONTROL];
  cpu.eip = CODE;
  expect(cpu.run(40 * PAIRS).kind).toBe('halt');
  return mem.readBytes(RESULTS, PAIRS * RESULT_BYTES);
}

/** The results of all three; where they differ, the operands, both results, and the word that controls them. */
function difference(code: Uint8Array, format: PairFormat, control: number, seed: number): string | undefined {
  const next = random(seed);
  const famous = famousPairs(format);
  const pairs = Array.from({ length: PAIRS }, (_, i) => famous[i] ?? operandPair(next, format));
  const operands = Uint8Array.from(pairs.flatMap((pair) => [...pair]));
  const expected = results(computers.reference, code, operands, control);
  for (const name of ['interpreter', 'translator'] as const) {
    const found = results(computers[name], code, operands, control);
    const at = found.findIndex((byte, i) => byte !== expected[i]);
    if (at < 0) continue;
    const pair = Math.trunc(at / RESULT_BYTES);
    const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(pair * 32, pair * 32 + 32)).toString('hex');
    return `${name}, ${control.toString(16)}: ${hex(operands)} gave ${hex(found)}, not ${hex(expected)}`;
  }
  return undefined;
}

const X87_END = 'fnstsw ax\nmov [edi + 16], ax\nfnclex';
const X87_CONTROLS = [0x37f, 0x27f, 0x07f, 0x77f, 0xa7f, 0xf7f, 0xb7f, 0xe7f];

const ON_TWO = ['fadd', 'fsub', 'fsubr', 'fmul', 'fdiv', 'fdivr'].map((name) => [
  name,
  `fld tword [esi]\nfld tword [esi + 16]\n${name}p st1, st0\n${X87_END}\nfstp tword [edi]`,
]);
const ON_ONE = ['fsqrt', 'frndint', 'fchs', 'fabs', 'fxam', 'ftst'].map((name) => [
  name,
  `fld tword [esi]\n${name}\n${X87_END}\nfstp tword [edi]`,
]);
const STORES = ['fstp dword', 'fstp qword', 'fistp word', 'fistp dword', 'fistp qword'].map((name) => [
  name,
  `fld tword [esi]\n${name} [edi]\n${X87_END}`,
]);
const COMPARISONS = ['fcomi st0, st1', 'fucomi st0, st1', 'fcom st0, st1', 'fucom st0, st1'].map((name) => [
  name,
  `fld tword [esi]\nfld tword [esi + 16]\n${name}\nlahf\nmov [edi + 20], ah\n${X87_END}\nfstp st0\nfstp st0`,
]);
const LOADS = [
  'fld dword',
  'fld qword',
  'fild word',
  'fild dword',
  'fild qword',
  'fadd dword',
  'fmul qword',
].map((name) => [
  name,
  `fld tword [esi]\n${name} [esi + 16]\n${X87_END}\nfstp tword [edi]\nfninit\nfldcw [ebp]`,
]);

describe('x87', () => {
  it.each([...ON_TWO, ...ON_ONE, ...STORES, ...COMPARISONS, ...LOADS])(
    '%s',
    { timeout: TIMEOUT },
    (_, body = '') => {
      const code = loop(body, 'fninit\nfldcw [ebp]');
      for (const control of X87_CONTROLS) {
        for (const format of ['extended', 'double'] as const) {
          expect(difference(code, format, control, SEED)).toBeUndefined();
        }
      }
    },
  );
});

/** Inexactness known and not, each rounding, denormals flushed. */
const MXCSRS = [0x1f80, 0x1fa0, 0x3f80, 0x5fa0, 0x7fa0, 0x9fe0, 0x1fc0];
const SSE_END = 'stmxcsr [edi + 16]\nmovups [edi], xmm0';
const BINARY = ['add', 'sub', 'mul', 'div', 'sqrt', 'min', 'max'];

function sse(name: string): string {
  return `ldmxcsr [ebp]\nmovups xmm0, oword [esi]\nmovups xmm1, oword [esi + 16]\n${name}\n${SSE_END}`;
}

describe.each([
  ['single', 'ss'],
  ['single', 'ps'],
  ['double', 'sd'],
  ['double', 'pd'],
] as const)('SSE, %s precision, %s', (format, size) => {
  const other = size.replace(/.$/, (letter) => (letter === 's' ? 'd' : 's'));
  const names = [
    ...BINARY.map((name) => `${name}${size} xmm0, xmm1`),
    ...[1, 2, 4, 7].map((predicate) => `cmp${size} xmm0, xmm1, ${predicate}`),
    `cvt${size}2${other} xmm0, xmm1`,
    ...(size.startsWith('s')
      ? [
          `comi${size} xmm0, xmm1\nlahf\nmov [edi + 20], ah`,
          `ucomi${size} xmm0, xmm1\nlahf\nmov [edi + 20], ah`,
          `cvt${size}2si eax, xmm1\nmov [edi + 20], eax`,
          `cvtt${size}2si eax, xmm1\nmov [edi + 20], eax`,
          `cvtsi2${size} xmm0, dword [esi + 16]`,
        ]
      : [`cvt${size}2dq xmm0, xmm1`, `cvtt${size}2dq xmm0, xmm1`, `cvtdq2${size} xmm0, xmm1`]),
  ];

  it.each(names)('%s', { timeout: TIMEOUT }, (name) => {
    const code = loop(sse(name));
    for (const control of MXCSRS) expect(difference(code, format, control, SEED)).toBeUndefined();
  });
});

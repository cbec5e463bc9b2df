/** Floating-point programs on the reference, the interpreter and the translator, alike to the last bit of their registers. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from './asm.js';
import { type Cpu, type CpuOptions, createCpu } from './cpu.js';
import { CR0_EM, CR0_NE, CR0_PE, CR0_TS, CR4_OSFXSR, CR4_OSXMMEXCPT } from './state/control.js';
import { CS, DS, ES, FPU_CONTROL, FS, GS, MXCSR, SS, ST, STATE_END, XMM } from './state/layout.js';
import { controlWord, mxcsr, operandBytes, SLOT_BYTES } from './testing/float-operands.js';
import { FLOAT_KINDS, type FloatKind, floatProgram, OPERAND_BYTES } from './testing/float-program.js';
import { pick, type Random, random } from './testing/random.js';

const RAM_BYTES = 0x2_0000;
const CODE = 0x2000;
/** Both areas lie across the end of a page. */
const OPERANDS = 0x1_0e00;
const RESULTS = 0x1_1f80;
const COUNT = 0x1_3000;
const FLAT = { base: 0, limit: 0xffff_ffff };
/** Everything that is entered twice is translated at once. */
const EAGER = { arrivals: 2, batch: 1, patience: 0 };
/** Where a misaligned operand is #GP, which ends the program. */
const ALIGNED: ReadonlySet<FloatKind> = new Set(['packed', 'mixed']);
const ROUNDS = 40;
const SLICES = 5;

function computer(options: Omit<CpuOptions, 'mem' | 'board'>): Cpu {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  return createCpu({ mem, board, ...options });
}

interface Computers {
  readonly reference: Cpu;
  readonly interpreter: Cpu;
  readonly translator: Cpu;
}

function computersOf(model: '386' | 'pentium-4'): Computers {
  return {
    reference: computer({ model, interpreter: 'reference' }),
    interpreter: computer({ model, translator: false }),
    translator: computer({ model, translator: EAGER }),
  };
}

/** What may change between two instructions, while hot code has been translated for what was before. */
const CHANGES: readonly ((cpu: Cpu) => void)[] = [
  (cpu) => {
    cpu.cr0 |= CR0_TS;
  },
  (cpu) => {
    cpu.cr0 |= CR0_EM;
  },
  (cpu) => {
    cpu.cr0 &= ~CR0_NE;
  },
  (cpu) => {
    cpu.cr4 &= ~CR4_OSFXSR;
  },
  // Exceptions that are pending from now on.
  (cpu) => {
    cpu.fpu.control = cpu.fpu.control & ~0x3f;
  },
  (cpu) => {
    cpu.registers.set(MXCSR, 0);
  },
  // The operands' first page and half of the second.
  (cpu) => cpu.setSegment(DS, { selector: 16, attributes: 0x4093, base: 0, limit: OPERANDS + 0x37f }),
];

interface Program {
  readonly code: Uint8Array;
  readonly operands: Uint8Array;
  readonly xmm: Uint8Array;
  readonly mxcsr: number;
  readonly control: number;
  readonly eax: number;
  /** Added to both pointers. */
  readonly displacement: number;
}

function makeProgram(next: Random, kind: FloatKind): Program {
  const slots = (count: number) =>
    Uint8Array.from(Array.from({ length: count }, () => [...operandBytes(next)]).flat());
  const code = assemble(floatProgram(next, kind), { origin: CODE }).bytes;
  return {
    code,
    operands: slots(OPERAND_BYTES / SLOT_BYTES + ROUNDS),
    xmm: slots(8),
    mxcsr: mxcsr(next),
    control: controlWord(next),
    eax: next() | 0,
    displacement: ALIGNED.has(kind) ? 0 : pick(next, [0, 0, 9, 12]),
  };
}

function prepare(cpu: Cpu, program: Program): void {
  const { mem } = cpu;
  cpu.reset();
  mem.fill(0, RAM_BYTES, 0);
  mem.writeBytes(CODE, program.code);
  mem.writeBytes(OPERANDS, program.operands);
  mem.write32(COUNT, ROUNDS);
  cpu.cr0 = CR0_PE | CR0_NE;
  if (cpu.model.hasCr4) cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, FS, GS])
    cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  cpu.fpu.initialize();
  cpu.registers.set(FPU_CONTROL, program.control);
  cpu.registers.set(MXCSR, program.mxcsr);
  const words = new Int32Array(program.xmm.buffer);
  for (const [i, word] of words.entries()) cpu.registers.set(XMM + 4 * i, word);
  cpu.eax = program.eax;
  cpu.esi = OPERANDS + program.displacement;
  cpu.edi = RESULTS + program.displacement;
  cpu.ebp = COUNT;
  cpu.esp = RAM_BYTES;
  cpu.eip = CODE;
}

/** What the outside can see of the registers, FPU and XMM state in full. */
function snapshot(cpu: Cpu): string {
  const { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount } = cpu;
  const words = [eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount];
  for (let field = ST; field < STATE_END; field += 4) words.push(cpu.registers.getUnsigned(field));
  return words.map((word) => word.toString(16)).join(' ');
}

const first = Number(process.env.FLOAT_SEED ?? 1);
const seeds = Array.from({ length: Number(process.env.FLOAT_RUNS ?? 40) }, (_, i) => first + i);

/** Runs one program on all three, in slices. */
function keepStep({ reference, ...others }: Computers, kind: FloatKind, seed: number): void {
  const next = random(seed);
  const program = makeProgram(next, kind);
  const all = [reference, ...Object.values(others)];
  for (const cpu of all) prepare(cpu, program);
  for (let slice = 0; slice < SLICES; slice++) {
    // Odd budgets stop within the loop, the last runs to its end.
    const budget = slice === SLICES - 1 ? 4000 : 1 + (next() % 200);
    const expected = `${JSON.stringify(reference.run(budget))} ${snapshot(reference)}`;
    for (const [name, cpu] of Object.entries(others)) {
      const found = `${JSON.stringify(cpu.run(budget))} ${snapshot(cpu)}`;
      expect(`${kind} ${seed}, ${name}: ${found}`).toBe(`${kind} ${seed}, ${name}: ${expected}`);
      const difference = Buffer.compare(cpu.mem.ram, reference.mem.ram);
      expect(`${seed}, ${name}: RAM ${difference}`).toBe(`${seed}, ${name}: RAM 0`);
    }
    if (!expected.includes('"budget"')) return;
    if (next() % 8 !== 0) continue;
    const change = pick(next, CHANGES);
    for (const cpu of all) change(cpu);
  }
}

describe('the reference, the interpreter and the translator do the same with', () => {
  const computers = computersOf('pentium-4');

  it.each(FLOAT_KINDS)('%s instructions', (kind) => {
    for (const seed of seeds) keepStep(computers, kind, seed);
  });

  it('x87 instructions where there is no FPU', () => {
    const without = computersOf('386');
    for (const seed of seeds.slice(0, 10)) keepStep(without, 'x87', seed);
  });
});

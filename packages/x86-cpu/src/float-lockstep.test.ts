/** Floating-point programs on the reference, the interpreter and the translator, alike to the last bit of their registers. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from './asm.js';
import { type Cpu, type CpuOptions, createCpu } from './cpu.js';
import { CR4_OSFXSR, CR4_OSXMMEXCPT } from './state/control.js';
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
  cpu.cr0 = 0x21;
  cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
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

describe.each(FLOAT_KINDS)('a program of %s instructions', (kind) => {
  const first = Number(process.env.FLOAT_SEED ?? 1);
  const seeds = Array.from({ length: Number(process.env.FLOAT_RUNS ?? 40) }, (_, i) => first + i);

  it('does the same on the reference, the interpreter and the translator', () => {
    const { reference, ...others } = computers;
    for (const seed of seeds) {
      const next = random(seed);
      const program = makeProgram(next, kind);
      for (const cpu of Object.values(computers)) prepare(cpu, program);
      for (let slice = 0; slice < SLICES; slice++) {
        // Odd budgets stop within the loop, the last runs to its end.
        const budget = slice === SLICES - 1 ? 4000 : 1 + (next() % 200);
        const expected = `${reference.run(budget).kind} ${snapshot(reference)}`;
        for (const [name, cpu] of Object.entries(others)) {
          const found = `${cpu.run(budget).kind} ${snapshot(cpu)}`;
          expect(`${kind} ${seed}, ${name}: ${found}`).toBe(`${kind} ${seed}, ${name}: ${expected}`);
          expect(`${seed}, ${name}: RAM ${Buffer.compare(cpu.mem.ram, reference.mem.ram)}`).toBe(
            `${seed}, ${name}: RAM 0`,
          );
        }
        if (!expected.startsWith('budget')) break;
      }
    }
  });
});

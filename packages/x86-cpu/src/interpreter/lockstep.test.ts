/** The fast and the reference interpreter in lockstep, over random programs that also overwrite themselves. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cpu, createCpu } from '../cpu.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import { instructionBytes } from '../testing/instruction-lab.js';
import { machineRows } from '../testing/map-rows.js';

const RAM_BYTES = 0x1_0000;
const CODE = 0x2000;
const FLAT = { base: 0, limit: 0xffff_ffff };

function computer(
  interpreter: 'fast' | 'reference',
  program: readonly number[],
  registers: readonly number[],
): Cpu {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  const cpu = createCpu({ mem, board, interpreter });
  mem.writeBytes(CODE, Uint8Array.from(program));
  cpu.cr0 = 1;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, FS, GS])
    cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx, cpu.esp, cpu.ebp, cpu.esi, cpu.edi] = registers as [
    ...[number, number, number, number, number, number, number, number],
  ];
  cpu.eip = CODE;
  return cpu;
}

function snapshot(cpu: Cpu): string {
  const { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount } = cpu;
  return [eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount]
    .map((word) => word.toString(16))
    .join(' ');
}

const register = fc.oneof(
  fc.integer({ min: 0, max: RAM_BYTES - 1 }),
  // Near the program, so that it is overwritten.
  fc.integer({ min: CODE - 16, max: CODE + 256 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

describe('the fast interpreter', () => {
  it('keeps step with the reference', () => {
    // The bytes of an instruction are followed by those of others: jumps lead into their midst.
    const encoding = fc.oneof(...machineRows().map(instructionBytes));
    const program = fc.array(encoding, { minLength: 20, maxLength: 60 }).map((parts) => parts.flat());
    const registers = fc.array(register, { minLength: 8, maxLength: 8 });
    const slices = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(program, registers, slices, (bytes, values, budgets) => {
        const fast = computer('fast', bytes, values);
        const reference = computer('reference', bytes, values);
        for (const budget of budgets) {
          const found = fast.run(budget).kind;
          const expected = reference.run(budget).kind;
          expect(`${found} ${snapshot(fast)}`).toBe(`${expected} ${snapshot(reference)}`);
          if (expected !== 'budget') break;
        }
        expect(fast.mem.ram.every((byte, i) => byte === reference.mem.ram[i])).toBe(true);
      }),
      { numRuns: Number(process.env.LOCKSTEP_RUNS ?? 100), seed: Number(process.env.LOCKSTEP_SEED ?? 4) },
    );
  });
});

/** Translated code and the interpreter in lockstep, over random loops that also overwrite themselves. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { type Cpu, createCpu } from '../cpu.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import { loopProgram, xorshift } from '../testing/loop-program.js';
import type { TranslatorChoice } from './policy.js';

const RAM_BYTES = 0x4_0000;
const CODE = 0x2000;
const DATA = 0x1_0000;
const DATA_BYTES = 0x2000;
/** EBP: the loop's count is there. */
const FRAME = DATA + 0x1800;
const FLAT = { base: 0, limit: 0xffff_ffff };
/** Everything that is entered twice is translated at once, and soon dropped for want of room. */
const EAGER: TranslatorChoice = { arrivals: 2, batch: 1, patience: 0, regions: 50 };
const SLICES = 6;
const CORNERS = [0, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0x8000, 0x80];

/** Made once, and given one program after another: what was translated of the last must not be executed again. */
function computer(translator: TranslatorChoice): Cpu {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  return createCpu({ mem, board, translator });
}

const translated = computer(EAGER);
const interpreted = computer(false);

interface Program {
  readonly code: readonly number[];
  readonly data: Uint8Array;
  /** EAX to EDI. */
  readonly registers: readonly number[];
}

function randomProgram(next: () => number): Program {
  const code = loopProgram(next);
  const data = Uint8Array.from({ length: DATA_BYTES }, () => next() >>> 9);
  data.set([20 + (next() & 31), 0, 0, 0], FRAME - DATA);
  const value = () => (next() % 3 === 0 ? (CORNERS[next() % CORNERS.length] ?? 0) : next());
  // One pointer in eight stands at the end of a page, one in sixteen in the program.
  const pointer = (usual: number) =>
    next() % 8 === 0 ? DATA + 0xfe0 + (next() & 63) : next() % 16 === 0 ? CODE + (next() & 127) : usual;
  const [eax, ecx, edx, ebx] = [value(), value(), value(), value()];
  const [esp, esi, edi] = [pointer(DATA + 0x1f00), pointer(DATA + 0x800), pointer(DATA + 0x1400)];
  return { code, data, registers: [eax, ecx, edx, ebx, esp, FRAME, esi, edi] };
}

function prepare(cpu: Cpu, { code, data, registers }: Program): void {
  cpu.reset();
  cpu.mem.fill(0, RAM_BYTES, 0);
  cpu.mem.writeBytes(CODE, Uint8Array.from(code));
  cpu.mem.writeBytes(DATA, data);
  cpu.cr0 = 1;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, GS]) cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  cpu.setSegment(FS, { selector: 16, attributes: 0x4093, base: 0x100, limit: 0x2_ffff });
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx, cpu.esp, cpu.ebp, cpu.esi, cpu.edi] = registers as [
    ...[number, number, number, number, number, number, number, number],
  ];
  cpu.eip = CODE;
}

function snapshot(cpu: Cpu): string {
  const { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount } = cpu;
  return [eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, icount]
    .map((word) => word.toString(16))
    .join(' ');
}

describe('translated code', () => {
  const first = Number(process.env.LOCKSTEP_SEED ?? 1);
  const seeds = Array.from({ length: Number(process.env.LOCKSTEP_RUNS ?? 150) }, (_, i) => first + i);

  it('keeps step with the interpreter', () => {
    for (const seed of seeds) {
      const next = xorshift(seed);
      const program = randomProgram(next);
      prepare(translated, program);
      prepare(interpreted, program);
      for (let slice = 0; slice < SLICES; slice++) {
        const budget = 1 + (next() % 300);
        const found = translated.run(budget).kind;
        const expected = interpreted.run(budget).kind;
        expect(`${seed}: ${found} ${snapshot(translated)}`).toBe(
          `${seed}: ${expected} ${snapshot(interpreted)}`,
        );
        expect(`${seed}: ${Buffer.compare(translated.mem.ram, interpreted.mem.ram)}`).toBe(`${seed}: 0`);
        if (expected !== 'budget') break;
      }
    }
  });
});

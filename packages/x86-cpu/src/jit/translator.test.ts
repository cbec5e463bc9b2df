/** Translated blocks do what the interpreting machine does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import type { Decoded } from '../decode/decoded.js';
import { NumberMachine } from '../semantics/number-machine.js';
import {
  CODE_AT,
  decodeBytes,
  faultOf,
  instructionBytes,
  Lab,
  type LabState,
  labState,
  machineRows,
  sameRam,
} from '../testing/instruction-lab.js';
import { cpuImports } from './imports.js';
import { isTranslatable, translateBlock } from './translator.js';

const translated = new Lab();
const plain = new Lab();
const machine = new NumberMachine(plain.mem.memory, plain.cpu.memory);

/** Runs the block translated; returns how many instructions it executed. */
function runTranslated(block: readonly Decoded[]): number {
  const imports = cpuImports(translated.mem.memory, translated.cpu.memory);
  const module = new WebAssembly.Module(translateBlock(block, CODE_AT) as BufferSource);
  const { exports } = new WebAssembly.Instance(module, imports);
  return (exports.block as () => number)();
}

/** Executes the first `count` instructions one by one. */
function runPlain(block: readonly Decoded[], count: number): void {
  for (const decoded of block.slice(0, count)) machine.execute(decoded);
}

function compare(state: LabState, bytes: readonly number[], block: readonly Decoded[]): void {
  translated.prepare(state, bytes);
  plain.prepare(state, bytes);
  let executed = block.length;
  const found = faultOf(() => {
    executed = runTranslated(block);
  });
  const expected = faultOf(() => runPlain(block, executed));
  expect(`${found} ${translated.outcome()}`).toBe(`${expected} ${plain.outcome()}`);
  expect(sameRam(translated, plain)).toBe(true);
}

describe('a translated block', () => {
  it('does what the interpreting machine does, for random blocks on random states', () => {
    const rows = machineRows().map(instructionBytes);
    const instructions = fc.array(fc.oneof(...rows), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(labState, instructions, (state, encodings) => {
        const block = encodings.flatMap((bytes) => decodeBytes(bytes, state.codeSize) ?? []);
        compare(state, encodings.flat(), block);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('does what the interpreting machine does, for every row alone', () => {
    for (const row of machineRows()) {
      fc.assert(
        fc.property(labState, instructionBytes(row), (state, bytes) => {
          const decoded = decodeBytes(bytes, state.codeSize);
          fc.pre(decoded !== undefined);
          compare(state, bytes, [decoded]);
        }),
        { numRuns: 4, seed: 3 },
      );
    }
  });

  it('loops through memory and back to its start', () => {
    // EAX = 1 + 2 + 3 + 4: the bytes at 20000 on are written and then summed.
    const { bytes } = assemble('mov [edi], cl\nmovzx edx, byte ptr [edi]\nadd eax, edx\ninc edi\nloop $-9', {
      bits: 32,
    });
    const block: Decoded[] = [];
    for (let at = 0; at < bytes.length; ) {
      const decoded = decodeBytes([...bytes.subarray(at)], 32);
      if (!decoded || !isTranslatable(decoded)) throw new Error('not translatable');
      block.push(decoded);
      at += decoded.length;
    }
    const registers = [0, 4, 0, 0, 0, 0, 0, 0x2_0000];
    translated.prepare({ codeSize: 32, stackSize: 32, dataLimit: 0xffff_ffff, registers, eflags: 2 }, [
      ...bytes,
    ]);
    const imports = cpuImports(translated.mem.memory, translated.cpu.memory);
    const module = new WebAssembly.Module(translateBlock(block, CODE_AT) as BufferSource);
    const run = new WebAssembly.Instance(module, imports).exports.block as () => number;
    for (let i = 0; i < 4; i++) expect(run()).toBe(block.length);
    expect(translated.cpu.eax).toBe(10);
    expect([...translated.mem.readBytes(0x2_0000, 4)]).toEqual([4, 3, 2, 1]);
    expect(translated.cpu.eip).toBe(CODE_AT + bytes.length);
  });

  it('leaves EIP at the instruction that faults, with those before it done', () => {
    const block = ['40', 'f7f3', '40'].map((hex) =>
      decodeBytes(
        [...hex.matchAll(/../g)].map((b) => Number.parseInt(b[0], 16)),
        32,
      ),
    );
    const registers = [7, 0, 0, 0, 0, 0, 0, 0];
    translated.prepare({ codeSize: 32, stackSize: 32, dataLimit: 0xffff_ffff, registers, eflags: 2 }, []);
    expect(faultOf(() => runTranslated(block.flatMap((decoded) => decoded ?? [])))).toBe('#0(undefined)');
    expect(translated.cpu.eip).toBe(CODE_AT + 1);
    expect(translated.cpu.eax).toBe(8);
  });
});

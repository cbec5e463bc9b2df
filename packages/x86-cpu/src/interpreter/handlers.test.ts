/** Every handler does what the interpreting machine does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberMachine } from '../semantics/number-machine.js';
import { SystemNumberMachine } from '../semantics/system-number-machine.js';
import {
  decodeBytes,
  faultOf,
  instructionBytes,
  Lab,
  labState,
  sameRam,
} from '../testing/instruction-lab.js';
import { machineRows } from '../testing/map-rows.js';
import { handlerModule, PSEUDO } from './handler-module.js';
import { createInterpreter } from './interpreter.js';

const fast = new Lab();
const plain = new Lab();
const { cpu } = fast;
const interpreter = createInterpreter(
  {
    mem: fast.mem,
    access: cpu.memory,
    policy: undefined,
    breakpoints: cpu.breakpoints,
    features: cpu.model.rows,
    fetchAddress: (laddr) => cpu.memory.fetchAddress(laddr),
    readCode: (paddr) => cpu.memory.readCode(paddr),
    pageFlags: () => 0,
    isEventNear: () => false,
    dropWriteTags: (pfn) => cpu.tlb.dropWriteTags(fast.mem.hostOffset(pfn)),
  },
  new SystemNumberMachine(cpu, fast.mem.memory, cpu.memory),
);
const machine = new NumberMachine(plain.mem.memory, plain.cpu.memory);

describe('the dispatch loop', () => {
  it('is small enough for the good register allocator of V8', () => {
    expect(handlerModule().hotBytes).toBeLessThan(30_000);
  });
});

describe('a handler', () => {
  it.each(machineRows().map((row) => ({ ...row, name: row.row.text })))(
    'does what the interpreting machine does: $name ($opcode /$reg)',
    (row) => {
      fc.assert(
        fc.property(labState, instructionBytes(row), (state, bytes) => {
          const decoded = decodeBytes(bytes, state.codeSize);
          fc.pre(decoded !== undefined);
          expect(handlerModule().numberOf(decoded, cpu.model.rows)).not.toBe(PSEUDO.CALL_OUT);
          fast.prepare(state, bytes);
          plain.prepare(state, bytes);
          const found = faultOf(() => interpreter.run(1));
          const expected = faultOf(() => machine.execute(decoded));
          expect(`${found} ${fast.outcome()}`).toBe(`${expected} ${plain.outcome()}`);
          expect(sameRam(fast, plain)).toBe(true);
        }),
        { numRuns: 40, seed: 1 },
      );
    },
  );
});

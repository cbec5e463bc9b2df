/** The translator: a basic block of decoded instructions to one Wasm function, from the same semantics. */
import type { Decoded } from '../decode/decoded.js';
import { BlockMachine } from './block-machine.js';
import { constant } from './expr.js';
import { OP } from './wasm/instructions.js';
import { encodeModule } from './wasm/module.js';
import { I32 } from './wasm/types.js';
import { IMPORTS } from './wasm-machine.js';

/** Whether an instruction may be part of a translated block: system rows may not. */
export function isTranslatable(decoded: Decoded): boolean {
  return decoded.insn.semantics !== undefined;
}

/**
 * Translates instructions that follow each other from `eip` on; control may leave at any of them.
 *
 * The module imports `cpu.memory` and the functions of `IMPORTS`, and exports `block`: it executes the block
 * on the CPU state, leaves EIP at what comes next, and returns how many instructions it executed. An imported
 * function may throw: EIP is then at the instruction that faulted, and only those before it have had effect.
 *
 * The code must stay as it is while the block runs: a store into the block itself is not noticed.
 */
export function translateBlock(instructions: readonly Decoded[], eip: number): Uint8Array {
  const machine = new BlockMachine();
  let at = eip;
  let done = 0;
  for (const decoded of instructions) {
    machine.instruction(decoded, at, done++);
    at = (at + decoded.length) | 0;
  }
  machine.leave(constant(at), done);
  const type = { params: [], results: [I32] };
  const func = { type, locals: machine.localCount, body: [machine.code, OP.unreachable] };
  return encodeModule({
    imports: IMPORTS,
    funcs: [func],
    table: [],
    exports: [{ name: 'block', func: IMPORTS.length }],
  });
}

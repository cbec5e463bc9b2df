/** The interpreting machine with the whole CPU behind it: it executes system rows too. */
import type { Cpu } from '../cpu.js';
import type { Decoded } from '../decode/decoded.js';
import type { Operand } from './machine.js';
import { type MemoryAccess, NumberMachine } from './number-machine.js';
import type { SystemMachine } from './system-machine.js';

/** Executes every row. */
export class SystemNumberMachine extends NumberMachine implements SystemMachine {
  constructor(
    readonly cpu: Cpu,
    memory: WebAssembly.Memory,
    access: MemoryAccess,
  ) {
    super(memory, access);
  }

  protected override perform(decoded: Decoded, operands: Operand<number>[]): void {
    if (decoded.insn.system) decoded.insn.system(this, ...operands);
    else super.perform(decoded, operands);
  }
}

/** Tests' way to run a real-mode program on a PC. */
import { createPhysMem } from '@kexec/phys-mem';
import { assemble, CS, DS, ES, SS } from '@kexec/x86-cpu';
import { createPc, type Pc } from '../pc.js';
import type { PcOptions } from '../pc-options.js';
import type { PcStop } from '../pc-stop.js';

/** Where the program begins, in segment 0. */
export const ENTRY = 0x8000;
const LIMIT = 1_000_000;

/** A PC and what can be seen of it. */
export interface Machine {
  readonly pc: Pc;
  /** What the guest has sent on ttyS0. */
  text(): string;
  word(paddr: number): number;
}

/** A PC about to execute a real-mode program at 0000:8000, its stack below. */
export function boot(program: string, options: Partial<PcOptions> = {}): Machine {
  const mem = options.mem ?? createPhysMem({ ramBytes: 2 << 20 });
  const serial: number[] = [];
  const pc = createPc({ mem, onSerial: (byte) => serial.push(byte), ...options });
  mem.writeBytes(ENTRY, assemble(program, { origin: ENTRY, bits: 16 }).bytes);
  for (const segment of [CS, DS, ES, SS]) {
    pc.cpu.setSegment(segment, { selector: 0, attributes: 0x93, base: 0, limit: 0xffff });
  }
  pc.cpu.esp = ENTRY;
  pc.cpu.eip = ENTRY;
  return { pc, text: () => String.fromCharCode(...serial), word: (paddr) => mem.read16(paddr) };
}

/** Boots a program and runs it for a million instructions at most. */
export function run(program: string, options: Partial<PcOptions> = {}): { machine: Machine; stop: PcStop } {
  const machine = boot(program, options);
  return { machine, stop: machine.pc.run({ instructions: LIMIT }) };
}

/** Tests' way to make BIOS calls: register values in, INT, register values out. */
import type { PcOptions } from '../pc-options.js';
import { boot, type Machine } from './real-mode.js';

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'] as const;
/** Where the program leaves what came back. */
const RESULT_PADDR = 0x600;
/** Memory that tests hand to calls, at 0000:1000. */
export const BUFFER = 0x1000;
const LIMIT = 1_000_000;

/** Registers to call with; all others are 0. */
export type CallRegisters = Partial<Record<(typeof REGISTERS)[number], number>>;

/** What a call has left. */
export interface CallResult {
  readonly eax: number;
  readonly ax: number;
  readonly ebx: number;
  readonly bx: number;
  readonly ecx: number;
  readonly cx: number;
  readonly edx: number;
  readonly dx: number;
  readonly ebp: number;
  readonly es: number;
  readonly carry: boolean;
  readonly zero: boolean;
}

/** A machine on which one call follows the other. */
export interface BiosCaller extends Machine {
  /** INT with DS, ES and SS 0. Throws when the call does not come back. */
  call(vector: number, registers: CallRegisters): CallResult;
}

/** A PC whose next calls are made from 0000:8000. */
export function biosCaller(options: Partial<PcOptions> = {}): BiosCaller {
  const machine = boot(program(0x10), options);
  const { pc } = machine;
  const { mem, cpu } = pc;
  return {
    ...machine,
    call: (vector, registers) => {
      cpu.eip = 0x8000;
      mem.write8(0x8001, vector);
      for (const name of REGISTERS) cpu[name] = registers[name] ?? 0;
      const stop = pc.run({ instructions: LIMIT });
      if (stop.kind !== 'halted-forever') throw new Error(`INT ${vector.toString(16)} ended in ${stop.kind}`);
      return result((offset) => mem.read32(RESULT_PADDR + offset));
    },
  };
}

function program(vector: number): string {
  return `
        int ${vector}
        pushfd
        push es
        push word 0
        pop es
        mov [${RESULT_PADDR}], eax
        mov [${RESULT_PADDR + 4}], ebx
        mov [${RESULT_PADDR + 8}], ecx
        mov [${RESULT_PADDR + 12}], edx
        mov [${RESULT_PADDR + 16}], ebp
        pop word [${RESULT_PADDR + 20}]
        pop dword [${RESULT_PADDR + 24}]
        cli
        hlt`;
}

function result(dword: (offset: number) => number): CallResult {
  const [eax, ebx, ecx, edx, ebp] = [dword(0), dword(4), dword(8), dword(12), dword(16)];
  const flags = dword(24);
  return {
    eax,
    ax: eax & 0xffff,
    ebx,
    bx: ebx & 0xffff,
    ecx,
    cx: ecx & 0xffff,
    edx,
    dx: edx & 0xffff,
    ebp,
    es: dword(20) & 0xffff,
    carry: (flags & 1) !== 0,
    zero: (flags & 0x40) !== 0,
  };
}

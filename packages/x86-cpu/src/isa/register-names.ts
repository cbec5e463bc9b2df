/** Register names, in ModRM order, as assembler and disassembler write them. */
import type { Size } from '../semantics/machine.js';

/** General registers by width. */
export const GENERAL_REGISTER_NAMES: Readonly<Record<Size, readonly string[]>> = {
  8: ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'],
  16: ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'],
  32: ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'],
};

export const SEGMENT_REGISTER_NAMES: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

/** A register as a source text names it. */
export interface NamedRegister {
  readonly kind: 'general' | 'segment' | 'control' | 'debug' | 'test' | 'x87' | 'mmx' | 'xmm';
  /** Of a general register; 0 for an x87 register, which is no integer. */
  readonly size: Size | 0;
  readonly index: number;
}

/** Every register by its lower-case name. */
export const REGISTERS: ReadonlyMap<string, NamedRegister> = new Map(namedRegisters());

function* namedRegisters(): Generator<[string, NamedRegister]> {
  for (const size of [8, 16, 32] as const) {
    for (const [index, name] of GENERAL_REGISTER_NAMES[size].entries()) {
      yield [name, { kind: 'general', size, index }];
    }
  }
  for (const [index, name] of SEGMENT_REGISTER_NAMES.entries())
    yield [name, { kind: 'segment', size: 16, index }];
  yield ['st', { kind: 'x87', size: 0, index: 0 }];
  for (let index = 0; index < 8; index++) {
    yield [`cr${index}`, { kind: 'control', size: 32, index }];
    yield [`dr${index}`, { kind: 'debug', size: 32, index }];
    yield [`tr${index}`, { kind: 'test', size: 32, index }];
    yield [`st${index}`, { kind: 'x87', size: 0, index }];
    yield [`mm${index}`, { kind: 'mmx', size: 32, index }];
    yield [`xmm${index}`, { kind: 'xmm', size: 32, index }];
  }
}

/** Tests of EFLAGS: the lazy form holds every combination, also those that no result has. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import {
  ARITHMETIC_FLAGS,
  CF,
  changeEflags,
  EFLAGS_FIXED,
  hasFlag,
  IF,
  IOPL,
  iopl,
  OF,
  PF,
  readEflags,
  SF,
  writeEflags,
  ZF,
} from './eflags.js';
import { FLAG_AUX, FLAG_RESULT } from './layout.js';
import { Registers } from './registers.js';

const makeRegisters = () => new Registers(createPhysMem({ ramBytes: 0x1000 }).memory);

describe('EFLAGS', () => {
  it('reads back every combination of the six arithmetic flags', () => {
    const registers = makeRegisters();
    for (let word = 0; word <= ARITHMETIC_FLAGS; word++) {
      if ((word & ~ARITHMETIC_FLAGS) !== 0) continue;
      writeEflags(registers, word | IF);
      expect(readEflags(registers)).toBe(word | IF | EFLAGS_FIXED);
    }
  });

  it('derives ZF, SF and PF from the last result, CF and OF from its carries', () => {
    const registers = makeRegisters();
    const flagsOf = (result: number, aux: number) => {
      registers.set(FLAG_RESULT, result);
      registers.set(FLAG_AUX, aux);
      return readEflags(registers) & ARITHMETIC_FLAGS;
    };
    expect(flagsOf(0, 0)).toBe(ZF | PF);
    expect(flagsOf(-1, 0)).toBe(SF | PF);
    expect(flagsOf(0x101, 0)).toBe(0);
    // FFFFFFFF + 1: bit 30 is CF ^ OF, so a carry without overflow sets both.
    expect(flagsOf(0, 0xc000_0000)).toBe(ZF | PF | CF);
    expect(flagsOf(1, 0x8000_0000)).toBe(CF | OF);
    expect(flagsOf(1, 0x4000_0000)).toBe(OF);
  });

  it('changes the bits of the mask and no others', () => {
    const registers = makeRegisters();
    writeEflags(registers, CF | IF);
    changeEflags(registers, IOPL, IOPL | IF);
    expect(readEflags(registers)).toBe(CF | IOPL | EFLAGS_FIXED);
    expect([iopl(registers), hasFlag(registers, IF)]).toEqual([3, false]);
    changeEflags(registers, ZF, ZF | CF);
    expect(readEflags(registers)).toBe(ZF | IOPL | EFLAGS_FIXED);
  });
});

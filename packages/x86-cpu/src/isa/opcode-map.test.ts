/** The opcode maps as wholes: no row contradicts itself. */
import { describe, expect, it } from 'vitest';
import { isChoice, leavesOf } from './choice.js';
import type { Insn, OpcodeMap } from './insn.js';
import { isGroup, LOCK, mnemonicOf, REP } from './insn.js';
import { OPCODE_MAP } from './opcode-map.js';
import { OPCODE_MAP_0F } from './opcode-map-0f.js';

function rowsOf(map: OpcodeMap): Insn[] {
  return map.flatMap((entry) => [...leavesOf(entry)].map(({ row }) => row));
}

const rows = [...rowsOf(OPCODE_MAP), ...rowsOf(OPCODE_MAP_0F)];

function rowOf(map: OpcodeMap, opcode: number): Insn | undefined {
  const entry = map[opcode];
  return entry === undefined || isGroup(entry) || isChoice(entry) ? undefined : entry;
}

describe('the opcode maps', () => {
  it('leave out prefixes and the 0F escape, which are no opcodes', () => {
    for (const prefix of [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]) {
      expect(OPCODE_MAP[prefix]).toBeUndefined();
    }
  });

  it('fill every other one-byte opcode', () => {
    expect(OPCODE_MAP.filter((entry) => entry === undefined)).toHaveLength(12);
  });

  it('give every row exactly one semantics', () => {
    for (const row of rows) {
      expect([row.text, (row.semantics === undefined) !== (row.system === undefined)]).toEqual([
        row.text,
        true,
      ]);
    }
  });

  it('allow LOCK only where the destination can be memory', () => {
    const locked = rows.filter((row) => (row.flags & LOCK) !== 0);
    expect(locked.every((row) => ['E', 'M'].includes(row.operands[0]?.method ?? ''))).toBe(true);
    // SDM Vol. 2A, "LOCK": these and no others.
    expect([...new Set(locked.map((row) => row.mnemonic))].sort()).toEqual(
      [
        'ADC',
        'ADD',
        'AND',
        'BTC',
        'BTR',
        'BTS',
        'CMPXCHG',
        'CMPXCHG8B',
        'DEC',
        'INC',
        'NEG',
        'NOT',
        'OR',
        'SBB',
      ]
        .concat(['SUB', 'XADD', 'XCHG', 'XOR'])
        .sort(),
    );
  });

  it('repeat the seven string instructions and no others', () => {
    const repeated = rows.filter((row) => (row.flags & REP) !== 0);
    const names = repeated.map((row) => row.mnemonic.slice(0, -1));
    expect([...new Set(names)].sort()).toEqual(['CMPS', 'INS', 'LODS', 'MOVS', 'OUTS', 'SCAS', 'STOS']);
  });

  it('name a row by its operand size, JCXZ by its address size', () => {
    const names = (opcode: number) => {
      const row = rowOf(OPCODE_MAP, opcode);
      return row && [mnemonicOf(row, 16, 32), mnemonicOf(row, 32, 16)];
    };
    expect(names(0xa5)).toEqual(['MOVSW', 'MOVSD']);
    expect(names(0xe3)).toEqual(['JECXZ', 'JCXZ']);
    expect(names(0x01)).toEqual(['ADD', 'ADD']);
  });
});

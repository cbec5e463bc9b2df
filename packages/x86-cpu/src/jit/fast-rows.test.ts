/** The tables of fast ways against the opcode maps. */
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../isa/choice.js';
import { ALL_FEATURES, X87 } from '../isa/insn.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';
import { FAST_ROWS, fastSemanticsOf } from './fast-rows.js';

const rows = [...OPCODE_MAP, ...OPCODE_MAP_0F].flatMap((entry) => [...leavesOf(entry)].map(({ row }) => row));

describe('a fast way', () => {
  it.each(FAST_ROWS.map((text) => ({ text })))(
    '$text stands beside a row that the interpreting machine executes',
    ({ text }) => {
      expect(rows.some((row) => row.text === text && row.system !== undefined)).toBe(true);
    },
  );

  it('is none for the x87 of a processor without one', () => {
    const fadd = rows.filter((row) => row.text === 'FADD m64fp');
    expect(fadd.map((row) => fastSemanticsOf(row, ALL_FEATURES))).toEqual([undefined]);
    expect(fadd.map((row) => typeof fastSemanticsOf(row, ALL_FEATURES | X87))).toEqual(['function']);
  });
});

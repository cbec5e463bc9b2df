/** The rows of both opcode maps, with the bytes that lead to each. */
import { leavesOf } from '../isa/choice.js';
import type { Insn, OpcodeMap } from '../isa/insn.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';

/** A row, and the bytes that lead to it. */
export interface RowBytes {
  readonly row: Insn;
  /** Opcode bytes; a group's row fixes ModRM.reg too. */
  readonly opcode: readonly number[];
  readonly reg: number | undefined;
}

/** Every row over any machine. */
export function machineRows(): RowBytes[] {
  return allRows().filter(({ row }) => row.semantics);
}

/** Every row. */
export function allRows(): RowBytes[] {
  return [...rowsOf(OPCODE_MAP, []), ...rowsOf(OPCODE_MAP_0F, [0x0f])];
}

function* rowsOf(map: OpcodeMap, escapeBytes: readonly number[]): Iterable<RowBytes> {
  for (const [code, entry] of map.entries()) {
    const opcode = [...escapeBytes, code];
    for (const { row, reg, prefix } of leavesOf(entry)) {
      yield { row, opcode: prefix ? [prefix, ...opcode] : opcode, reg };
    }
  }
}

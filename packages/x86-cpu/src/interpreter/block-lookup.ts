/** Looking an EIP up in the block table, as code. */
import { binary, constant, type Expr, expr } from '../jit/expr.js';
import { i32Const, memarg, OP } from '../jit/wasm/instructions.js';
import {
  BLOCK_ENTRY_SHIFT,
  BLOCK_FOLD_SHIFT,
  BLOCK_INDEX_MASK,
  BLOCK_KEY,
  BLOCK_KEY_FIELD,
} from './record.js';

/** The offset of the table's entry for `eip`, which is bound already. */
export function blockEntry(eip: Expr): Expr {
  const folded = binary('i32.xor', eip, binary('i32.shr_u', eip, constant(BLOCK_FOLD_SHIFT)));
  const index = binary('i32.and', folded, constant(BLOCK_INDEX_MASK));
  return binary('i32.shl', index, constant(BLOCK_ENTRY_SHIFT));
}

/** Whether the entry is for `eip` in the mode that holds; both are bound already. */
export function isEntryOf(entry: Expr, eip: Expr): Expr {
  const found = [entry.code, OP['i64.load'], memarg(BLOCK_KEY_FIELD)];
  const key = [i32Const(0), OP['i64.load'], memarg(BLOCK_KEY)];
  const wanted = [eip.code, OP['i64.extend_i32_u'], key, OP['i64.or']];
  return expr(found, wanted, OP['i64.eq']);
}

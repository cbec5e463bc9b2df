/** The semantics whose handlers stand inside the dispatch loop itself; all others are functions of their own. */
import * as arith from '../semantics/arith.js';
import * as bits from '../semantics/bits.js';
import * as branch from '../semantics/branch.js';
import { COND } from '../semantics/condition.js';
import * as logic from '../semantics/logic.js';
import type { Semantics } from '../semantics/machine.js';
import * as move from '../semantics/move.js';
import * as muldiv from '../semantics/muldiv.js';
import * as shift from '../semantics/shift.js';
import * as stack from '../semantics/stack.js';
import type { Handler } from './handler-table.js';

const CONDITIONS = Object.values(COND);

/** Hot in every form. */
const EVERYWHERE: ReadonlySet<Semantics> = new Set<Semantics>([
  ...[arith.add, arith.sub, arith.cmp, logic.test],
  ...[move.mov, move.movzx, move.movsx, move.lea, move.nop],
  ...[stack.push, stack.pop, stack.leave, branch.jmp, branch.ret],
  ...CONDITIONS.map((cond) => branch.jcc(cond)),
]);

/** Hot unless they read, change and write memory, or are narrow. */
const ON_REGISTERS: ReadonlySet<Semantics> = new Set<Semantics>([
  ...[arith.adc, arith.sbb, arith.inc, arith.dec, arith.neg],
  ...[logic.and, logic.or, logic.xor, logic.not],
  ...[shift.shl, shift.shr, shift.sar, shift.rol, shift.ror],
  ...[move.xchg, move.cwd, muldiv.mul, muldiv.imul2, branch.call, bits.bsf, bits.bsr],
  ...[COND.Z, COND.NZ, COND.B, COND.NBE].map((cond) => move.setcc(cond)),
]);

const READS_FIRST_OPERAND: ReadonlySet<Semantics> = new Set([arith.cmp, logic.test, move.mov]);

/**
 * Whether the handler is one of the common ones of 32-bit code.
 *
 * Beyond some 30 KB of code in one function V8 takes a weaker register allocator, and all arms lose a third:
 * what is added here must be worth that room.
 */
export function isHot({ semantics, form }: Handler): boolean {
  const { operands } = form;
  if (form.operandSize !== 32 || form.addressSize !== 32) return false;
  if (operands.some(({ size }) => size === 16)) return false;
  const updatesMemory = operands[0]?.kind === 'memory' && !READS_FIRST_OPERAND.has(semantics);
  if (EVERYWHERE.has(semantics)) return !updatesMemory || operands[0]?.size === 32;
  return (
    ON_REGISTERS.has(semantics) &&
    !operands.some(({ kind, size }, i) => kind === 'memory' && (i === 0 || size === 8))
  );
}

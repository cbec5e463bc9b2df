/** CLI, STI, PUSHF and POPF where IF is the program's own: neither virtual-8086 mode nor VIF, and nothing waits. */
import { arithmeticFlags, setArithmeticFlags } from '../../semantics/flags.js';
import { pushValue, setStackPointer, stackOffset } from '../../semantics/stack.js';
import {
  AC,
  ARITHMETIC_FLAGS,
  DF,
  EFLAGS_FIXED,
  ID,
  IF,
  IOPL_SHIFT,
  NT,
  RF,
  TF,
  VM,
} from '../../state/eflags.js';
import { CPL, EFLAGS_REST, EVENT_NEAR, SS } from '../../state/layout.js';
import { type Expr, hostLoad } from '../expr.js';
import type { FastInsn } from '../fast-insn.js';

/** What POPF of the fast way may change beside the arithmetic flags; all else must be as it was. */
const POPPED = IF | DF;
const ALIKE = TF | (3 << IOPL_SHIFT) | NT | AC | ID;

export function pushf({ m }: FastInsn): void {
  const rest = m.get(EFLAGS_REST);
  m.leaveIf(m.and(rest, m.int(VM)));
  const image = m.and(rest, m.int(~(VM | RF | ARITHMETIC_FLAGS)));
  pushValue(m, m.let(m.or(m.or(image, m.int(EFLAGS_FIXED)), arithmeticFlags(m))));
}

export function popf({ m }: FastInsn): void {
  const rest = ownInterruptFlag(m);
  const popped = m.let(hostLoad(m.reach(SS, stackOffset(m, 0), 32, false), 32));
  m.leaveIf(m.and(m.xor(popped, rest), m.int(ALIKE)));
  leaveIfEnabled(m, rest, popped);
  setStackPointer(m, stackOffset(m, 4));
  m.set(EFLAGS_REST, m.or(m.and(rest, m.int(~POPPED)), m.and(popped, m.int(POPPED))));
  setArithmeticFlags(m, popped);
}

export function cli({ m }: FastInsn): void {
  m.set(EFLAGS_REST, m.and(ownInterruptFlag(m), m.int(~IF)));
}

/** Interrupts stay off until after the next instruction: it must come in the same slice, and nothing may wait. */
export function sti({ m }: FastInsn): void {
  const rest = ownInterruptFlag(m);
  leaveIfEnabled(m, rest, m.int(IF));
  m.leaveIfLast();
  m.set(EFLAGS_REST, m.or(rest, m.int(IF)));
}

/** EFLAGS_REST, of a program that may change IF. */
function ownInterruptFlag(m: FastInsn['m']): Expr {
  const rest = m.get(EFLAGS_REST);
  const iopl = m.and(m.shrU(rest, m.int(IOPL_SHIFT)), m.int(3));
  m.leaveIf(m.or(m.and(rest, m.int(VM)), m.gtU(m.get(CPL), iopl)));
  return rest;
}

/** Leaves an instruction that sets IF while an interrupt, or anything like it, may be waiting for that. */
function leaveIfEnabled(m: FastInsn['m'], rest: Expr, wanted: Expr): void {
  const isEnabled = m.ne(m.and(m.and(wanted, m.int(IF)), m.xor(rest, m.int(-1))), m.int(0));
  m.leaveIf(m.and(isEnabled, m.get(EVENT_NEAR)));
}

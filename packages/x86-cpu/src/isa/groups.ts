/** Opcode extensions: the groups whose row is chosen by ModRM.reg (SDM Vol. 2D, A.4, Table A-6). */
import * as arith from '../semantics/arith.js';
import * as bits from '../semantics/bits.js';
import * as branch from '../semantics/branch.js';
import * as far from '../semantics/far.js';
import * as logic from '../semantics/logic.js';
import * as move from '../semantics/move.js';
import * as muldiv from '../semantics/muldiv.js';
import * as shift from '../semantics/shift.js';
import * as stack from '../semantics/stack.js';
import * as system from '../semantics/system.js';
import type { Group } from './insn.js';
import { CX8, I486, insn, LOCK, systemInsn, UNDOCUMENTED } from './insn.js';

/** Group 1, opcodes 80 to 83: the operands differ, the eight operations do not. */
function group1(operands: string): Group {
  return [
    insn(`ADD ${operands}`, arith.add, LOCK),
    insn(`OR ${operands}`, logic.or, LOCK),
    insn(`ADC ${operands}`, arith.adc, LOCK),
    insn(`SBB ${operands}`, arith.sbb, LOCK),
    insn(`AND ${operands}`, logic.and, LOCK),
    insn(`SUB ${operands}`, arith.sub, LOCK),
    insn(`XOR ${operands}`, logic.xor, LOCK),
    insn(`CMP ${operands}`, arith.cmp),
  ];
}

export const GROUP_1_EB_IB = group1('Eb,Ib');
export const GROUP_1_EV_IZ = group1('Ev,Iz');
export const GROUP_1_EV_SIB = group1('Ev,sIb');

/** Group 1A, opcode 8F. */
export const GROUP_1A: Group = [
  insn('POP Ev', stack.pop), //
];

/** Group 2, opcodes C0, C1 and D0 to D3. /6 is an alias of /4 in silicon. */
function group2(operands: string): Group {
  return [
    insn(`ROL ${operands}`, shift.rol),
    insn(`ROR ${operands}`, shift.ror),
    insn(`RCL ${operands}`, shift.rcl),
    insn(`RCR ${operands}`, shift.rcr),
    insn(`SHL ${operands}`, shift.shl),
    insn(`SHR ${operands}`, shift.shr),
    insn(`SHL ${operands}`, shift.shl, UNDOCUMENTED),
    insn(`SAR ${operands}`, shift.sar),
  ];
}

export const GROUP_2_EB_IB = group2('Eb,Ib');
export const GROUP_2_EV_IB = group2('Ev,Ib');
export const GROUP_2_EB_1 = group2('Eb,1');
export const GROUP_2_EV_1 = group2('Ev,1');
export const GROUP_2_EB_CL = group2('Eb,CL');
export const GROUP_2_EV_CL = group2('Ev,CL');

/** Group 3, opcodes F6 and F7. /1 is an alias of /0 in silicon. */
function group3(operand: string, immediate: string): Group {
  return [
    insn(`TEST ${operand},${immediate}`, logic.test),
    insn(`TEST ${operand},${immediate}`, logic.test, UNDOCUMENTED),
    insn(`NOT ${operand}`, logic.not, LOCK),
    insn(`NEG ${operand}`, arith.neg, LOCK),
    insn(`MUL ${operand}`, muldiv.mul),
    insn(`IMUL ${operand}`, muldiv.imul),
    insn(`DIV ${operand}`, muldiv.div),
    insn(`IDIV ${operand}`, muldiv.idiv),
  ];
}

export const GROUP_3_EB = group3('Eb', 'Ib');
export const GROUP_3_EV = group3('Ev', 'Iz');

/** Group 4, opcode FE. */
export const GROUP_4: Group = [
  insn('INC Eb', arith.inc, LOCK), //
  insn('DEC Eb', arith.dec, LOCK),
];

/** Group 5, opcode FF. */
export const GROUP_5: Group = [
  insn('INC Ev', arith.inc, LOCK),
  insn('DEC Ev', arith.dec, LOCK),
  insn('CALL Ev', branch.call),
  systemInsn('CALL Mp', far.callFar),
  insn('JMP Ev', branch.jmp),
  systemInsn('JMP Mp', far.jmpFar),
  insn('PUSH Ev', stack.push),
];

/** Group 6, opcode 0F 00. */
export const GROUP_6: Group = [
  systemInsn('SLDT Mw/Rv', system.sldt),
  systemInsn('STR Mw/Rv', system.str),
  systemInsn('LLDT Ew', system.lldt),
  systemInsn('LTR Ew', system.ltr),
  systemInsn('VERR Ew', system.verr),
  systemInsn('VERW Ew', system.verw),
];

/** Group 7, opcode 0F 01. */
export const GROUP_7: Group = [
  systemInsn('SGDT Ms', system.sgdt),
  systemInsn('SIDT Ms', system.sidt),
  systemInsn('LGDT Ms', system.lgdt),
  systemInsn('LIDT Ms', system.lidt),
  systemInsn('SMSW Mw/Rv', system.smsw),
  undefined,
  systemInsn('LMSW Ew', system.lmsw),
  systemInsn('INVLPG M', system.invlpg, I486),
];

/** Group 8, opcode 0F BA. */
export const GROUP_8: Group = [
  undefined,
  undefined,
  undefined,
  undefined,
  insn('BT Ev,Ib', bits.bt),
  insn('BTS Ev,Ib', bits.bts, LOCK),
  insn('BTR Ev,Ib', bits.btr, LOCK),
  insn('BTC Ev,Ib', bits.btc, LOCK),
];

/** Group 9, opcode 0F C7. */
export const GROUP_9: Group = [
  undefined, //
  insn('CMPXCHG8B Mq', arith.cmpxchg8b, LOCK | CX8),
];

/** Group 11, opcodes C6 and C7. */
export const GROUP_11_EB_IB: Group = [
  insn('MOV Eb,Ib', move.mov), //
];
export const GROUP_11_EV_IZ: Group = [
  insn('MOV Ev,Iz', move.mov), //
];

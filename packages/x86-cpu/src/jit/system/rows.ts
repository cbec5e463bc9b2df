/** The system rows that have a fast way, with a 32-bit operand size. */
import type { FastSemantics } from '../fast-insn.js';
import { cli, popf, pushf, sti } from './flag-insns.js';
import { moveFromSegment, moveToSegment, popSegment, pushSegment } from './segment-insns.js';

export const SYSTEM_FAST: Readonly<Record<string, FastSemantics>> = {
  CLI: cli,
  STI: sti,
  'PUSHF/PUSHFD Fv': pushf,
  'POPF/POPFD Fv': popf,
  'PUSH ES': pushSegment,
  'PUSH CS': pushSegment,
  'PUSH SS': pushSegment,
  'PUSH DS': pushSegment,
  'PUSH FS': pushSegment,
  'PUSH GS': pushSegment,
  'POP ES': popSegment,
  'POP DS': popSegment,
  'POP FS': popSegment,
  'POP GS': popSegment,
  'MOV Mw/Rv,Sw': moveFromSegment,
  'MOV Sw,Ew': moveToSegment,
};

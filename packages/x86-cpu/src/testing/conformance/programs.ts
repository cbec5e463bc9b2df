/** All conformance programs. */
import type { Program, ProgramTable } from './program.js';
import { BOARD } from './programs/board.js';
import { CODE } from './programs/code.js';
import { DEBUG } from './programs/debug.js';
import { DEVICES } from './programs/devices.js';
import { FAULTS } from './programs/faults.js';
import { FLOATING_POINT } from './programs/floating-point.js';
import { IDENTITY } from './programs/identity.js';
import { INTERRUPTS } from './programs/interrupts.js';
import { PAGING } from './programs/paging.js';
import { SEGMENTS } from './programs/segments.js';
import { STACK } from './programs/stack.js';
import { TASKS } from './programs/tasks.js';
import { TRANSFERS } from './programs/transfers.js';
import { VIRTUAL } from './programs/virtual.js';
import { X87 } from './programs/x87.js';

export const TABLES: readonly ProgramTable[] = [
  PAGING,
  SEGMENTS,
  STACK,
  TRANSFERS,
  TASKS,
  VIRTUAL,
  FAULTS,
  DEBUG,
  INTERRUPTS,
  FLOATING_POINT,
  X87,
  IDENTITY,
  CODE,
  BOARD,
  DEVICES,
];
export const PROGRAMS: readonly Program[] = TABLES.flatMap(({ programs }) => programs);
/** Those that want no board but the least of one. */
export const CPU_PROGRAMS: readonly Program[] = PROGRAMS.filter(({ board }) => board === undefined);

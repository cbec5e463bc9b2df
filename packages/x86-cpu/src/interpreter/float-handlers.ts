/** Handlers of the x87 and multimedia rows that have a fast way: whatever it leaves is called out to the row. */
import type { Decoded } from '../decode/decoded.js';
import { leavesOf } from '../isa/choice.js';
import { ALL_FEATURES, type Insn, type OpcodeMap, X87 } from '../isa/insn.js';
import type { OperandCode } from '../isa/operand.js';
import { type Expr, hostLoad, local } from '../jit/expr.js';
import { FastInsn, type FastOperand, type FastSemantics } from '../jit/fast-insn.js';
import { fastSemanticsOf } from '../jit/fast-rows.js';
import { floatFunctionIndex } from '../jit/float/functions.js';
import type { HandlerMachine } from './handler-machine.js';
import { ImmediateSlot, MemorySlot, RegisterSlot } from './handler-operands.js';
import { RECORD } from './handler-parameters.js';
import { RECORD_REGISTERS } from './record.js';
import { RecordStack } from './record-stack.js';

/** A row in its memory form, or in its register form. */
export interface FloatHandler {
  readonly row: Insn;
  readonly fast: FastSemantics;
  readonly inMemory: boolean;
}

const MEMORY_OR_REGISTER = ['E', 'Q', 'W'];

/** Handlers of all rows that have a fast way, each once. */
export function floatHandlers(maps: readonly OpcodeMap[]): FloatHandler[] {
  const handlers = new Map<string, FloatHandler>();
  for (const entry of maps.flat()) {
    for (const { row, mod } of leavesOf(entry)) {
      const fast = fastSemanticsOf(row, ALL_FEATURES | X87);
      if (!fast) continue;
      for (const inMemory of formsOf(row, mod)) {
        handlers.set(keyOf(row, inMemory), { row, fast, inMemory });
      }
    }
  }
  return [...handlers.values()];
}

function formsOf({ operands }: Insn, mod: 'memory' | 'register' | undefined): readonly boolean[] {
  if (mod !== undefined) return [mod === 'memory'];
  if (operands.some(({ method }) => method === 'M')) return [true];
  return operands.some(({ method }) => MEMORY_OR_REGISTER.includes(method)) ? [false, true] : [false];
}

function keyOf({ text }: Insn, inMemory: boolean): string {
  return `${text} ${inMemory}`;
}

/** Finds the place of an instruction's handler in the list; -1 for none. */
export function floatHandlerFinder(handlers: readonly FloatHandler[]): (decoded: Decoded) => number {
  const places = new Map(handlers.map(({ row, inMemory }, i) => [keyOf(row, inMemory), i]));
  return ({ insn, address }) => places.get(keyOf(insn, address !== undefined)) ?? -1;
}

/** @param firstFunction - number of the first floating-point function in the module */
export function emitFloatHandler(m: HandlerMachine, handler: FloatHandler, firstFunction: number): void {
  const host = {
    stack: new RecordStack(m),
    functionIndex: (name: Parameters<typeof floatFunctionIndex>[0]) =>
      firstFunction + floatFunctionIndex(name),
    once: (_: string, check: () => void) => check(),
  };
  handler.fast(new FastInsn(m, host, operandsOf(m, handler)));
  m.next();
}

/** Each takes the next slot of its kind in the record. */
function operandsOf(m: HandlerMachine, { row, inMemory }: FloatHandler): FastOperand[] {
  let registers = 0;
  let immediates = 0;
  const isMemory = (code: OperandCode) =>
    code.method === 'M' || (inMemory && MEMORY_OR_REGISTER.includes(code.method));
  return row.operands
    .filter(({ implied }) => !implied)
    .map((code): FastOperand => {
      if (isMemory(code)) return memoryOperand(m);
      switch (code.method) {
        case 'I':
          return { kind: 'immediate', value: new ImmediateSlot(m, 8, immediates++).read() };
        case 'ST0':
          registers++;
          return { kind: 'x87', index: 0 };
        case 'ST':
          return { kind: 'x87', index: slot(m, registers++) };
        case 'P':
        case 'Q':
        case 'N':
          return { kind: 'mmx', index: slot(m, registers++) };
        case 'V':
        case 'W':
        case 'U':
          return { kind: 'xmm', index: slot(m, registers++) };
        case 'S':
        case 'segment':
          return { kind: 'segment', index: slot(m, registers++) };
        default: {
          const size = code.width === 16 ? 16 : 32;
          return { kind: 'general', operand: new RegisterSlot(m, size, registers++) };
        }
      }
    });
}

/** 16 times the number of a register, or SEGMENT_BYTES times that of a segment register. */
function slot(m: HandlerMachine, place: number): Expr {
  return m.let(hostLoad(local(RECORD), 8, RECORD_REGISTERS + place));
}

function memoryOperand(m: HandlerMachine): FastOperand {
  const memory = new MemorySlot(m, 32);
  let offset: Expr | undefined;
  return {
    kind: 'memory',
    segment: memory.segment,
    offset: () => {
      offset ??= memory.offset();
      return offset;
    },
  };
}

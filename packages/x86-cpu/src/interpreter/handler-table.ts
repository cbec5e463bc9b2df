/** Which handler executes an instruction: every form that the opcode maps allow, each distinct one made once. */
import type { Decoded } from '../decode/decoded.js';
import { leavesOf } from '../isa/choice.js';
import { type Insn, type OpcodeMap, REP } from '../isa/insn.js';
import type { OperandCode, Width } from '../isa/operand.js';
import type { Semantics, Size } from '../semantics/machine.js';
import type { HandlerForm, OperandForm } from './handler-machine.js';

/** A semantics in one form. */
export interface Handler {
  readonly semantics: Semantics;
  readonly form: HandlerForm;
}

/** Finds out which attributes a semantics asks for in a form. */
type Probe = (handler: Handler) => ReadonlySet<keyof HandlerForm>;

const OPERAND_SIZES = [32, 16] as const;
const REPEATS = [0, 0xf3, 0xf2] as const;
const VARIANTS = 32;
/** No handler: the interpreting machine executes it. */
export const NO_HANDLER = -1;

/** Every handler, and the way from an instruction to its number. */
export class HandlerTable {
  readonly handlers: Handler[] = [];
  readonly #numbers = new Map<Insn, Int16Array>();
  readonly #known = new Map<string, number>();
  readonly #semantics = new Map<Semantics, number>();
  readonly #asked = new Map<string, ReadonlySet<keyof HandlerForm>>();
  readonly #probe: Probe;

  constructor(maps: readonly OpcodeMap[], probe: Probe) {
    this.#probe = probe;
    for (const row of rowsOf(maps)) if (row.semantics) this.#addRow(row, row.semantics);
  }

  /** The number of the handler that executes `decoded`, or NO_HANDLER. */
  numberOf(decoded: Decoded): number {
    const { operandSize, addressSize, rep, address, insn } = decoded;
    const variant = variantIndex(operandSize, addressSize, insn.flags & REP ? rep : 0, address !== undefined);
    return this.#numbers.get(insn)?.[variant] ?? NO_HANDLER;
  }

  #addRow(row: Insn, semantics: Semantics): void {
    const numbers = new Int16Array(VARIANTS).fill(NO_HANDLER);
    this.#numbers.set(row, numbers);
    for (const operandSize of OPERAND_SIZES) {
      for (const inMemory of memoryForms(row)) {
        const operands = operandForms(row, operandSize, inMemory);
        for (const addressSize of OPERAND_SIZES) {
          for (const rep of row.flags & REP ? REPEATS : [0 as const]) {
            const number = this.#number({ semantics, form: { operandSize, addressSize, rep, operands } });
            numbers[variantIndex(operandSize, addressSize, rep, inMemory)] = number;
          }
        }
      }
    }
  }

  /** Forms that differ only in what the semantics never asks for share a handler. */
  #number(handler: Handler): number {
    const { semantics, form } = handler;
    if (!this.#semantics.has(semantics)) this.#semantics.set(semantics, this.#semantics.size);
    const shape = form.operands.map(({ kind, size }) => kind + size).join();
    const family = `${this.#semantics.get(semantics)}:${shape}:${form.rep !== 0}`;
    let asked = this.#asked.get(family);
    if (!asked) {
      asked = this.#probe(handler);
      this.#asked.set(family, asked);
    }
    const matters = (name: 'operandSize' | 'addressSize' | 'rep') => (asked.has(name) ? form[name] : '');
    const key = `${family}:${matters('operandSize')}:${matters('addressSize')}:${matters('rep')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.handlers.length);
    return this.handlers.push(handler) - 1;
  }
}

function variantIndex(
  operandSize: 16 | 32,
  addressSize: 16 | 32,
  rep: 0 | 0xf2 | 0xf3,
  inMemory: boolean,
): number {
  const repeat = rep === 0 ? 0 : rep === 0xf3 ? 1 : 2;
  return (operandSize >> 5) | ((addressSize >> 5) << 1) | (repeat << 2) | (inMemory ? 16 : 0);
}

function rowsOf(maps: readonly OpcodeMap[]): Set<Insn> {
  const rows = new Set<Insn>();
  for (const entry of maps.flat()) for (const { row } of leavesOf(entry)) rows.add(row);
  return rows;
}

function memoryForms(row: Insn): readonly boolean[] {
  const methods = row.operands.map(({ method }) => method);
  if (methods.includes('M') || methods.includes('O')) return [true];
  return methods.includes('E') ? [false, true] : [false];
}

function operandForms(row: Insn, operandSize: 16 | 32, inMemory: boolean): OperandForm[] {
  const size = (width: Width): Size => (width === 'v' ? operandSize : width) || 32;
  const form = (code: OperandCode): OperandForm => {
    switch (code.method) {
      case 'E':
        if (inMemory) return { kind: 'memory', size: size(code.memoryWidth) };
        return { kind: 'register', size: size(code.width) };
      case 'M':
      case 'O':
        return { kind: 'memory', size: size(code.width) };
      case 'I':
        return { kind: 'immediate', size: code.signed ? operandSize : size(code.width) };
      case 'one':
        return { kind: 'immediate', size: 8 };
      case 'J':
        return { kind: 'relative', size: 32 };
      case 'G':
      case 'R':
      case 'register':
        return { kind: 'register', size: size(code.width) };
      default:
        throw new TypeError(`${row.text}: a row over any machine cannot have the operand ${code.text}`);
    }
  };
  return row.operands.filter((code) => !code.implied).map(form);
}

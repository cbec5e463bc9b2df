/** An instruction with a fast way under translation: its operands, and the ways to what it needs. */
import type { Operand, SegmentRef } from '../semantics/machine.js';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../state/control.js';
import { CR0, CR4, ST, XMM } from '../state/layout.js';
import { type Expr, expr, local } from './expr.js';
import type { FloatFunctionName } from './float/functions.js';
import type { StackIndex, X87Stack } from './float/x87-stack.js';
import { call, localGet, localSet, memarg, OP } from './wasm/instructions.js';
import { simd } from './wasm/typed.js';
import { F64, I32, I64, V128 } from './wasm/types.js';
import { type Code, u32 } from './wasm/values.js';
import type { WasmMachine } from './wasm-machine.js';

/** An operand of any kind that such instructions have. */
export type FastOperand =
  /** 16 bytes apart in the state; `index` is the register's number times 16. */
  | { readonly kind: 'xmm' | 'mmx'; readonly index: Expr }
  | { readonly kind: 'memory'; readonly segment: SegmentRef; readonly offset: () => Expr }
  | { readonly kind: 'general'; readonly operand: Operand<Expr> }
  | { readonly kind: 'immediate'; readonly value: Expr }
  | { readonly kind: 'x87'; readonly index: StackIndex }
  /** `index` is the register's number times SEGMENT_BYTES. */
  | { readonly kind: 'segment'; readonly index: Expr };

/** What the machine that emits the instruction has for it. */
export interface FastHost {
  readonly stack: X87Stack;
  /** The number of a function in the module. */
  functionIndex(name: FloatFunctionName): number;
  /** Emits a check unless code before it has made it. */
  once(what: 'sse', check: () => void): void;
}

/**
 * What an instruction does in the cases that are fast; all others it leaves to its row before it has changed
 * anything: `leaveIf` and `reach` come before the first write.
 */
export type FastSemantics = (f: FastInsn) => void;

/** A value of 64 or 128 bits, or a float, in a local. */
export interface Bound {
  readonly index: number;
  readonly get: Code;
}

/** Emits one instruction. */
export class FastInsn {
  readonly #host: FastHost;
  readonly #operands: readonly FastOperand[];

  constructor(
    readonly m: WasmMachine,
    host: FastHost,
    operands: readonly FastOperand[],
  ) {
    this.#host = host;
    this.#operands = operands;
  }

  get stack(): X87Stack {
    return this.#host.stack;
  }

  operand(position: number): FastOperand {
    const operand = this.#operands[position];
    if (!operand) throw new TypeError(`there is no operand ${position}`);
    return operand;
  }

  get operandCount(): number {
    return this.#operands.length;
  }

  leaveIf(condition: Code): void {
    this.m.leaveIf(expr(condition));
  }

  bind(type: number, value: Code): Bound {
    const index = this.m.newLocal(type);
    this.m.emit(value, localSet(index));
    return this.bound(index);
  }
  /** A local that has its value by other means. */
  bound(index: number): Bound {
    return { index, get: localGet(index) };
  }
  i32(value: Code): Expr {
    const index = this.m.newLocal(I32);
    this.m.emit(value, localSet(index));
    return local(index);
  }
  i64(value: Code): Bound {
    return this.bind(I64, value);
  }
  f64(value: Code): Bound {
    return this.bind(F64, value);
  }
  v128(value: Code): Bound {
    return this.bind(V128, value);
  }

  call(name: FloatFunctionName, ...operands: readonly Code[]): Code {
    return [operands, call(this.#host.functionIndex(name))];
  }

  /** #UD by EM or without OSFXSR, #NM by TS. */
  requireSse(): void {
    const { m } = this;
    this.#host.once('sse', () => {
      const task = m.and(m.get(CR0), m.int(CR0_EM | CR0_TS));
      const isEnabled = m.and(m.get(CR4), m.int(CR4_OSFXSR));
      m.leaveIf(m.or(task, m.eqz(isEnabled)));
    });
  }

  /** Host address of the memory operand; one of 128 bits that must be aligned and is not, is left. */
  reach(operand: FastOperand, bits: number, isWrite: boolean, isAligned = false): Expr {
    if (operand.kind !== 'memory') throw new TypeError('an operand that is no memory');
    const host = this.m.reach(operand.segment, operand.offset(), bits, isWrite);
    if (isAligned) this.m.leaveIf(this.m.and(host, this.m.int(15)));
    return host;
  }

  /** Where a register's low bytes are: an address and a constant to add. */
  place(operand: FastOperand): { address: Code; offset: number } {
    if (operand.kind !== 'xmm' && operand.kind !== 'mmx') throw new TypeError('no multimedia register');
    const base = operand.kind === 'xmm' ? XMM : ST;
    const { constant } = operand.index;
    if (constant !== undefined) return { address: this.m.int(0).code, offset: base + constant };
    return { address: operand.index.code, offset: base };
  }

  /** Loads from a register, or from memory, `bits` of which are read. */
  load(operand: FastOperand, load: Load, bits: number, isAligned = false, at = 0): Code {
    if (operand.kind === 'memory') {
      return loadCode(this.reach(operand, bits, false, isAligned).code, load, at);
    }
    const { address, offset } = this.place(operand);
    return loadCode(address, load, offset + at);
  }

  /** Stores to a register. */
  storeRegister(operand: FastOperand, value: Code, store: Store, at = 0): void {
    const { address, offset } = this.place(operand);
    this.m.emit(storeCode(address, value, store, offset + at));
  }
}

export type Load =
  | 'i32.load'
  | 'i64.load'
  | 'f32.load'
  | 'f64.load'
  | 'i64.load32_s'
  | 'i32.load16_s'
  | 'i32.load16_u'
  | VectorLoad;
type VectorLoad = 'v128.load' | 'v128.load32_zero' | 'v128.load64_zero';
export type Store = 'i32.store' | 'i32.store16' | 'i64.store' | 'f32.store' | 'f64.store' | 'v128.store';

export function loadCode(address: Code, load: Load, offset = 0): Code {
  if (load === 'v128.load' || load === 'v128.load32_zero' || load === 'v128.load64_zero') {
    return simd(load, [address], [0, u32(offset)]);
  }
  return [address, OP[load], memarg(offset)];
}

export function storeCode(address: Code, value: Code, store: Store, offset = 0): Code {
  if (store === 'v128.store') return simd(store, [address, value], [0, u32(offset)]);
  return [address, value, OP[store], memarg(offset)];
}

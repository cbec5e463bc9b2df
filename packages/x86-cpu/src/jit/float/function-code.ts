/** Bodies of functions in the making: statements, and locals of any type. */
import { i32Const, localGet, localSet, OP } from '../wasm/instructions.js';
import type { Func } from '../wasm/module.js';
import { op } from '../wasm/typed.js';
import { EMPTY, type FuncType, I32, I64 } from '../wasm/types.js';
import { type Code, flatten } from '../wasm/values.js';

/** A local, by its number. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

function localAt(index: number): Local {
  return { get: localGet(index), set: (value) => [value, localSet(index)] };
}

/** Collects the statements of one function. */
export class FunctionCode {
  readonly #type: FuncType;
  readonly #locals: number[] = [];
  readonly #code: Code[] = [];

  constructor(type: FuncType) {
    this.#type = type;
  }

  parameter(index: number): Local {
    return localAt(index);
  }

  /** A local without a value yet. */
  local(type: number): Local {
    return localAt(this.#type.params.length + this.#locals.push(type) - 1);
  }

  /** A local that holds a value. */
  i32(value: Code): Local {
    return this.#bound(I32, value);
  }
  i64(value: Code): Local {
    return this.#bound(I64, value);
  }
  bind(type: number, value: Code): Local {
    return this.#bound(type, value);
  }

  #bound(type: number, value: Code): Local {
    const local = this.local(type);
    this.emit(local.set(value));
    return local;
  }

  emit(...code: readonly Code[]): void {
    this.#code.push(...code);
  }

  if(condition: Code, then: () => void, otherwise?: () => void): void {
    this.emit(condition, [OP.if, EMPTY]);
    then();
    if (otherwise) {
      this.emit([OP.else]);
      otherwise();
    }
    this.emit([OP.end]);
  }

  loop(body: () => void): void {
    this.emit([OP.loop, EMPTY]);
    body();
    this.emit([OP.end]);
  }

  return(...values: readonly Code[]): void {
    this.emit(...values, [OP.return]);
  }

  func(): Func {
    return { type: this.#type, locals: this.#locals, body: flatten([this.#code, OP.unreachable]) };
  }
}

/** Choice between two values, both of them computed. */
export function select(condition: Code, whenTrue: Code, whenFalse: Code): Code {
  return op('select', whenTrue, whenFalse, condition);
}

/** a & mask */
export function masked(a: Code, mask: number): Code {
  return op('i32.and', a, i32Const(mask));
}

/** Floating point in a region: what of its state a block knows, and the operands of its instructions. */
import type { Decoded, DecodedOperand } from '../../decode/decoded.js';
import { SEGMENT_BYTES } from '../../state/layout.js';
import { constant, type Expr } from '../expr.js';
import { FastInsn, type FastOperand } from '../fast-insn.js';
import { operandsOf } from '../region-operands.js';
import type { WasmMachine } from '../wasm-machine.js';
import { type FloatFunctionName, floatFunctionIndex } from './functions.js';
import { type InsnPlace, RegionStack } from './region-stack.js';

const REGISTER_BYTES = 16;
/** Imports before the functions: emit-region.ts, RUN and GO. */
const IMPORTS_BEFORE = 2;

/** Belongs to the machine that emits a region. */
export class RegionFloat {
  readonly stack: RegionStack;
  /** Whether floating-point functions are called anywhere in the region. */
  callsFunctions = false;
  readonly #m: WasmMachine;
  readonly #checked = new Set<string>();

  constructor(m: WasmMachine, placeOf: () => InsnPlace) {
    this.#m = m;
    this.stack = new RegionStack(m, placeOf);
  }

  /** A block begins. */
  begin(): void {
    this.#checked.clear();
    this.stack.begin();
  }

  /** Puts the state where all other code expects it. */
  settle(): void {
    this.stack.settle();
    this.stack.begin();
  }

  instruction(decoded: Decoded): FastInsn {
    const host = {
      stack: this.stack,
      functionIndex: (name: FloatFunctionName) => {
        this.callsFunctions = true;
        return IMPORTS_BEFORE + floatFunctionIndex(name);
      },
      once: (what: string, check: () => void) => {
        if (!this.#checked.has(what)) check();
        this.#checked.add(what);
      },
    };
    return new FastInsn(
      this.#m,
      host,
      decoded.operands.map((operand) => this.#operand(decoded, operand)),
    );
  }

  #operand(decoded: Decoded, operand: DecodedOperand): FastOperand {
    const { kind } = operand;
    if (kind === 'xmm' || kind === 'mmx') return { kind, index: constant(REGISTER_BYTES * operand.index) };
    if (kind === 'x87') return { kind, index: operand.index };
    if (kind === 'segment') return { kind, index: constant(SEGMENT_BYTES * operand.index) };
    const [usual] = operandsOf(this.#m, { ...decoded, operands: [operand] }, undefined);
    if (!usual) throw new TypeError(`${decoded.insn.text} cannot be translated`);
    if (kind === 'register') return { kind: 'general', operand: usual };
    if (kind === 'immediate') return { kind, value: usual.read() };
    let offset: Expr | undefined;
    return {
      kind: 'memory',
      segment: usual.segment,
      offset: () => {
        offset ??= usual.offset();
        return offset;
      },
    };
  }
}

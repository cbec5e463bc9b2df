/** The translating machine: operands are constants of the code, one instruction of a basic block after another. */
import type { Decoded, EffectiveAddress } from '../decode/decoded.js';
import { segmentField } from '../interpreter/record.js';
import { DATA_SEGMENT, type Operand, type SegmentRef, type Size } from '../semantics/machine.js';
import { CS, EAX, EIP, SEGMENT_LIMIT } from '../state/layout.js';
import { binary, constant, type Expr, hostLoad, hostStore } from './expr.js';
import { i32Const, OP } from './wasm/instructions.js';
import type { Code } from './wasm/values.js';
import { WasmMachine } from './wasm-machine.js';

const GENERAL_PROTECTION = 13;

/** Emits the body of a function `() → instructions executed`. */
export class BlockMachine extends WasmMachine {
  #decoded: Decoded | undefined;
  #eip = 0;
  /** Instructions before the current one. */
  #done = 0;

  constructor() {
    super(0);
  }

  /** Emits one instruction that starts at `eip`, the `done`-th of its block. */
  instruction(decoded: Decoded, eip: number, done: number): void {
    if (!decoded.insn.semantics) throw new TypeError(`${decoded.insn.text} cannot be translated`);
    this.#decoded = decoded;
    this.#eip = eip;
    this.#done = done;
    decoded.insn.semantics<Expr>(this, ...this.#operands(decoded));
  }

  /** Ends the block: `executed` instructions done, `eip` comes next. */
  leave(eip: Expr, executed: number): void {
    this.emit(hostStore(constant(0), eip, 32, EIP), i32Const(executed), OP.return);
  }

  get #current(): Decoded {
    if (!this.#decoded) throw new TypeError('no instruction is being translated');
    return this.#decoded;
  }
  get operandSize(): 16 | 32 {
    return this.#current.operandSize;
  }
  get addressSize(): 16 | 32 {
    return this.#current.addressSize;
  }
  get rep(): 0 | 0xf2 | 0xf3 {
    return this.#current.rep;
  }

  #operands(decoded: Decoded): Operand<Expr>[] {
    const operands: Operand<Expr>[] = [];
    for (const operand of decoded.operands) {
      if (operand.kind === 'register') operands.push(new StaticRegister(this, operand.size, operand.index));
      else if (operand.kind === 'immediate') operands.push(new Value(operand.size, constant(operand.value)));
      else if (operand.kind === 'relative') operands.push(new Value(32, this.#target(operand.value)));
      else if (operand.kind === 'memory' && decoded.address) {
        operands.push(new StaticMemory(this, operand.size || 32, decoded.address));
      }
    }
    return operands;
  }

  #target(displacement: number): Expr {
    const target = this.#eip + this.#current.length + displacement;
    return constant(this.operandSize === 16 ? target & 0xffff : target);
  }

  /** Offset in its segment, modulo the address size. */
  effectiveAddress({ base, index, scale, displacement }: EffectiveAddress): Expr {
    let offset: Expr = constant(displacement);
    if (index >= 0) offset = this.add(this.shl(this.get(EAX + 4 * index), constant(scale)), offset);
    if (base >= 0) offset = this.add(this.get(EAX + 4 * base), offset);
    return this.let(this.addressSize === 16 ? this.and(offset, constant(0xffff)) : offset);
  }

  segmentField(segment: SegmentRef): Expr {
    return constant(segmentField(segment === DATA_SEGMENT ? this.#current.dataSegment : segment));
  }

  nextEip(): Expr {
    return constant(this.#eip + this.#current.length);
  }

  jump(eip: Expr): void {
    const target = this.let(eip);
    const limit = hostLoad(constant(0), 32, segmentField(CS) + SEGMENT_LIMIT);
    this.if(binary('i32.gt_u', target, limit), () => this.raise(GENERAL_PROTECTION, 0));
    this.leave(target, this.#done + 1);
  }

  again(): void {
    this.leave(constant(this.#eip), this.#done + 1);
  }

  protected saveContext(): Code {
    return hostStore(constant(0), constant(this.#eip), 32, EIP);
  }

  protected restoreContext(): Code {
    return [];
  }
}

function unreachable(what: string): never {
  throw new TypeError(`an operand that is ${what}`);
}

/** A general register. */
class StaticRegister implements Operand<Expr> {
  readonly inMemory = false;
  readonly #m: WasmMachine;
  readonly #field: number;

  constructor(
    m: WasmMachine,
    readonly size: Size,
    index: number,
  ) {
    this.#m = m;
    this.#field = EAX + (size === 8 ? 4 * (index & 3) + (index >> 2) : 4 * index);
  }

  read(): Expr {
    return this.#m.get(this.#field, this.size);
  }
  write(value: Expr): void {
    this.#m.set(this.#field, value, this.size);
  }
  update(compute: (old: Expr) => Expr): void {
    this.write(compute(this.read()));
  }
  offset(): Expr {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

/** Memory at an effective address, computed anew at each use. */
class StaticMemory implements Operand<Expr> {
  readonly inMemory = true;
  readonly #m: BlockMachine;
  readonly #address: EffectiveAddress;

  constructor(
    m: BlockMachine,
    readonly size: Size,
    address: EffectiveAddress,
  ) {
    this.#m = m;
    this.#address = address;
  }

  get segment(): SegmentRef {
    return this.#address.segment;
  }
  offset(): Expr {
    return this.#m.effectiveAddress(this.#address);
  }
  read(): Expr {
    return this.#m.load(this.segment, this.offset(), this.size);
  }
  write(value: Expr): void {
    this.#m.store(this.segment, this.offset(), value, this.size);
  }
  update(compute: (old: Expr) => Expr): void {
    this.#m.updateMemory(this.segment, this.offset(), this.size, compute);
  }
}

/** A number in the instruction, or a jump target made of one. */
class Value implements Operand<Expr> {
  readonly inMemory = false;
  readonly #value: Expr;

  constructor(
    readonly size: Size,
    value: Expr,
  ) {
    this.#value = value;
  }

  read(): Expr {
    return this.#value;
  }
  write(): void {
    unreachable('an immediate');
  }
  update(): void {
    unreachable('an immediate');
  }
  offset(): Expr {
    return unreachable('no memory');
  }
  get segment(): SegmentRef {
    return unreachable('no memory');
  }
}

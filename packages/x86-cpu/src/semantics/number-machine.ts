/** The interpreting machine: executes one decoded instruction at once, on plain numbers. The reference for all others. */
import type { Decoded, EffectiveAddress } from '../decode/decoded.js';
import { CpuException } from '../exception.js';
import { CPU_AREA_BYTES, CS, EIP, SEGMENT_BYTES, SEGMENT_LIMIT, SEGMENTS } from '../state/layout.js';
import { DATA_SEGMENT, type Operand, type SegmentRef, type Size } from './machine.js';
import {
  ImmediateOperand,
  MemoryOperand,
  type OperandMachine,
  RegisterOperand,
  RelativeOperand,
} from './number-operand.js';

const GENERAL_PROTECTION = 13;
const CS_LIMIT = SEGMENTS + CS * SEGMENT_BYTES + SEGMENT_LIMIT;

const NO_OPERANDS: Operand<number>[] = [];

/** Guest memory through segmentation and paging, at the current privilege level. */
export interface MemoryAccess {
  /** The value, zero-extended, as int32. */
  read(segment: number, offset: number, size: Size): number;
  write(segment: number, offset: number, value: number, size: Size): void;
  /** Everything that `read` could fault on; reads nothing. */
  checkRead(segment: number, offset: number, size: Size): void;
  /** Everything that `write` could fault on; writes nothing. */
  checkWrite(segment: number, offset: number, size: Size): void;
}

/** Executes instructions on the state in the Wasm memory. */
export class NumberMachine implements OperandMachine {
  readonly #state: DataView;
  readonly #access: MemoryAccess;
  #decoded: Decoded | undefined;
  #eip = 0;
  #next = 0;
  #isRepeating = false;

  constructor(memory: WebAssembly.Memory, access: MemoryAccess) {
    this.#state = new DataView(memory.buffer, 0, CPU_AREA_BYTES);
    this.#access = access;
  }

  /** The instruction under execution. */
  get decoded(): Decoded {
    if (!this.#decoded) throw new TypeError('no instruction is under execution');
    return this.#decoded;
  }

  /**
   * Executes the instruction that starts at EIP, and leaves EIP at the one to execute next.
   * Throws a CpuException with EIP, and for rows over `Machine` all other state, unchanged.
   *
   * @param operands - what operands() made for it, where it is executed again and again
   */
  execute(decoded: Decoded, operands: Operand<number>[] = this.operands(decoded)): void {
    this.#decoded = decoded;
    this.#isRepeating = false;
    this.#eip = this.#state.getInt32(EIP, true);
    this.#next = (this.#eip + decoded.length) | 0;
    this.perform(decoded, operands);
    this.#state.setInt32(EIP, this.#next, true);
  }

  /** Whether the instruction executed last goes on: an iteration of REP, and not the last one. */
  get isRepeating(): boolean {
    return this.#isRepeating;
  }

  protected perform(decoded: Decoded, operands: Operand<number>[]): void {
    if (!decoded.insn.semantics) throw new TypeError(`${decoded.insn.text} needs the whole CPU`);
    decoded.insn.semantics<number>(this, ...operands);
  }

  /** Its operands on this machine. */
  operands(decoded: Decoded): Operand<number>[] {
    if (decoded.operands.length === 0) return NO_OPERANDS;
    const operands: Operand<number>[] = [];
    for (const operand of decoded.operands) {
      if (operand.kind === 'register') operands.push(new RegisterOperand(this, operand.size, operand.index));
      else if (operand.kind === 'memory' && decoded.address) {
        operands.push(new MemoryOperand(this, operand.size || 32, decoded.address));
      } else if (operand.kind === 'immediate')
        operands.push(new ImmediateOperand(operand.size, operand.value));
      else if (operand.kind === 'relative') operands.push(new RelativeOperand(this, operand.value));
    }
    return operands;
  }

  /** Offset in its segment. */
  effectiveAddress({ base, index, scale, displacement }: EffectiveAddress): number {
    let offset = displacement;
    if (base >= 0) offset += this.get(base * 4);
    if (index >= 0) offset += this.get(index * 4) << scale;
    return this.addressSize === 16 ? offset & 0xffff : offset | 0;
  }

  get operandSize(): 16 | 32 {
    return this.decoded.operandSize;
  }
  get addressSize(): 16 | 32 {
    return this.decoded.addressSize;
  }
  get rep(): 0 | 0xf2 | 0xf3 {
    return this.decoded.rep;
  }

  int(value: number): number {
    return value | 0;
  }
  add(a: number, b: number): number {
    return (a + b) | 0;
  }
  sub(a: number, b: number): number {
    return (a - b) | 0;
  }
  mul(a: number, b: number): number {
    return Math.imul(a, b);
  }
  and(a: number, b: number): number {
    return a & b;
  }
  or(a: number, b: number): number {
    return a | b;
  }
  xor(a: number, b: number): number {
    return a ^ b;
  }
  shl(a: number, count: number): number {
    return a << count;
  }
  shrU(a: number, count: number): number {
    return (a >>> count) | 0;
  }
  shrS(a: number, count: number): number {
    return a >> count;
  }
  rotl(a: number, count: number): number {
    return (a << count) | (a >>> -count);
  }
  rotr(a: number, count: number): number {
    return (a >>> count) | (a << -count);
  }
  clz(a: number): number {
    return Math.clz32(a);
  }
  ctz(a: number): number {
    return a === 0 ? 32 : 31 - Math.clz32(a & -a);
  }
  popcnt(a: number): number {
    let count = 0;
    for (let rest = a; rest !== 0; rest &= rest - 1) count++;
    return count;
  }
  signExtend(a: number, size: Size): number {
    return (a << (32 - size)) >> (32 - size);
  }
  eqz(a: number): number {
    return a === 0 ? 1 : 0;
  }
  eq(a: number, b: number): number {
    return a === b ? 1 : 0;
  }
  ne(a: number, b: number): number {
    return a === b ? 0 : 1;
  }
  ltS(a: number, b: number): number {
    return a < b ? 1 : 0;
  }
  ltU(a: number, b: number): number {
    return a >>> 0 < b >>> 0 ? 1 : 0;
  }
  geU(a: number, b: number): number {
    return a >>> 0 >= b >>> 0 ? 1 : 0;
  }
  gtU(a: number, b: number): number {
    return a >>> 0 > b >>> 0 ? 1 : 0;
  }
  select(condition: number, whenTrue: number, whenFalse: number): number {
    return condition ? whenTrue : whenFalse;
  }
  mulHighU(a: number, b: number): number {
    return Number(BigInt.asIntN(32, (BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n));
  }
  mulHighS(a: number, b: number): number {
    return Number((BigInt(a) * BigInt(b)) >> 32n);
  }
  quotientU(high: number, low: number, divisor: number): number {
    return Number(BigInt.asIntN(32, dividend(high, low) / BigInt(divisor >>> 0)));
  }
  remainderU(high: number, low: number, divisor: number): number {
    return Number(BigInt.asIntN(32, dividend(high, low) % BigInt(divisor >>> 0)));
  }

  let(value: number): number {
    return value;
  }
  if(condition: number, then: () => void, otherwise?: () => void): void {
    if (condition) then();
    else otherwise?.();
  }
  choose(condition: number, whenTrue: () => number, whenFalse: () => number): number {
    return condition ? whenTrue() : whenFalse();
  }
  times(count: number, body: (index: number) => void): void {
    for (let i = 0; i < count >>> 0; i++) body(i);
  }

  get(field: number, size: Size = 32): number {
    if (size === 32) return this.#state.getInt32(field, true);
    return size === 16 ? this.#state.getUint16(field, true) : this.#state.getUint8(field);
  }
  set(field: number, value: number, size: Size = 32): void {
    if (size === 32) this.#state.setInt32(field, value, true);
    else if (size === 16) this.#state.setUint16(field, value, true);
    else this.#state.setUint8(field, value);
  }

  load(segment: SegmentRef, offset: number, size: Size): number {
    return this.#access.read(this.#segment(segment), offset, size);
  }
  store(segment: SegmentRef, offset: number, value: number, size: Size): void {
    this.#access.write(this.#segment(segment), offset, value, size);
  }
  checkStore(segment: SegmentRef, offset: number, size: Size): void {
    this.#access.checkWrite(this.#segment(segment), offset, size);
  }
  updateMemory(segment: SegmentRef, offset: number, size: Size, compute: (old: number) => number): void {
    this.checkStore(segment, offset, size);
    const value = compute(this.load(segment, offset, size));
    this.store(segment, offset, value, size);
  }
  #segment(segment: SegmentRef): number {
    return segment === DATA_SEGMENT ? this.decoded.dataSegment : segment;
  }

  nextEip(): number {
    return (this.#eip + this.decoded.length) | 0;
  }
  jump(eip: number): void {
    if (eip >>> 0 > this.#state.getUint32(CS_LIMIT, true)) this.raise(GENERAL_PROTECTION, 0);
    this.#next = eip;
  }
  again(): void {
    this.#isRepeating = true;
    this.#next = this.#eip;
  }
  raise(vector: number, errorCode?: number): never {
    throw new CpuException(vector, errorCode);
  }
}

function dividend(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** A vector in the making: the seed's state, and what the instruction needs changed in it. */
import type { Decoded } from '../src/decode/decoded.js';
import type { BytesAt, RecordedState } from '../src/testing/silicon-format.js';
import { type Background, background, type Noise } from '../src/testing/silicon-noise.js';
import { type Encoding, little } from './encodings.js';
import { isSafeAddress, pickInner, pickOffset, pickStackEdge, segmentBaseOf } from './segments.js';

export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const ES = 0;
const CS = 1;
const SS = 2;

/** Not a state to run: the instruction would reach what belongs to the recorder. */
export class Unsafe extends Error {}

export class Draft {
  readonly base: Background;
  readonly registers: number[];
  readonly memory: BytesAt[] = [];
  /** Linear address of the memory operand. */
  operandAt = 0;
  /** The stack may fault: then nothing else should, for the order of the checks is nowhere said. */
  isStackAtEdge = false;

  constructor(
    readonly encoding: Encoding,
    readonly seed: number,
    readonly noise: Noise,
  ) {
    this.base = background(seed);
    this.registers = [...this.base.registers];
  }

  register(index: number): number {
    return this.registers[index] ?? 0;
  }

  /** Sets a register, or its low half. */
  set(index: number, value: number, bits: 16 | 32 = 32): void {
    const kept = bits === 16 ? this.register(index) & 0xffff_0000 : 0;
    this.registers[index] = (kept | (bits === 16 ? value & 0xffff : value)) >>> 0;
  }

  /** Sets AL, CL, DL or BL. */
  setLow(index: number, value: number): void {
    this.registers[index] = ((this.register(index) & 0xffff_ff00) | (value & 0xff)) >>> 0;
  }

  /** Puts bytes into memory; without them, the seed's. */
  put(laddr: number, bytes: readonly number[] = [...this.base.bytes.subarray(0, 16)]): void {
    this.memory.push([laddr >>> 0, bytes]);
  }

  selector(index: number): number {
    return this.encoding.segments[index] ?? 0;
  }

  linear(segment: number, offset: number): number {
    const laddr = (segmentBaseOf(this.selector(segment)) + offset) >>> 0;
    if (!isSafeAddress(laddr)) throw new Unsafe();
    return laddr;
  }

  /** Points the stack somewhere; returns the linear address of its top. */
  placeStack(): number {
    const { noise } = this;
    const selector = this.selector(SS);
    this.isStackAtEdge = noise.percent(10);
    const inner = pickInner(noise, selector, 32) + (noise.percent(10) ? noise.below(4) : 0);
    const offset = this.isStackAtEdge ? pickStackEdge(noise, selector) : inner;
    this.set(ESP, offset, this.stackBits);
    return this.linear(SS, offset);
  }

  get stackBits(): 16 | 32 {
    return this.selector(SS) === 0x2f ? 16 : 32;
  }

  /** Points a register at a string operand and fills what lies around it. */
  placeString(
    index: number,
    segment: number,
    addressSize: 16 | 32,
    bytes: readonly number[],
    pick: typeof pickOffset = pickOffset,
  ): void {
    const offset = pick(this.noise, this.selector(segment), addressSize);
    this.set(index, offset, addressSize);
    const at = this.linear(segment, offset);
    this.put(at - 32, bytes);
  }

  /** An offset for a near or far transfer to `selector`: mostly to code that is there. */
  target(selector: number, operandSize: 16 | 32): number {
    const { noise } = this;
    const isFlat = (selector & ~3) === 0x20;
    if (isFlat && operandSize === 16) return noise.below(0x7000);
    const base = isFlat ? 0x2000_0000 : 0;
    const offset =
      noise.percent(80) || this.isStackAtEdge ? 0x40 + noise.below(0x1f80) : 0x1ff8 + noise.below(0x2000);
    this.avoidSelf(0x2000_0000 + offset);
    return base + offset;
  }

  /** A transfer into the instruction's own bytes would run pieces of it. */
  avoidSelf(laddr: number): void {
    const { laddr: start, code } = this.encoding;
    if (laddr >= start && laddr < start + code.length) throw new Unsafe();
  }

  get codeSelector(): number {
    return this.selector(CS);
  }

  /** Makes ModRM's address one worth trying, by way of the registers it is made of. */
  placeOperand(decoded: Decoded, keepsStack: boolean, alignment = 1): void {
    const { address, addressSize } = decoded;
    if (address === undefined) return;
    const { base, index, scale, displacement } = address;
    const picked = pickOffset(this.noise, this.selector(address.segment), addressSize);
    // Segments begin on boundaries of sixteen.
    const target = picked - (picked % alignment);
    const mask = addressSize === 16 ? 0xffff : 0xffff_ffff;
    const rest = ((target - displacement) & mask) >>> 0;
    if (base >= 0 && base === index) this.set(base, rest / (1 + 2 ** scale), addressSize);
    else if (base === ESP && keepsStack) {
      if (index >= 0) this.set(index, this.noise.below(16), addressSize);
    } else if (base >= 0) {
      const scaled = index < 0 ? 0 : (this.register(index) << scale) >>> 0;
      this.set(base, (rest - scaled) & mask, addressSize);
    } else if (index >= 0) this.set(index, rest >>> scale, addressSize);
    this.operandAt = this.linear(address.segment, this.effectiveOffset(decoded));
  }

  effectiveOffset({ address, addressSize }: Decoded): number {
    if (address === undefined) return 0;
    const { base, index, scale, displacement } = address;
    const sum =
      displacement +
      (base < 0 ? 0 : this.register(base)) +
      (index < 0 ? 0 : (this.register(index) << scale) >>> 0);
    return addressSize === 16 ? sum & 0xffff : sum >>> 0;
  }

  /** Gives operand number `n` a value: its register, or the memory it names. */
  setOperand(n: number, value: number): void {
    const operand = this.encoding.decoded?.operands[n];
    if (operand?.kind === 'memory') this.put(this.operandAt, little(value, (operand.size || 32) / 8));
    else if (operand?.kind === 'register' && operand.size === 8) {
      const shift = operand.index < 4 ? 0 : 8;
      const kept = this.register(operand.index & 3) & ~(0xff << shift);
      this.registers[operand.index & 3] = (kept | ((value & 0xff) << shift)) >>> 0;
    } else if (operand?.kind === 'register') this.set(operand.index, value, operand.size === 16 ? 16 : 32);
  }

  /** The value of operand number `n` if it is a register, sign and upper bits whatever they are. */
  operandRegister(n: number): number {
    const operand = this.encoding.decoded?.operands[n];
    if (operand?.kind !== 'register') return 0;
    return operand.size === 8
      ? (this.register(operand.index & 3) >>> (operand.index < 4 ? 0 : 8)) & 0xff
      : this.register(operand.index);
  }

  /** The state; throws where bytes lie in the code, and could be run in place of INT3. */
  finish(fx?: Uint8Array): RecordedState {
    const { laddr, code, decoded } = this.encoding;
    const isBranch = /^(J|CALL|RET|IRET|LOOP)/.test(decoded?.insn.mnemonic ?? '');
    const [first, end] = isBranch ? [0x2000_0000, 0x2000_2000] : [laddr, laddr + code.length + 16];
    if (this.memory.some(([at, bytes]) => at < end && at + bytes.length > first)) throw new Unsafe();
    return {
      registers: this.registers,
      eip: this.encoding.eip,
      eflags: this.base.eflags,
      segments: this.encoding.segments,
      memory: this.memory,
      fx,
    };
  }
}

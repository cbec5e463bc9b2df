/** A generator of numbers that look random and are the same for the same seed: xoshiro128**. */
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';

const WORDS = 4;

/** The generator (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators"). Not for secrets. */
export class SeededRandom {
  private readonly registers: { words: number[] };

  /** @param seed - uint32 */
  constructor(seed: number) {
    this.registers = { words: expand(seed) };
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.registers.words;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    const third = c ^ a;
    const fourth = d ^ b;
    this.registers.words = [a ^ fourth, b ^ third, third ^ shifted, rotate(fourth, 11)];
    return result;
  }

  /** The next bytes; each 32 bits give four of them. */
  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += WORDS) {
      const word = this.next();
      for (let i = 0; i < WORDS && at + i < count; i++) bytes[at + i] = word >>> (8 * i);
    }
    return bytes;
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}

/** A seed spread over the state by splitmix32, so that it is never all zero. */
function expand(seed: number): number[] {
  let sum = seed | 0;
  return Array.from({ length: WORDS }, () => {
    sum = (sum + 0x9e37_79b9) | 0;
    let mixed = Math.imul(sum ^ (sum >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return mixed ^ (mixed >>> 15);
  });
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

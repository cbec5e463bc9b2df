/** The trace hash: one number for all that a run has done, equal for equal runs and for no other. */
import { type DeviceState, loadRegisters, type Registers, saveRegisters } from './device-state.js';

const [C1, C2] = [0xcc9e_2d51, 0x1b87_3593];
const SEEDS = [0x9747_b28c, 0x5bd1_e995] as const;

/**
 * A hash over events, each with the count of instructions at which it happened: an instruction more or less anywhere
 * shows in the next event. Two lanes of MurmurHash3's mixing, 64 bits: against chance, not against an attacker.
 */
export class TraceHash {
  private readonly registers: Registers & { low: number; high: number } = { low: SEEDS[0], high: SEEDS[1] };

  /**
   * Adds an event.
   *
   * @param kind - 0 to 7
   * @param icount - instructions retired; a whole number below 2**53
   */
  event(kind: number, icount: number, where: number, value: number): void {
    this.mix(icount >>> 0);
    this.mix(Math.floor(icount / 2 ** 32) * 8 + kind);
    this.mix(where);
    this.mix(value);
  }

  /** Adds 32 bits. */
  mix(word: number): void {
    const { registers } = this;
    registers.low = lane(registers.low, word);
    registers.high = lane(registers.high, word ^ registers.low);
  }

  /** Adds bytes, four at a time. */
  bytes(bytes: Uint8Array): void {
    // No bit operation: 2 GB are more than it takes.
    const whole = bytes.length - (bytes.length % 4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < whole; at += 4) this.mix(view.getInt32(at, true));
    for (let at = whole; at < bytes.length; at++) this.mix(view.getUint8(at));
  }

  /** A hash that goes on from here by itself. */
  fork(): TraceHash {
    const other = new TraceHash();
    other.loadState(this.saveState());
    return other;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    const { low, high } = this.registers;
    return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  /** Throws KexecError `BAD_STATE` for a state that is damaged. */
  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }
}

/** @see MurmurHash3_x86_32, the body of its loop */
function lane(hash: number, word: number): number {
  let k = Math.imul(word, C1);
  k = Math.imul((k << 15) | (k >>> 17), C2);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64) | 0;
}

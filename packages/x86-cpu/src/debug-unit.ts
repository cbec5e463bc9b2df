/** Breakpoints by DR0-DR7: which accesses meet one, and the DR6 bits that wait for the instruction's end. */
import { CR4_DE } from './state/control.js';
import { CR4, DR0 } from './state/layout.js';
import type { Registers } from './state/registers.js';

/*
 * SDM Vol. 3B, 17.2 "Debug Registers":
 *
 *   DR6  15 BT  14 BS  13 BD  3-0 B3-B0
 *   DR7  31-16 LEN and R/W, four bits a breakpoint   13 GD   9-8 GE LE   7-0 G and L, two bits a breakpoint
 */
export const DR6 = DR0 + 6 * 4;
export const DR7 = DR0 + 7 * 4;
export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
export const DR7_GD = 1 << 13;
const DR7_ENABLES = 0xff;
/** L0-L3 and LE. */
const DR7_LOCAL = 0x155;

const BREAKPOINTS = [0, 1, 2, 3] as const;
/** R/W fields (SDM Vol. 3B, 17.2.4 "Debug Control Register (DR7)"). */
const ON_EXECUTION = 0;
const ON_WRITE = 1;
const ON_PORT = 2;
const ON_ACCESS = 3;
/** Bytes by LEN field; 10B is undefined on IA-32, and eight bytes where it is not. */
const LENGTHS = [1, 2, 8, 4] as const;

/** The comparators of the debug registers. */
export class DebugUnit {
  readonly #registers: Registers;
  #pending = 0;

  constructor(registers: Registers) {
    this.#registers = registers;
  }

  /** Whether DR7 enables any breakpoint; with none, no access needs looking at. */
  get isArmed(): boolean {
    return (this.#registers.get(DR7) & DR7_ENABLES) !== 0;
  }

  /** B bits of the instruction breakpoints at this address: a fault before the instruction. */
  executionAt(laddr: number): number {
    return this.#matches(laddr, 1, (kind) => kind === ON_EXECUTION);
  }

  /** Notes a data access: a trap after the instruction. */
  noteData(laddr: number, bytes: number, isWrite: boolean): void {
    if (!this.isArmed) return;
    this.#pending |= this.#matches(
      laddr,
      bytes,
      (kind) => kind === ON_ACCESS || (isWrite && kind === ON_WRITE),
    );
  }

  /** Notes an access to I/O ports. R/W = 10B means ports only while CR4.DE is set. */
  notePort(port: number, bytes: number): void {
    if (!this.isArmed || (this.#registers.get(CR4) & CR4_DE) === 0) return;
    this.#pending |= this.#matches(port, bytes, (kind) => kind === ON_PORT);
  }

  /** Adds DR6 bits to what traps at the next instruction boundary. */
  pend(bits: number): void {
    this.#pending |= bits;
  }

  /** DR6 bits that wait for the instruction boundary. */
  get pending(): number {
    return this.#pending;
  }

  /** Forgets them: the instruction faulted, or they have been delivered. */
  clearPending(): void {
    this.#pending = 0;
  }

  /** DR6 collects conditions; only software clears it. */
  noteInStatus(bits: number): void {
    this.#registers.set(DR6, this.#registers.get(DR6) | bits);
  }

  /** SDM Vol. 3B, 17.2.4: the processor clears GD on entering the handler of #DB. */
  enterHandler(): void {
    this.#registers.set(DR7, this.#registers.get(DR7) & ~DR7_GD);
  }

  /** SDM Vol. 3B, 17.2.4: the processor clears the local enables on every task switch. */
  leaveTask(): void {
    this.#registers.set(DR7, this.#registers.get(DR7) & ~DR7_LOCAL);
  }

  #matches(address: number, bytes: number, isWatched: (kind: number) => boolean): number {
    const dr7 = this.#registers.get(DR7);
    let bits = 0;
    for (const index of BREAKPOINTS) {
      if ((dr7 & (3 << (2 * index))) === 0) continue;
      const field = dr7 >>> (16 + 4 * index);
      if (!isWatched(field & 3)) continue;
      const length = (field & 3) === ON_EXECUTION ? 1 : (LENGTHS[(field >>> 2) & 3] ?? 1);
      // SDM Vol. 3B, 17.2.5 "Breakpoint Field Recognition": address bits below the length are not compared.
      const start = this.#registers.getUnsigned(DR0 + 4 * index) & -length;
      if (address < (start >>> 0) + length && address + bytes > start >>> 0) bits |= 1 << index;
    }
    return bits;
  }
}

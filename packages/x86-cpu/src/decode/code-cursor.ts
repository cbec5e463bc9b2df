/** Instruction bytes, fetched one by one and never more than fifteen. Hot: no allocation after construction. */

/** Fetches the byte `offset` bytes after the start of the instruction, 0 to 14; a fetch fault throws out of it. */
export type FetchByte = (offset: number) => number;

// SDM Vol. 3A, 6.15 "Interrupt 13": an instruction longer than 15 bytes raises #GP.
export const MAX_INSN_BYTES = 15;

/** Reads forward through one instruction. */
export class CodeCursor {
  readonly #fetch: FetchByte;
  /** Bytes read so far. */
  length = 0;
  /** Set once a sixteenth byte is asked for. It reads as 0, as do all after it. */
  tooLong = false;

  constructor(fetch: FetchByte) {
    this.#fetch = fetch;
  }

  u8(): number {
    if (this.length < MAX_INSN_BYTES) return this.#fetch(this.length++);
    this.tooLong = true;
    return 0;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const low = this.u8();
    return low | (this.u8() << 8);
  }

  i32(): number {
    const low = this.u16();
    return low | (this.u16() << 16);
  }
}

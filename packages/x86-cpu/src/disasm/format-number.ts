/** Numbers and places in disassembly: one digit in decimal, all else in hexadecimal; symbols where they are known. */

/** A symbol at or below an address. */
export interface NearSymbol {
  readonly name: string;
  /** Bytes from the symbol to the address. */
  readonly offset: number;
}

/** How numbers are written. */
export interface NumberStyle {
  /** `0x1f`, or `1fh`. */
  readonly hex: 'prefix' | 'suffix';
  /** Name for the target of a near branch, or for a memory operand without registers. */
  readonly symbol: (vaddr: number) => NearSymbol | undefined;
}

export const PLAIN_NUMBERS: NumberStyle = { hex: 'prefix', symbol: () => undefined };

/** Writes a number as uint32. */
export function formatNumber(value: number, { hex }: Pick<NumberStyle, 'hex'> = PLAIN_NUMBERS): string {
  const unsigned = value >>> 0;
  if (unsigned < 10) return `${unsigned}`;
  const digits = unsigned.toString(16);
  if (hex === 'prefix') return `0x${digits}`;
  // A number begins with a digit; 0ah is ten, ah a register.
  return /^\d/.test(digits) ? `${digits}h` : `0${digits}h`;
}

/** Writes an offset in a segment by its symbol, or as a number. */
export function formatPlace(vaddr: number, style: NumberStyle): string {
  const near = style.symbol(vaddr >>> 0);
  if (near === undefined) return formatNumber(vaddr, style);
  return near.offset === 0 ? near.name : `${near.name}+${formatNumber(near.offset, style)}`;
}

/** The x86 filter of XZ: calls and jumps that were made absolute before compression, made relative again. */

const MASK_ALLOWED = [true, true, true, false, true, false, false, false] as const;
const MASK_BIT = [0, 1, 2, 2, 3, 3, 3, 3] as const;
/** An operand whose top byte is this is taken for an address. */
const isAddressTop = (byte: number | undefined) => byte === 0x00 || byte === 0xff;

/**
 * Undoes the filter in place, over a whole stream of it.
 *
 * Not every E8 or E9 is an instruction: `mask` remembers which of the last bytes looked like the top of an address,
 * by the rule that the encoder used.
 *
 * @see lib/xz/xz_dec_bcj.c of Linux, bcj_x86()
 */
export function undoBcjX86(bytes: Uint8Array, startOffset = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let mask = 0;
  let previous = -1;
  const limit = bytes.length - 4;
  for (let at = 0; at < limit; ) {
    const byte = bytes[at] ?? 0;
    if ((byte & 0xfe) !== 0xe8) {
      at += 1;
      continue;
    }
    const gap = at - previous;
    previous = at;
    if (gap > 3) mask = 0;
    else {
      mask = (mask << (gap - 1)) & 7;
      if (mask !== 0 && (!MASK_ALLOWED[mask] || isAddressTop(bytes[at + 4 - (MASK_BIT[mask] ?? 0)]))) {
        mask = ((mask << 1) & 7) | 1;
        at += 1;
        continue;
      }
    }
    if (!isAddressTop(bytes[at + 4])) {
      mask = ((mask << 1) & 7) | 1;
      at += 1;
      continue;
    }
    view.setUint32(at + 1, relative(view.getUint32(at + 1, true), startOffset + at + 5, mask), true);
    at += 5;
  }
}

function relative(absolute: number, next: number, mask: number): number {
  let source = absolute;
  for (;;) {
    const target = (source - next) >>> 0;
    if (mask === 0) return signExtended(target);
    const shift = (MASK_BIT[mask] ?? 0) * 8;
    if (!isAddressTop((target >>> (24 - shift)) & 0xff)) return signExtended(target);
    source = (target ^ (2 ** (32 - shift) - 1)) >>> 0;
  }
}

/** Bit 24 fills the top byte. */
function signExtended(value: number): number {
  return (value & 0x0100_0000 ? value | 0xff00_0000 : value & 0x00ff_ffff) >>> 0;
}

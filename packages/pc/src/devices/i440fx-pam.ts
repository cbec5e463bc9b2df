/** The 440FX's programmable attribute map: whether C0000–FFFFF is RAM for reads, for writes, for both or for neither. */
import type { Range, Shadowing } from '@kexec/phys-mem';

/*
 * PAM0 at 59:      bits 5–4 F0000–FFFFF
 * PAM1–6 from 5A:  bits 1–0 and 5–4 are 16 KB each, from C0000 on
 * Bit 0 of each pair sends reads to RAM, bit 1 writes (82441FX, "PAM – Programmable Attribute Map Registers").
 */
const PAM0 = 0x59;
const PAM1 = 0x5a;
const PAM_BYTES = 6;
const BIOS_START = 0xf0000;
const BIOS_END = 0x100000;
const FIRST_START = 0xc0000;
const PIECE_BYTES = 0x4000;
const READ = 0x01;
const WRITE = 0x02;

/** One piece of the map. */
export interface PamPiece extends Range, Shadowing {}

/** The thirteen pieces, as configuration space says. */
export function pamPieces(config: Uint8Array): PamPiece[] {
  const bios = attributes({ start: BIOS_START, end: BIOS_END }, (config[PAM0] ?? 0) >>> 4);
  const others = Array.from({ length: 2 * PAM_BYTES }, (_, i) => {
    const start = FIRST_START + i * PIECE_BYTES;
    const byte = config[PAM1 + (i >>> 1)] ?? 0;
    return attributes({ start, end: start + PIECE_BYTES }, i & 1 ? byte >>> 4 : byte);
  });
  return [bios, ...others];
}

function attributes(range: Range, bits: number): PamPiece {
  return { ...range, read: (bits & READ) !== 0, write: (bits & WRITE) !== 0 };
}

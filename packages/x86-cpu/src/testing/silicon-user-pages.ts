/** The user's pages on the machine of the silicon vectors: where they are mapped, and what they hold. */
import type { SiliconVector } from './silicon-machine.js';

/** Bits of a PTE. */
export const USER = 7;
const USER_READ_ONLY = 5;
export const SUPERVISOR = 3;
/** [first linear page, pages, PTE bits]; physical pages follow each other from FIRST_USER_PAGE. */
export const USER_PAGES: readonly (readonly [number, number, number])[] = [
  [0x2000_0000, 2, USER],
  [0x3000_0000, 2, USER],
  [0x3000_2000, 1, USER_READ_ONLY],
  [0x3001_0000, 1, USER],
  [0x7000, 2, USER],
  [0x9000, 1, USER_READ_ONLY],
];

export const PAGE = 0x1000;
/** Physical. */
export const FIRST_USER_PAGE = 0x10_0000;
export const USER_BYTES = 9 * PAGE;

/** Whether two images of the user's pages are the same; both are USER_BYTES, and so a whole number of words. */
export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  const words = new Int32Array(right.buffer, right.byteOffset, right.length / 4);
  return new Int32Array(left.buffer, left.byteOffset, left.length / 4).every((word, i) => word === words[i]);
}

/** The pages as a vector finds them: its memory, its code, and INT3 around that. */
export function fillUser(bytes: Uint8Array, vector: SiliconVector): void {
  bytes.fill(0xcc, 0, 2 * PAGE);
  for (const [laddr, hex] of vector.i.mem ?? []) put(bytes, laddr, hex);
  const codeBase = (vector.i.seg[1] ?? 0) & 4 ? 0x2000_0000 : 0;
  put(bytes, codeBase + vector.i.ip, vector.code);
}

/** Bytes, in hex, at a linear address; what is not mapped falls away. */
export function put(bytes: Uint8Array, laddr: number, hex: string): void {
  for (let i = 0; i < hex.length / 2; i++) {
    const at = userOffset(laddr + i);
    if (at >= 0) bytes[at] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
}

/** Where in the pages a linear address is; -1 for none. */
export function userOffset(laddr: number): number {
  let offset = 0;
  for (const [first, pages] of USER_PAGES) {
    if (laddr >= first && laddr < first + pages * PAGE) return offset + laddr - first;
    offset += pages * PAGE;
  }
  return -1;
}

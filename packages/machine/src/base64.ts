/** Base64 (RFC 4648, 4): bytes in JSON. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit.charCodeAt(0), value]));
/** Characters that are put together at once. */
const PIECE = 0x8000;

/** Bytes as text, padded. */
export function bytesToBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) codes[to++] = DIGITS.charCodeAt((group >>> shift) & 0x3f);
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  codes.fill('='.charCodeAt(0), codes.length - padding);
  let text = '';
  for (let at = 0; at < codes.length; at += PIECE) {
    text += String.fromCharCode(...codes.subarray(at, at + PIECE));
  }
  return text;
}

/** Text as bytes; a character that is no digit counts as zero, so the length alone must be right. */
export function base64ToBytes(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array(Math.max(0, Math.floor((text.length * 3) / 4) - padding));
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let group = 0;
    for (let i = 0; i < 4; i++) group = (group << 6) | (VALUES.get(text.charCodeAt(at + i)) ?? 0);
    for (let shift = 16; shift >= 0 && to < bytes.length; shift -= 8) bytes[to++] = group >>> shift;
  }
  return bytes;
}

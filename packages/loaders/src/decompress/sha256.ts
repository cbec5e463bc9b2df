/** SHA-256, of XZ's check and of purgatory. @see FIPS 180-4 */

const isPrime = (n: number) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
};
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && isPrime(n));
/** 32 bits of the fraction of a root, exactly: floor(root × 2³²) mod 2³². FIPS 180-4, 4.2.2 and 5.3.3. */
function fraction(n: number, degree: 2n | 3n): number {
  const scaled = BigInt(n) << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}
/** FIPS 180-4, 4.2.2 "SHA-256 Constants". */
export const SHA256_K = Uint32Array.from(PRIMES.slice(0, 64), (prime) => fraction(prime, 3n));
/** FIPS 180-4, 5.3.3: the hash value before the first block. */
export const SHA256_INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2n));
const BLOCK_BYTES = 64;

const rotr = (value: number, by: number) => (value >>> by) | (value << (32 - by));

/** The digest of all parts, one after the other: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const state = Uint32Array.from(SHA256_INITIAL);
  const words = new Uint32Array(64);
  const block = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(block.buffer);
  let filled = 0;
  let length = 0;
  const compressBlock = () => {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(4 * i);
    compress(state, words);
    filled = 0;
  };
  for (const part of parts) {
    length += part.length;
    for (let at = 0; at < part.length; ) {
      const count = Math.min(BLOCK_BYTES - filled, part.length - at);
      block.set(part.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled === BLOCK_BYTES) compressBlock();
    }
  }
  block[filled++] = 0x80;
  if (filled > BLOCK_BYTES - 8) {
    block.fill(0, filled);
    compressBlock();
  }
  block.fill(0, filled);
  view.setUint32(BLOCK_BYTES - 8, Math.floor(length / 2 ** 29));
  view.setUint32(BLOCK_BYTES - 4, length << 3);
  compressBlock();
  const digest = new DataView(new ArrayBuffer(32));
  for (const [i, word] of state.entries()) digest.setUint32(4 * i, word);
  return new Uint8Array(digest.buffer);
}

/** One block; `words` holds its 16 words and room for the schedule. FIPS 180-4, 6.2.2. */
function compress(state: Uint32Array, words: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const w15 = words[i - 15] ?? 0;
    const w2 = words[i - 2] ?? 0;
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    words[i] = (words[i - 16] ?? 0) + s0 + (words[i - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (SHA256_K[i] ?? 0) + (words[i] ?? 0)) | 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] ?? 0) + value;
}

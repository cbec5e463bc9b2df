/** The checksums that compressed formats carry: CRC-32, CRC-64, bzip2's CRC, xxHash. */

function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

const CRC32 = crcTable(0xedb8_8320);

/** CRC-32 of gzip and XZ (ISO 3309), a uint32. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const CRC64_POLYNOMIAL = 0xc96c_5795_d787_0f42n;
const CRC64_LOW = new Uint32Array(256);
const CRC64_HIGH = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ CRC64_POLYNOMIAL : crc >> 1n;
  CRC64_LOW[byte] = Number(crc & 0xffff_ffffn);
  CRC64_HIGH[byte] = Number(crc >> 32n);
}

/** CRC-64 of XZ (ECMA-182). */
export function crc64(bytes: Uint8Array): bigint {
  let low = -1;
  let high = -1;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] ?? 0);
    high = (high >>> 8) ^ (CRC64_HIGH[index] ?? 0);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

const BZIP2_CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc;
});

/** CRC-32 of bzip2: the same polynomial, the highest bit first. */
export function bzip2Crc(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc << 8) ^ (BZIP2_CRC[(crc >>> 24) ^ byte] ?? 0);
  return ~crc >>> 0;
}

const [P1, P2, P3, P4, P5] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f, 0x1656_67b1];
const rotl32 = (value: number, by: number) => (value << by) | (value >>> (32 - by));

/** xxHash of 32 bits with seed 0, of LZ4 frames. @see xxhash_spec.md, "XXH32 Algorithm Description" */
export function xxh32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const round = (acc: number, lane: number) => Math.imul(rotl32((acc + Math.imul(lane, P2)) | 0, 13), P1);
  let at = 0;
  let hash = P5;
  if (bytes.length >= 16) {
    const accs = [(P1 + P2) | 0, P2, 0, -P1];
    for (; at + 16 <= bytes.length; at += 16)
      for (let i = 0; i < 4; i++) accs[i] = round(accs[i] ?? 0, view.getUint32(at + 4 * i, true));
    hash = [1, 7, 12, 18].reduce((sum, by, i) => (sum + rotl32(accs[i] ?? 0, by)) | 0, 0);
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4)
    hash = Math.imul(rotl32((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
  for (; at < bytes.length; at++)
    hash = Math.imul(rotl32((hash + Math.imul(bytes[at] ?? 0, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const U64 = 0xffff_ffff_ffff_ffffn;
const Q1 = 0x9e37_79b1_85eb_ca87n;
const Q2 = 0xc2b2_ae3d_27d4_eb4fn;
const Q3 = 0x1656_67b1_9e37_79f9n;
const Q4 = 0x85eb_ca77_c2b2_ae63n;
const Q5 = 0x27d4_eb2f_1656_67c5n;
const rotl64 = (value: bigint, by: bigint) => ((value << by) | (value >> (64n - by))) & U64;

/** xxHash of 64 bits with seed 0, of zstd frames. @see xxhash_spec.md, "XXH64 Algorithm Description" */
export function xxh64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const round = (acc: bigint, lane: bigint) => (rotl64((acc + lane * Q2) & U64, 31n) * Q1) & U64;
  let at = 0;
  let hash = Q5;
  if (bytes.length >= 32) {
    let [a, b, c, d] = [(Q1 + Q2) & U64, Q2, 0n, (U64 + 1n - Q1) & U64];
    for (; at + 32 <= bytes.length; at += 32) {
      a = round(a, view.getBigUint64(at, true));
      b = round(b, view.getBigUint64(at + 8, true));
      c = round(c, view.getBigUint64(at + 16, true));
      d = round(d, view.getBigUint64(at + 24, true));
    }
    hash = (rotl64(a, 1n) + rotl64(b, 7n) + rotl64(c, 12n) + rotl64(d, 18n)) & U64;
    for (const acc of [a, b, c, d]) hash = ((hash ^ round(0n, acc)) * Q1 + Q4) & U64;
  }
  hash = (hash + BigInt(bytes.length)) & U64;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (rotl64(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * Q1 + Q4) & U64;
  for (; at + 4 <= bytes.length; at += 4)
    hash = (rotl64(hash ^ ((BigInt(view.getUint32(at, true)) * Q1) & U64), 23n) * Q2 + Q3) & U64;
  for (; at < bytes.length; at++)
    hash = (rotl64(hash ^ ((BigInt(bytes[at] ?? 0) * Q5) & U64), 11n) * Q1) & U64;
  hash = ((hash ^ (hash >> 33n)) * Q2) & U64;
  hash = ((hash ^ (hash >> 29n)) * Q3) & U64;
  return hash ^ (hash >> 32n);
}

/** Byte strings to decode: guided ones, with enough prefixes and escapes to visit every row, and random ones. */

const SAMPLE_BYTES = 16;
const PREFIXES = [0x66, 0x66, 0x67, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** Writes samples one behind another, 16 bytes each: of four, three are guided and one is random. */
export function fillSamples(target: Uint8Array, seed: number): void {
  const random = randomNumbers(seed);
  for (let at = 0; at + SAMPLE_BYTES <= target.length; at += SAMPLE_BYTES) {
    const start = (at / SAMPLE_BYTES) % 4 === 3 ? [] : guidedStart(random);
    // Zeros, ones and random displacements and immediates.
    const filler = start.length === 0 ? 2 : random(4);
    for (let i = 0; i < SAMPLE_BYTES; i++) {
      target[at + i] = start[i] ?? (filler === 0 ? 0 : filler === 1 ? 0xff : random(256));
    }
  }
}

/** Up to two prefixes, or one time in 64 up to fifteen, opcode and ModRM. */
function guidedStart(random: (below: number) => number): number[] {
  const prefixes = random(64) === 0 ? random(16) : random(3);
  const bytes = Array.from({ length: prefixes }, () => PREFIXES[random(PREFIXES.length)] ?? 0);
  if (random(2) === 0) bytes.push(0x0f);
  // One in eight is an x87 escape.
  const opcode = random(8) === 0 ? 0xd8 | random(8) : random(256);
  return [...bytes, opcode, random(256) | (random(3) === 0 ? 0xc0 : 0)];
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % below;
  };
}

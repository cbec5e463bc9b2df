/** The snapshot file: what is written is read again; whatever else comes is refused with a code. */
import { crc32 } from '@kexec/loaders';
import { KexecError, PAGE_SIZE } from '@kexec/phys-mem';
import { describe, expect, test } from 'vitest';
import { decodeSnapshot, encodeSnapshot, pageRuns, SNAPSHOT_VERSION } from './snapshot-file.js';

const ram = new Uint8Array(8 * PAGE_SIZE);
ram[2 * PAGE_SIZE] = 1;
ram[3 * PAGE_SIZE + 5] = 2;
ram[7 * PAGE_SIZE - 1] = 3;
const file = encodeSnapshot({ state: { a: [1, 'é'] }, runs: pageRuns(ram) });

/** With the checksum made right again: what an attacker would do. */
function resealed(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint32(0x0c, crc32(copy.subarray(0x10)), true);
  return copy;
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeSnapshot(bytes);
  } catch (error) {
    if (error instanceof KexecError) return error.code;
    throw error;
  }
  return 'accepted';
}

test('only pages with something in them are kept, neighbours in one run', () => {
  expect(pageRuns(ram).map(({ pfn, bytes }) => [pfn, bytes.length / PAGE_SIZE])).toEqual([
    [2, 2],
    [6, 1],
  ]);
});

test('state and pages come back as they were', () => {
  const { state, runs } = decodeSnapshot(file);
  expect(state).toEqual({ a: [1, 'é'] });
  const restored = new Uint8Array(ram.length);
  for (const { pfn, bytes } of runs) restored.set(bytes, pfn * PAGE_SIZE);
  expect(restored.every((byte, i) => byte === ram[i])).toBe(true);
});

describe('refuses', () => {
  test('anything that does not begin with the magic', () => {
    expect(codeOf(new Uint8Array(0))).toBe('SNAPSHOT_MAGIC');
    expect(codeOf(new Uint8Array(100))).toBe('SNAPSHOT_MAGIC');
  });

  test('another version', () => {
    const other = Uint8Array.from(file);
    other[8] = SNAPSHOT_VERSION + 1;
    expect(codeOf(other)).toBe('SNAPSHOT_VERSION');
  });

  test('a changed bit anywhere behind the version', () => {
    for (let at = 0x0c; at < file.length; at += 97) {
      const damaged = Uint8Array.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(codeOf(damaged)).toBe('SNAPSHOT_CHECKSUM');
    }
  });

  test('a file cut short at any place, its checksum made right', () => {
    for (let length = 0x18; length < file.length; length += 61) {
      expect(['SNAPSHOT_TRUNCATED', 'SNAPSHOT_STATE']).toContain(codeOf(resealed(file.subarray(0, length))));
    }
  });

  test('bytes behind the last page, and state that is no JSON', () => {
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(codeOf(resealed(longer))).toBe('SNAPSHOT_STATE');
    const noJson = Uint8Array.from(file);
    noJson[0x18] = 0x21;
    expect(codeOf(resealed(noJson))).toBe('SNAPSHOT_STATE');
  });
});

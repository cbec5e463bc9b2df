/** Every vector recorded on silicon, through the whole CPU. */
/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { differences } from './testing/silicon-differences.js';
import { SiliconMachine, type SiliconVector } from './testing/silicon-machine.js';

const VECTORS = new URL('../test-data/silicon/vectors.jsonl.gz', import.meta.url);

const vectors = gunzipSync(readFileSync(VECTORS))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as SiliconVector)
  .filter((vector) => vector.amb !== 'all');

describe.each(['reference', 'fast'] as const)('the %s interpreter', (interpreter) => {
  const machine = new SiliconMachine(interpreter);
  const classes = [...new Set(vectors.map((vector) => vector.c))];
  it.each(classes)('does what silicon did with every %s vector', (name) => {
    const failures = vectors
      .filter((vector) => vector.c === name)
      .map((vector) => ({ id: vector.id, asm: vector.asm, differences: differences(machine, vector) }))
      .filter((failure) => failure.differences.length > 0);
    expect(failures).toEqual([]);
  });
});

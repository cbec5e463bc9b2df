/** Every non-FPU vector recorded on silicon, through the whole CPU. */
/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SiliconMachine, type SiliconVector } from './testing/silicon-machine.js';

const VECTORS = new URL('../test-data/silicon/vectors.jsonl.gz', import.meta.url);
const FPU_CLASSES: ReadonlySet<string> = new Set(['x87', 'mmx', 'mmx-sse', 'mmx-sse2', 'sse', 'sse2']);
/** RF, TF and VM are never compared. */
const NEVER_COMPARED = 0x1_0100 | 0x2_0000;
/** Instruction fetch, an attribute of hosts with NX. */
const PF_FETCH = 0x10;

const vectors = gunzipSync(readFileSync(VECTORS))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as SiliconVector)
  .filter((vector) => !FPU_CLASSES.has(vector.c) && vector.amb !== 'all');

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

function differences(machine: SiliconMachine, vector: SiliconVector): string[] {
  const found = machine.execute(vector);
  const { o } = vector;
  const list: string[] = [];
  const compare = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) list.push(`${what} ${show(actual)}, not ${show(expected)}`);
  };
  compare('event', found.ev, o.ev);
  if (o.err !== undefined) compare('error code', found.err, o.ev === 14 ? o.err & ~PF_FETCH : o.err);
  if (o.cr2 !== undefined && vector.amb !== 'cr2') compare('cr2', machine.cpu.cr2, o.cr2);
  o.r.forEach((value, i) => {
    compare(`r${i}`, found.r[i], value);
  });
  o.seg.forEach((value, i) => {
    compare(`seg${i}`, found.seg[i], value);
  });
  compare('ip', found.ip, o.ip);
  const mask = vector.fm & ~NEVER_COMPARED;
  compare('flags', (found.fl & mask) >>> 0, (o.fl & mask) >>> 0);
  return [...list, ...machine.memoryDifferences(vector).slice(0, 4)];
}

function show(value: unknown): string {
  return typeof value === 'number' ? value.toString(16) : String(value);
}

/** What our CPU does otherwise than silicon did, for one vector, as text. */
import { fxDifferences } from './silicon-fx.js';
import type { SiliconMachine, SiliconVector } from './silicon-machine.js';

/** RF, TF and VM are never compared. */
const NEVER_COMPARED = 0x1_0100 | 0x2_0000;
/** Instruction fetch, an attribute of hosts with NX. */
const PF_FETCH = 0x10;
/** Of two bad pages, the one that is found decides this bit. */
const PF_PRESENT = 1;

/** Executes the vector and lists what differs from its recording outside its masks. */
export function differences(machine: SiliconMachine, vector: SiliconVector): string[] {
  const found = machine.execute(vector);
  const { o } = vector;
  const list: string[] = [];
  const compare = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) list.push(`${what} ${show(actual)}, not ${show(expected)}`);
  };
  compare('event', found.ev, o.ev);
  if (o.err !== undefined) {
    const ignored = o.ev !== 14 ? 0 : vector.amb === 'cr2' ? PF_FETCH | PF_PRESENT : PF_FETCH;
    compare('error code', (found.err ?? 0) & ~ignored, o.err & ~ignored);
  }
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
  const options = {
    approximate: vector.approx === 1,
    ulps: vector.ulps ?? 0,
    statusMask: vector.swm ?? 0xffff,
  };
  list.push(...fxDifferences(machine.cpu, vector.i.fx, o.fx, options));
  return [...list, ...machine.memoryDifferences(vector).slice(0, 4)];
}

function show(value: unknown): string {
  return typeof value === 'number' ? value.toString(16) : String(value);
}

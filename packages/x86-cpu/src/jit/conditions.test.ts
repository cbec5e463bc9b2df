/** Conditions right behind the operation that set the flags: translated, they come from its operands. */
/// <reference types="node" />
import { PAGE_SIZE } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { CODE, protectedGuest } from '../testing/guest.js';
import type { RegionReport, TranslatorChoice } from './policy.js';

const CORNERS = [0, 1, 2, -1, -2, 0x7fff_ffff, 0x8000_0000, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff];
const OPERATIONS = ['add', 'adc', 'sub', 'sbb', 'cmp', 'and', 'or', 'xor', 'test', 'inc', 'dec', 'neg'];
const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const ACCUMULATORS = [
  ['al', 'dl'],
  ['ax', 'dx'],
  ['eax', 'edx'],
] as const;
const OPERANDS = 0x8_0000;
const ENTRY_BYTES = 12;
const RESULTS = 0x10_0000;

/** Every two corners, with CF clear and set. */
const entries = CORNERS.flatMap((a) => CORNERS.flatMap((b) => [0, 1].map((carry) => [a, b, carry])));
const end = OPERANDS + entries.length * ENTRY_BYTES;

/** A loop over all operands for each operation and width: SETcc and Jcc of one condition after the other. */
const text = `${OPERATIONS.flatMap((operation, i) =>
  ACCUMULATORS.flatMap(([a, b], j) =>
    CONDITIONS.map((condition, k) => {
      const name = `loop${i}_${j}_${k}`;
      const compute = ['inc', 'dec', 'neg'].includes(operation)
        ? `${operation} ${a}`
        : `${operation} ${a}, ${b}`;
      const load = 'mov eax, [esi]\nmov edx, [esi + 4]\nmov ecx, [esi + 8]\nshr ecx, 1';
      return `
        mov esi, ${OPERANDS}
${name}: ${load}
        ${compute}
        set${condition} [edi]
        ${load}
        ${compute}
        j${condition} ${name}_taken
        or byte [edi], 2
${name}_taken:
        inc edi
        add esi, ${ENTRY_BYTES}
        cmp esi, ${end}
        jne ${name}`;
    }),
  ),
).join('\n')}
        hlt`;

interface Outcome {
  readonly results: Uint8Array;
  /** Physical addresses of the loops. */
  readonly loops: readonly number[];
}

/** The second time everything that is to be translated has been. */
function runTwice(translator: TranslatorChoice): Outcome {
  const guest = protectedGuest(text, { translator });
  entries.flat().forEach((word, i) => {
    guest.mem.write32(OPERANDS + i * 4, word >>> 0);
  });
  for (let time = 0; time < 2; time++) {
    guest.cpu.edi = RESULTS;
    guest.cpu.eip = CODE;
    expect(guest.run(1e9)).toEqual({ kind: 'halt' });
  }
  const loops = [...guest.labels].filter(([name]) => /^loop[0-9_]+$/.test(name)).map(([, at]) => at);
  return { results: guest.mem.readBytes(RESULTS, guest.cpu.edi - RESULTS), loops };
}

describe('a condition', () => {
  it('is what the interpreter finds, after every operation on every two corners', () => {
    const regions: (readonly [number, number])[] = [];
    const onRegion = ({ paddr, start, end }: RegionReport) => {
      const page = paddr & -PAGE_SIZE;
      regions.push([page + start, page + end]);
    };
    const translated = runTwice({ arrivals: 2, batch: 1, patience: 0, onRegion });
    expect(translated.loops).toHaveLength(OPERATIONS.length * ACCUMULATORS.length * CONDITIONS.length);
    const isTranslated = (at: number) => regions.some(([start, end]) => start <= at && at < end);
    expect(translated.loops.filter((at) => !isTranslated(at))).toEqual([]);
    expect(translated.results.length).toBe(translated.loops.length * entries.length);
    expect(Buffer.compare(translated.results, runTwice(false).results)).toBe(0);
  });
});

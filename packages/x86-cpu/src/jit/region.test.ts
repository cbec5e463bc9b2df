/** Tests of what a region takes in: the ways that were gone, and each instruction about once. */
import { describe, expect, it } from 'vitest';
import { protectedGuest } from '../testing/guest.js';
import type { RegionReport } from './policy.js';

const ARRIVALS = 100;

/** The regions that a program makes, to its HLT. */
function regionsOf(program: string): RegionReport[] {
  const regions: RegionReport[] = [];
  const guest = protectedGuest(program, {
    translator: { arrivals: ARRIVALS, batch: 1, patience: 0, onRegion: (region) => regions.push(region) },
  });
  expect(guest.cpu.run(1_000_000)).toEqual({ kind: 'halt' });
  return regions;
}

const mnemonics = (region: RegionReport) => region.rows.map(({ mnemonic }) => mnemonic);
const all = (regions: readonly RegionReport[]) => regions.flatMap(mnemonics);

describe('regions', () => {
  it('leave out the target of a conditional jump that is hardly ever taken', () => {
    const regions = regionsOf(`mov ecx, 1000
      again: cmp ecx, 7
      je rare
      back: dec ecx
      jnz again
      hlt
      rare: bswap eax
      jmp back`);
    expect(all(regions)).toContain('DEC');
    expect(all(regions)).not.toContain('BSWAP');
  });

  it('take in the target of a conditional jump that is often taken', () => {
    const regions = regionsOf(`mov ecx, 1000
      again: test cl, 1
      je even
      back: dec ecx
      jnz again
      hlt
      even: bswap eax
      jmp back`);
    expect(all(regions)).toContain('BSWAP');
  });

  it('translate the rest of a function that makes many calls about once, not once behind each call', () => {
    const calls = 12;
    const regions = regionsOf(`mov ecx, 1000
      again: ${'call near_by\nadd eax, 1\n'.repeat(calls)} bswap edx
      dec ecx
      jnz again
      hlt
      near_by: ret`);
    const adds = all(regions).filter((mnemonic) => mnemonic === 'ADD').length;
    expect(adds).toBeGreaterThanOrEqual(calls);
    expect(adds).toBeLessThanOrEqual(2 * calls);
  });

  it('stop at the entry of another region if they would mostly repeat it', () => {
    const tail = 'add eax, 1\n'.repeat(40);
    const regions = regionsOf(`mov esi, 6
      outer: lea ebx, [esi*4]
      jmp dword ptr [table + ebx]
      ${[1, 2, 3, 4, 5, 6].map((n) => `way${n}: xor edx, ${n}\njmp shared`).join('\n')}
      shared: ${tail} inc edi
      cmp edi, 6000
      je done
      dec esi
      jnz outer
      mov esi, 6
      jmp outer
      done: hlt
      align 4
      table: dd 0, ${[1, 2, 3, 4, 5, 6].map((n) => `way${n}`).join(', ')}`);
    const adds = all(regions).filter((mnemonic) => mnemonic === 'ADD').length;
    expect(adds).toBeGreaterThanOrEqual(40);
    expect(adds).toBeLessThanOrEqual(3 * 40);
  });
});

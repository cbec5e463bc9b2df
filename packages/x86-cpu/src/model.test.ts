/** Tests of the models: what each has, says, and refuses. */
import { describe, expect, it } from 'vitest';
import { CPU_MODELS, type CpuModelName, FEATURE } from './model.js';
import { AC, ID } from './state/eflags.js';
import { protectedGuest } from './testing/guest.js';

const NAMES = Object.keys(CPU_MODELS) as CpuModelName[];

/** Vector of the exception that the text ends in, or -1 for HLT. */
function outcome(model: CpuModelName, text: string): number {
  const guest = protectedGuest(`${text}\nhlt`, { model });
  guest.run();
  return guest.cpu.eip >= 0x1_0000 ? -1 : guest.delivered().vector;
}

const SINCE: readonly (readonly [text: string, since: CpuModelName])[] = [
  ['bswap eax', '486'],
  ['invlpg [0]', '486'],
  ['xadd eax, ebx', '486'],
  ['cpuid', '486-cpuid'],
  ['mov eax, cr4', '486-cpuid'],
  ['rdtsc', 'pentium'],
  ['mov ecx, 0x10\nrdmsr', 'pentium'],
  ['cmpxchg8b [0x9000]', 'pentium'],
  ['cmovz eax, ebx', 'pentium-pro'],
];
const ORDER: readonly CpuModelName[] = [
  '386',
  '486',
  '486-cpuid',
  'pentium',
  'pentium-mmx',
  'pentium-pro',
  'pentium-2',
  'pentium-3',
  'pentium-4',
  'max',
];

describe('models', () => {
  it.each(SINCE)('%s is #UD before its first model, and executes since', (text, since) => {
    const expected = ORDER.map((_, i) => (i < ORDER.indexOf(since) ? 6 : -1));
    expect(ORDER.map((model) => outcome(model, text))).toEqual(expected);
  });

  it('MOV to and from TR3-TR7 is #UD since the Pentium', () => {
    expect(ORDER.map((model) => outcome(model, 'db 0x0f, 0x24, 0xd8'))).toEqual(
      ORDER.map((_, i) => (i < 3 ? -1 : 6)),
    );
  });

  it('AC toggles since the 486, ID where CPUID is', () => {
    const text = `pushfd\npop eax\nxor eax, ${AC | ID}\npush eax\npopfd\npushfd\npop ebx\nhlt`;
    const kept = ORDER.map((model) => {
      const guest = protectedGuest(text, { model });
      guest.run();
      return guest.cpu.ebx & (AC | ID);
    });
    expect(kept).toEqual([0, AC, ...ORDER.slice(2).map(() => AC | ID)]);
  });

  it('CR4 takes exactly the bits whose feature CPUID tells; any other is #GP(0)', () => {
    const bits: readonly (readonly [bit: number, feature: number])[] = [
      [0, FEATURE.VME],
      [1, FEATURE.VME],
      [2, FEATURE.TSC],
      [3, FEATURE.DE],
      [4, FEATURE.PSE],
      [5, FEATURE.PAE],
      [7, FEATURE.PGE],
    ];
    for (const name of NAMES.filter((model) => CPU_MODELS[model].hasCr4)) {
      for (const [bit, feature] of bits) {
        const found = outcome(name, `mov eax, ${1 << bit}\nmov cr4, eax`);
        expect([name, bit, found]).toEqual([name, bit, CPU_MODELS[name].features & feature ? -1 : 13]);
      }
      expect([name, outcome(name, 'mov eax, 0x800\nmov cr4, eax')]).toEqual([name, 13]);
    }
  });

  it('CPUID leaf 1 has the signature, and leaf 0 the highest leaf and the vendor', () => {
    const signatures = ORDER.slice(2).map((model) => {
      const guest = protectedGuest('mov eax, 1\ncpuid\nmov esi, eax\nxor eax, eax\ncpuid\nhlt', { model });
      guest.run();
      expect(guest.cpu.ebx).toBe(0x756e_6547);
      return [guest.cpu.esi.toString(16), guest.cpu.eax];
    });
    expect(signatures).toEqual([
      ['480', 1],
      ['52c', 1],
      ['543', 1],
      ['619', 2],
      ['652', 2],
      ['68a', 2],
      ['f29', 2],
      ['68a', 2],
    ]);
  });

  it('CPUID tells of no MTRR or machine check, which no model has', () => {
    const MTRR_MCE_MCA = (1 << 12) | (1 << 7) | (1 << 14);
    for (const name of NAMES) expect(CPU_MODELS[name].features & MTRR_MCE_MCA).toBe(0);
  });

  it('the model that is no real processor says that it is virtual, and whose', () => {
    const { cpuidLeaf } = CPU_MODELS.max;
    expect(cpuidLeaf(1).ecx >>> 31).toBe(1);
    expect(CPU_MODELS['pentium-4'].cpuidLeaf(1).ecx).toBe(0);
    const { eax, ebx, ecx, edx } = cpuidLeaf(0x4000_0000);
    expect(eax).toBe(0x4000_0000);
    const bytes = new Uint8Array(Int32Array.of(ebx, ecx, edx).buffer);
    expect(String.fromCharCode(...bytes)).toBe('KexecVirtual');
  });
});

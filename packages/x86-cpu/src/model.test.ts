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
      ['6d8', 2],
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

/** EAX, EBX, ECX, EDX in hex, of the leaf that a program asks for. */
function leaf(model: CpuModelName, eax: number): string[] {
  const { cpu } = run(`mov eax, ${eax}\ncpuid\nhlt`, model);
  return [cpu.eax, cpu.ebx, cpu.ecx, cpu.edx].map((word) => word.toString(16));
}

function run(text: string, model: CpuModelName) {
  const guest = protectedGuest(text, { model });
  guest.run();
  return guest;
}

/** CPUID.1:EDX of silicon with the same signature, as people have dumped it. */
const SILICON_FEATURES: readonly (readonly [model: CpuModelName, features: number])[] = [
  ['486-cpuid', 0x3],
  ['pentium', 0x3bf],
  ['pentium-mmx', 0x80_03bf],
  ['pentium-pro', 0xfbff],
  ['pentium-2', 0x183_fbff],
  ['pentium-3', 0x383_fbff],
  ['pentium-4', 0xbfeb_fbff],
];

describe('what CPUID says', () => {
  it.each(SILICON_FEATURES)('%s claims no feature that silicon of its signature lacks', (model, silicon) => {
    expect(CPU_MODELS[model].features & ~silicon).toBe(0);
  });

  it('max is the sum of all models, and alone tells of execute-disable', () => {
    const sum = NAMES.reduce((all, name) => all | CPU_MODELS[name].features, 0);
    expect(CPU_MODELS.max.features).toBe(sum);
    expect(NAMES.filter((name) => CPU_MODELS[name].hasNoExecute)).toEqual(['max']);
  });

  it('leaf 1 EBX has the brand index, and the CLFLUSH line of 64 bytes where CLFLUSH is', () => {
    const models = ['pentium-2', 'pentium-3', 'pentium-4', 'max'] as const;
    expect(models.map((model) => leaf(model, 1)[1])).toEqual(['0', '2', '809', '800']);
  });

  it('leaf 2 has the descriptors of silicon; max has nothing to describe', () => {
    expect(leaf('pentium-pro', 2)).toEqual(['3020101', '0', '0', '6040a42']);
    expect(leaf('pentium-2', 2)).toEqual(['3020101', '0', '0', 'c040843']);
    expect(leaf('pentium-3', 2)).toEqual(['3020101', '0', '0', 'c040882']);
    expect(leaf('pentium-4', 2)).toEqual(['665b5101', '0', '0', '7b7040']);
    expect(leaf('max', 2)).toEqual(['1', '0', '0', '0']);
  });

  it('a leaf beyond the highest returns the highest basic leaf since the Pentium Pro', () => {
    for (const beyond of [3, 0x4000_0000, 0x8000_0000])
      expect(leaf('pentium-3', beyond)).toEqual(leaf('pentium-3', 2));
    expect(leaf('pentium-4', 0x8000_0005)).toEqual(leaf('pentium-4', 2));
    expect(leaf('max', 0x8000_0009)).toEqual(leaf('max', 2));
    expect(leaf('pentium', 2)).toEqual(['0', '0', '0', '0']);
  });

  it('a 386 and a 486 have no leaf at all', () => {
    expect(CPU_MODELS['486'].cpuidLeaf(0)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
  });

  it.each([
    ['pentium-4', '80000004', 'Intel(R) Pentium(R) 4 CPU'],
    ['max', '80000008', 'kexec virtual IA-32 processor'],
  ] as const)(
    '%s has extended leaves up to %s, and a brand string that ends in zero',
    (model, last, brand) => {
      expect(leaf(model, 0x8000_0000)).toEqual([last, '0', '0', '0']);
      const bytes = [2, 3, 4].flatMap((index) => {
        const { eax, ebx, ecx, edx } = CPU_MODELS[model].cpuidLeaf(0x8000_0000 + index);
        return [...new Uint8Array(Int32Array.of(eax, ebx, ecx, edx).buffer)];
      });
      const text = String.fromCharCode(...bytes);
      expect(text.length).toBe(48);
      expect(text.trimStart()).toBe(`${brand}\0`);
    },
  );

  it('max has NX, an invariant TSC, 36 physical and 32 linear address bits, and tells of no cache', () => {
    expect(leaf('max', 0x8000_0001)).toEqual(['0', '0', '0', '100000']);
    expect(leaf('max', 0x8000_0005)).toEqual(['0', '0', '0', '0']);
    expect(leaf('max', 0x8000_0006)).toEqual(['0', '0', '0', '0']);
    expect(leaf('max', 0x8000_0007)).toEqual(['0', '0', '0', '100']);
    expect(leaf('max', 0x8000_0008)).toEqual(['2024', '0', '0', '0']);
    expect(leaf('pentium-4', 0x8000_0001)).toEqual(['0', '0', '0', '0']);
  });
});

/** EDX:EAX in hex, or '#GP'. */
function readMsr(model: CpuModelName, register: number): string {
  const { cpu } = run(`mov ecx, ${register}\nrdmsr\nhlt`, model);
  if (cpu.eip < 0x1_0000) return '#GP';
  return `${cpu.edx.toString(16)}:${cpu.eax.toString(16)}`;
}

/** What RDMSR says after a WRMSR, or '#GP'. */
function writeMsr(model: CpuModelName, register: number, high: number, low: number): string {
  const write = `mov ecx, ${register}\nmov edx, ${high}\nmov eax, ${low}\nwrmsr\n`;
  const { cpu } = run(`${write}xor eax, eax\nxor edx, edx\nrdmsr\nhlt`, model);
  if (cpu.eip < 0x1_0000) return '#GP';
  return `${cpu.edx.toString(16)}:${cpu.eax.toString(16)}`;
}

describe('model-specific registers', () => {
  const HAVE: readonly (readonly [name: string, register: number, since: CpuModelName])[] = [
    ['P5_MC_ADDR', 0x0, 'pentium'],
    ['P5_MC_TYPE', 0x1, 'pentium'],
    ['IA32_PLATFORM_ID', 0x17, 'pentium-pro'],
    ['EBL_CR_POWERON', 0x2a, 'pentium-pro'],
    ['IA32_BIOS_SIGN_ID', 0x8b, 'pentium-pro'],
    ['IA32_SYSENTER_CS', 0x174, 'pentium-2'],
    ['IA32_PAT', 0x277, 'pentium-2'],
    ['IA32_MISC_ENABLE', 0x1a0, 'pentium-4'],
    ['IA32_EFER', 0xc000_0080, 'max'],
  ];
  const WITH_MSRS = ORDER.slice(ORDER.indexOf('pentium'));

  it.each(HAVE)('%s (%i) is there since the %s, and #GP(0) before', (_, register, since) => {
    const expected = WITH_MSRS.map((_model, i) => i >= WITH_MSRS.indexOf(since));
    expect(WITH_MSRS.map((model) => readMsr(model, register) !== '#GP')).toEqual(expected);
  });

  it('one that no model has is #GP(0), for reading and for writing', () => {
    // APIC base without an APIC on the board, MTRRcap, MCG_CAP, DEBUGCTL, and a number of nobody's.
    for (const register of [0x1b, 0xfe, 0x179, 0x1d9, 0x1234_5678]) {
      expect([readMsr('max', register), writeMsr('max', register, 0, 0)]).toEqual(['#GP', '#GP']);
    }
  });

  it('the PAT has its eight types after reset, takes other types, and refuses reserved ones', () => {
    expect(readMsr('pentium-3', 0x277)).toBe('70406:70406');
    expect(writeMsr('pentium-3', 0x277, 0x0005_0401, 0x0007_0106)).toBe('50401:70106');
    for (const reserved of [2, 3, 8]) expect(writeMsr('pentium-3', 0x277, 0, reserved)).toBe('#GP');
    expect(writeMsr('pentium-3', 0x277, 0x0200_0000, 0)).toBe('#GP');
  });

  it('MISC_ENABLE has fast strings, neither BTS nor PEBS, and refuses what it does not have', () => {
    expect(readMsr('max', 0x1a0)).toBe('0:1801');
    expect(writeMsr('max', 0x1a0, 0, 0x40_0000)).toBe('0:401800');
    // Execute-disable cannot be disabled: bit 34.
    expect(writeMsr('max', 0x1a0, 4, 0x1801)).toBe('#GP');
  });

  it('the platform cannot be changed; a microcode update is taken and does nothing', () => {
    expect(writeMsr('pentium-3', 0x17, 0, 0)).toBe('#GP');
    expect(writeMsr('pentium-3', 0x79, 0, 0x1000)).toBe('0:0');
  });

  it('RESET# gives them their first values', () => {
    const { cpu } = protectedGuest('hlt');
    cpu.msrs.write(0x277, 0n);
    cpu.msrs.write(0x174, 8n);
    cpu.reset();
    expect([cpu.msrs.read(0x277), cpu.msrs.read(0x174)]).toEqual([0x0007_0406_0007_0406n, 0n]);
  });
});

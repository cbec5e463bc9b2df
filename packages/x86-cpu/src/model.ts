/** CPU models: which instructions, control bits and flags each has, and what CPUID says of them. */
import { KexecError } from '@kexec/phys-mem';
import { type CpuidFacts, type CpuidLeaf, cpuidLeaf } from './cpuid.js';
import {
  CLFSH,
  CMOV,
  CPUID,
  CX8,
  FXSR,
  I486,
  MMX,
  MSR,
  RDPMC,
  SEP,
  SSE,
  SSE2,
  TEST_REGISTERS,
  TSC,
} from './isa/insn.js';
import {
  CR4_DE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_TSD,
  CR4_VME,
} from './state/control.js';
import { AC, ARITHMETIC_FLAGS, DF, ID, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from './state/eflags.js';

/** CPUID.1:EDX (SDM Vol. 2A, "CPUID", Table 3-11). A bit is claimed only when we execute what it promises. */
export const FEATURE = {
  FPU: 1 << 0,
  VME: 1 << 1,
  DE: 1 << 2,
  PSE: 1 << 3,
  TSC: 1 << 4,
  MSR: 1 << 5,
  PAE: 1 << 6,
  CX8: 1 << 8,
  APIC: 1 << 9,
  SEP: 1 << 11,
  PGE: 1 << 13,
  CMOV: 1 << 15,
  PAT: 1 << 16,
  PSE36: 1 << 17,
  CLFSH: 1 << 19,
  MMX: 1 << 23,
  FXSR: 1 << 24,
  SSE: 1 << 25,
  SSE2: 1 << 26,
} as const;

/** A processor to be. */
export interface CpuModel {
  readonly name: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** CPUID.1:EDX; 0 for a model without CPUID. */
  readonly features: number;
  /** Feature flags of isa/insn.ts: rows that need others are #UD. */
  readonly rows: number;
  /** MOV to and from CR4 is #UD without it. */
  readonly hasCr4: boolean;
  /** CR4 bits that may be set; any other is #GP. */
  readonly cr4Mask: number;
  /** CR0.WP and CR0.AM exist since the 486, as do NE, NW and CD. */
  readonly has486Cr0: boolean;
  /** Without an FPU the x87 escapes do nothing, unless CR0.EM or CR0.TS makes them #NM. */
  readonly hasFpu: boolean;
  /** EFLAGS bits that exist. */
  readonly eflagsMask: number;
  /** Loading CS in real-address mode sets limit FFFF and D = 0. */
  readonly loadsFixedCodeLimits: boolean;
  /** Machine-specific registers of the P6 family, besides those of the Pentium. */
  readonly hasP6Msrs: boolean;
  /** IA32_MISC_ENABLE: since the Pentium 4 and the last Pentium M. */
  readonly hasMiscEnable: boolean;
  /** EFER.NXE, and CPUID.80000001:EDX bit 20. */
  readonly hasNoExecute: boolean;
  /** Leaf by EAX (uint32). */
  cpuidLeaf(leaf: number): CpuidLeaf;
}

const EFLAGS_386 = ARITHMETIC_FLAGS | TF | IF | DF | IOPL | NT | RF | VM;
const EFLAGS_486 = EFLAGS_386 | AC;
const EFLAGS_CPUID = EFLAGS_486 | ID;
const EFLAGS_VME = VIF | VIP;
/** CPUID.80000001:EDX. */
const EXTENDED_NX = 1 << 20;

/* Features and rows, each generation's on top of those before it. */
const PENTIUM =
  FEATURE.FPU |
  FEATURE.VME |
  FEATURE.DE |
  FEATURE.PSE |
  FEATURE.TSC |
  FEATURE.MSR |
  FEATURE.CX8 |
  FEATURE.APIC;
const PENTIUM_PRO = PENTIUM | FEATURE.PAE | FEATURE.PGE | FEATURE.CMOV;
const PENTIUM_2 = PENTIUM_PRO | FEATURE.SEP | FEATURE.PAT | FEATURE.PSE36 | FEATURE.MMX | FEATURE.FXSR;
const PENTIUM_3 = PENTIUM_2 | FEATURE.SSE;
const PENTIUM_4 = PENTIUM_3 | FEATURE.SSE2 | FEATURE.CLFSH;

type Identity = Pick<CpuModel, 'name' | 'family' | 'model' | 'stepping'>;

function withoutCpuid(identity: Identity, rest: { is486: boolean }): CpuModel {
  return {
    ...identity,
    features: 0,
    rows: TEST_REGISTERS | (rest.is486 ? I486 : 0),
    hasCr4: false,
    cr4Mask: 0,
    has486Cr0: rest.is486,
    hasFpu: rest.is486,
    eflagsMask: rest.is486 ? EFLAGS_486 : EFLAGS_386,
    loadsFixedCodeLimits: true,
    hasP6Msrs: false,
    hasMiscEnable: false,
    hasNoExecute: false,
    cpuidLeaf: () => ({ eax: 0, ebx: 0, ecx: 0, edx: 0 }),
  };
}

/** What a CPUID feature brings: opcode rows, and bits of CR4 and EFLAGS. */
const BROUGHT: readonly (readonly [feature: number, rows: number, cr4: number, eflags: number])[] = [
  [FEATURE.VME, 0, CR4_VME | CR4_PVI, EFLAGS_VME],
  [FEATURE.DE, 0, CR4_DE, 0],
  [FEATURE.PSE, 0, CR4_PSE, 0],
  [FEATURE.TSC, TSC, CR4_TSD, 0],
  [FEATURE.MSR, MSR, 0, 0],
  [FEATURE.PAE, 0, CR4_PAE, 0],
  [FEATURE.CX8, CX8, 0, 0],
  [FEATURE.SEP, SEP, 0, 0],
  [FEATURE.PGE, 0, CR4_PGE, 0],
  [FEATURE.CMOV, CMOV, 0, 0],
  [FEATURE.CLFSH, CLFSH, 0, 0],
  [FEATURE.MMX, MMX, 0, 0],
  [FEATURE.FXSR, FXSR, CR4_OSFXSR, 0],
  [FEATURE.SSE, SSE, CR4_OSXMMEXCPT, 0],
  [FEATURE.SSE2, SSE2, 0, 0],
];

type Description = Omit<CpuidFacts, 'signature' | 'features'>;

/**
 * A model with CPUID: its features decide the rest.
 *
 * @param rows - opcode rows that have no CPUID bit
 */
function withCpuid(
  identity: Identity,
  features: number,
  rows: number,
  description: Description = {},
): CpuModel {
  const brought = BROUGHT.filter(([feature]) => features & feature);
  const facts: CpuidFacts = { ...description, signature: signature(identity), features };
  return {
    ...identity,
    features,
    rows: brought.reduce((all, [, row]) => all | row, I486 | CPUID | rows),
    hasCr4: true,
    cr4Mask: brought.reduce((all, [, , cr4]) => all | cr4, rows & RDPMC ? CR4_PCE : 0),
    has486Cr0: true,
    hasFpu: (features & FEATURE.FPU) !== 0,
    eflagsMask: brought.reduce((all, [, , , eflags]) => all | eflags, EFLAGS_CPUID),
    loadsFixedCodeLimits: identity.family < 5,
    hasP6Msrs: identity.family >= 6,
    hasMiscEnable: false,
    hasNoExecute: ((description.extended?.features ?? 0) & EXTENDED_NX) !== 0,
    cpuidLeaf: (leaf) => cpuidLeaf(facts, leaf),
  };
}

/** Name, family, model and stepping, as CPUID.1:EAX has them (AP-485, "Intel Processor Identification"). */
function identity(name: string, family: number, model: number, stepping: number): Identity {
  return { name, family, model, stepping };
}

/*
 * Caches and TLBs that leaf 2 tells of, read from silicon of the same signature. They are there to be told: none has
 * an effect that software could see but for time.
 */
const PENTIUM_PRO_256K = [0x0302_0101, 0, 0, 0x0604_0a42] as const;
const PENTIUM_2_512K = [0x0302_0101, 0, 0, 0x0c04_0843] as const;
const PENTIUM_3_256K = [0x0302_0101, 0, 0, 0x0c04_0882] as const;
const PENTIUM_4_512K = [0x665b_5101, 0, 0, 0x007b_7040] as const;
/** One call says it all, and there is nothing to say. */
const NO_CACHES = [1, 0, 0, 0] as const;

const MODEL_686 = withCpuid(identity('pentium-pro', 6, 1, 9), PENTIUM_PRO, RDPMC, {
  descriptors: PENTIUM_PRO_256K,
});

/**
 * The sum of what we execute, as the last of the P6 family would say it: SSE2 and execute-disable, and no 64 bits. It
 * tells of no caches and no TLBs, and of a time-stamp counter that nothing slows or stops: time is virtual.
 */
const MAX: CpuModel = {
  ...withCpuid(identity('max', 6, 13, 8), PENTIUM_4, RDPMC, {
    clflushQuadwords: 8,
    descriptors: NO_CACHES,
    brand: 'kexec virtual IA-32 processor',
    hypervisor: 'KexecVirtual',
    extended: {
      features: EXTENDED_NX,
      hasInvariantTsc: true,
      physicalAddressBits: 36,
      linearAddressBits: 32,
    },
  }),
  hasMiscEnable: true,
};

const MODEL_PENTIUM_4: CpuModel = {
  ...withCpuid(identity('pentium-4', 15, 2, 9), PENTIUM_4, RDPMC, {
    brandIndex: 9,
    clflushQuadwords: 8,
    descriptors: PENTIUM_4_512K,
    brand: 'Intel(R) Pentium(R) 4 CPU',
  }),
  hasMiscEnable: true,
};

/** The models by name. */
export const CPU_MODELS = {
  '386': withoutCpuid(identity('386', 3, 0, 8), { is486: false }),
  '486': withoutCpuid(identity('486', 4, 1, 0), { is486: true }),
  // The DX4: CPUID, FPU, and the virtual-8086 extensions.
  '486-cpuid': withCpuid(identity('486-cpuid', 4, 8, 0), FEATURE.FPU | FEATURE.VME, TEST_REGISTERS),
  pentium: withCpuid(identity('pentium', 5, 2, 12), PENTIUM, 0),
  'pentium-mmx': withCpuid(identity('pentium-mmx', 5, 4, 3), PENTIUM | FEATURE.MMX, RDPMC),
  'pentium-pro': MODEL_686,
  '686': MODEL_686,
  'pentium-2': withCpuid(identity('pentium-2', 6, 5, 2), PENTIUM_2, RDPMC, { descriptors: PENTIUM_2_512K }),
  'pentium-3': withCpuid(identity('pentium-3', 6, 8, 10), PENTIUM_3, RDPMC, {
    brandIndex: 2,
    descriptors: PENTIUM_3_256K,
  }),
  'pentium-4': MODEL_PENTIUM_4,
  /** Everything that we execute; what a machine has unless told otherwise. */
  max: MAX,
} as const satisfies Readonly<Record<string, CpuModel>>;

/** A name in {@link CPU_MODELS}. */
export type CpuModelName = keyof typeof CPU_MODELS;

/** The model of that name; throws KexecError 'CPU_MODEL' for an unknown one. */
export function cpuModel(model: CpuModel | string): CpuModel {
  if (typeof model !== 'string') return model;
  const found = Object.hasOwn(CPU_MODELS, model) ? CPU_MODELS[model as CpuModelName] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(CPU_MODELS).join(', ');
  throw new KexecError('CPU_MODEL', `no CPU model '${model}'`, {
    details: { model, known: names },
    remedy: `choose one of ${names}`,
  });
}

/** EDX after reset, and CPUID.1:EAX: family, model and stepping. */
export function signature({ family, model, stepping }: Identity): number {
  return (family << 8) | (model << 4) | stepping;
}

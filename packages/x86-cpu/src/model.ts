/** CPU models: which instructions, control bits and flags each has, and what CPUID says of them. */
import { KexecError } from '@kexec/phys-mem';
import { CMOV, CPUID, CX8, I486, MSR, TEST_REGISTERS, TSC } from './isa/insn.js';
import { CR4_PAE, CR4_PGE, CR4_PSE, CR4_TSD } from './state/control.js';
import { AC, ARITHMETIC_FLAGS, DF, ID, IF, IOPL, NT, RF, TF, VM } from './state/eflags.js';

/** CPUID.1:EDX (SDM Vol. 2A, "CPUID", Table 3-11). A bit is claimed only when we execute what it promises. */
export const FEATURE = {
  PSE: 1 << 3,
  TSC: 1 << 4,
  MSR: 1 << 5,
  PAE: 1 << 6,
  CX8: 1 << 8,
  PGE: 1 << 13,
  CMOV: 1 << 15,
} as const;

/** What CPUID returns for a leaf, as int32. */
export interface CpuidLeaf {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

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
  /** EFLAGS bits that exist. */
  readonly eflagsMask: number;
  /** Loading CS in real-address mode sets limit FFFF and D = 0. */
  readonly loadsFixedCodeLimits: boolean;
  /** Machine-specific registers of the P6 family, besides those of the Pentium. */
  readonly hasP6Msrs: boolean;
  cpuidLeaf(leaf: number): CpuidLeaf;
}

const EFLAGS_386 = ARITHMETIC_FLAGS | TF | IF | DF | IOPL | NT | RF | VM;
const EFLAGS_486 = EFLAGS_386 | AC;
const EFLAGS_PENTIUM = EFLAGS_486 | ID;
const PENTIUM_FEATURES = FEATURE.PSE | FEATURE.TSC | FEATURE.MSR | FEATURE.CX8;
const P6_FEATURES = PENTIUM_FEATURES | FEATURE.PAE | FEATURE.PGE | FEATURE.CMOV;
const PENTIUM_ROWS = I486 | CPUID | TSC | CX8 | MSR;
const VENDOR = 'GenuineIntel';

type Identity = Pick<CpuModel, 'name' | 'family' | 'model' | 'stepping'>;

function withoutCpuid(identity: Identity, rest: { is486: boolean }): CpuModel {
  return {
    ...identity,
    features: 0,
    rows: TEST_REGISTERS | (rest.is486 ? I486 : 0),
    hasCr4: false,
    cr4Mask: 0,
    has486Cr0: rest.is486,
    eflagsMask: rest.is486 ? EFLAGS_486 : EFLAGS_386,
    loadsFixedCodeLimits: true,
    hasP6Msrs: false,
    cpuidLeaf: () => NO_LEAF,
  };
}

function withCpuid(identity: Identity, features: number, rows: number, brand?: string): CpuModel {
  const isP6 = identity.family >= 6;
  return {
    ...identity,
    features,
    rows,
    hasCr4: true,
    cr4Mask:
      CR4_TSD |
      (features & FEATURE.PSE ? CR4_PSE : 0) |
      (features & FEATURE.PAE ? CR4_PAE : 0) |
      (features & FEATURE.PGE ? CR4_PGE : 0),
    has486Cr0: true,
    eflagsMask: EFLAGS_PENTIUM,
    loadsFixedCodeLimits: false,
    hasP6Msrs: isP6,
    cpuidLeaf: (leaf) => leafOf(identity, features, brand, leaf >>> 0),
  };
}

const MODEL_686 = withCpuid(
  { name: 'pentium-pro', family: 6, model: 1, stepping: 9 },
  P6_FEATURES,
  PENTIUM_ROWS | CMOV,
);

/** The models by name. */
export const CPU_MODELS = {
  '386': withoutCpuid({ name: '386', family: 3, model: 0, stepping: 8 }, { is486: false }),
  '486': withoutCpuid({ name: '486', family: 4, model: 1, stepping: 0 }, { is486: true }),
  pentium: withCpuid({ name: 'pentium', family: 5, model: 2, stepping: 12 }, PENTIUM_FEATURES, PENTIUM_ROWS),
  'pentium-pro': MODEL_686,
  '686': MODEL_686,
  /** Everything that we execute. */
  max: withCpuid(
    { name: 'max', family: 6, model: 8, stepping: 10 },
    P6_FEATURES,
    PENTIUM_ROWS | CMOV,
    'kexec virtual IA-32 processor',
  ),
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

const NO_LEAF: CpuidLeaf = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
const EXTENDED = 0x8000_0000;
const BRAND_FIRST = 0x8000_0002;
const BRAND_LAST = 0x8000_0004;

function leafOf(identity: Identity, features: number, brand: string | undefined, leaf: number): CpuidLeaf {
  if (leaf === 0) {
    const eax = identity.family >= 6 ? 2 : 1;
    return { eax, ebx: word(VENDOR, 0), edx: word(VENDOR, 4), ecx: word(VENDOR, 8) };
  }
  if (brand !== undefined && leaf === EXTENDED) return { ...NO_LEAF, eax: BRAND_LAST | 0 };
  if (brand !== undefined && leaf >= BRAND_FIRST && leaf <= BRAND_LAST) {
    const at = (leaf - BRAND_FIRST) * 16;
    return {
      eax: word(brand, at),
      ebx: word(brand, at + 4),
      ecx: word(brand, at + 8),
      edx: word(brand, at + 12),
    };
  }
  if (leaf === 1) return { ...NO_LEAF, eax: signature(identity), edx: features };
  // Leaf 2: one call says it all (AL = 1), and there is no cache to describe.
  return leaf === 2 && identity.family >= 6 ? { ...NO_LEAF, eax: 1 } : NO_LEAF;
}

/** Four ASCII characters as a little-endian dword, zeroes past the end. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return value;
}

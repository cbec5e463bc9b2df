/** CPUID: the leaves of a model, made from what it executes and from how silicon describes itself. */

/** What CPUID returns for a leaf, as int32. */
export interface CpuidLeaf {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** What the leaves of a processor with CPUID say. */
export interface CpuidFacts {
  /** Leaf 1 EAX: family, model and stepping. */
  readonly signature: number;
  /** Leaf 1 EDX. */
  readonly features: number;
  /** Leaf 1 EBX: brand index in bits 7-0, CLFLUSH line in quadwords in bits 15-8. */
  readonly brandIndex?: number;
  readonly clflushQuadwords?: number;
  /** Leaf 2, EAX, EBX, ECX, EDX; without it leaf 1 is the highest. */
  readonly descriptors?: readonly [eax: number, ebx: number, ecx: number, edx: number];
  /** Leaves 80000002-80000004, at most 47 ASCII characters; without it there are no extended leaves. */
  readonly brand?: string;
  /** Leaf 40000000: twelve ASCII characters, whose processor it is that says in leaf 1 ECX that it is virtual. */
  readonly hypervisor?: string;
  /** Leaf 80000001 EDX and all that follows the brand string, up to 80000008. */
  readonly extended?: ExtendedFacts;
}

/** SDM Vol. 2A, "CPUID", Table 3-8: the leaves 80000001, 80000007 and 80000008. */
interface ExtendedFacts {
  readonly features: number;
  readonly hasInvariantTsc: boolean;
  readonly physicalAddressBits: number;
  readonly linearAddressBits: number;
}

const VENDOR = 'GenuineIntel';
const NO_LEAF: CpuidLeaf = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
/** Leaf 1 ECX: the processor is not alone with its software. What it is says the hypervisor leaf. */
const HYPERVISOR = 1 << 31;
const HYPERVISOR_LEAF = 0x4000_0000;
const EXTENDED = 0x8000_0000;
const BRAND_FIRST = 2;
const BRAND_LAST = 4;
const POWER_MANAGEMENT = 7;
const ADDRESS_SIZES = 8;
const INVARIANT_TSC = 1 << 8;
const BRAND_BYTES = 48;

/**
 * The leaf that software asks for.
 *
 * A number beyond the highest leaf returns the highest basic one (SDM Vol. 2A, "CPUID", "INPUT EAX"), which is leaf 2
 * on every model since the Pentium Pro; the models before it return zeroes, for want of a rule.
 *
 * @param leaf - EAX, as uint32
 */
export function cpuidLeaf(facts: CpuidFacts, leaf: number): CpuidLeaf {
  const highest = facts.descriptors === undefined ? 1 : 2;
  if (leaf === 0) return { eax: highest, ebx: word(VENDOR, 0), edx: word(VENDOR, 4), ecx: word(VENDOR, 8) };
  if (leaf === 1) return identification(facts);
  if (leaf === HYPERVISOR_LEAF && facts.hypervisor !== undefined) return hypervisorLeaf(facts.hypervisor);
  return extendedLeaf(facts, leaf - EXTENDED) ?? descriptorLeaf(facts);
}

function identification(facts: CpuidFacts): CpuidLeaf {
  const { signature, features, brandIndex = 0, clflushQuadwords = 0, hypervisor } = facts;
  const ecx = hypervisor === undefined ? 0 : HYPERVISOR;
  return { eax: signature, ebx: brandIndex | (clflushQuadwords << 8), ecx, edx: features };
}

function hypervisorLeaf(name: string): CpuidLeaf {
  return { eax: HYPERVISOR_LEAF, ebx: word(name, 0), ecx: word(name, 4), edx: word(name, 8) };
}

/** Caches and TLBs, a descriptor a byte. */
function descriptorLeaf({ descriptors }: CpuidFacts): CpuidLeaf {
  if (descriptors === undefined) return NO_LEAF;
  const [eax, ebx, ecx, edx] = descriptors;
  return { eax, ebx, ecx, edx };
}

/** @param index - distance from 80000000h */
function extendedLeaf({ brand, extended }: CpuidFacts, index: number): CpuidLeaf | undefined {
  if (brand === undefined) return undefined;
  const last = extended === undefined ? BRAND_LAST : ADDRESS_SIZES;
  if (index < 0 || index > last) return undefined;
  if (index === 0) return { ...NO_LEAF, eax: (EXTENDED + last) | 0 };
  if (index >= BRAND_FIRST && index <= BRAND_LAST) return brandLeaf(brand, (index - BRAND_FIRST) * 16);
  return extended === undefined ? NO_LEAF : extendedFacts(extended, index);
}

function extendedFacts(extended: ExtendedFacts, index: number): CpuidLeaf {
  const { features, hasInvariantTsc, physicalAddressBits, linearAddressBits } = extended;
  if (index === 1) return { ...NO_LEAF, edx: features };
  if (index === POWER_MANAGEMENT) return { ...NO_LEAF, edx: hasInvariantTsc ? INVARIANT_TSC : 0 };
  if (index === ADDRESS_SIZES) return { ...NO_LEAF, eax: physicalAddressBits | (linearAddressBits << 8) };
  return NO_LEAF;
}

/** Right-justified with its terminating zero, as silicon has it. */
function brandLeaf(brand: string, at: number): CpuidLeaf {
  const text = brand.padStart(BRAND_BYTES - 1);
  return { eax: word(text, at), ebx: word(text, at + 4), ecx: word(text, at + 8), edx: word(text, at + 12) };
}

/** Four ASCII characters as a little-endian dword, zeroes past the end. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (text.charCodeAt(at + i) || 0) << (8 * i);
  return value;
}

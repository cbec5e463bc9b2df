/** What head found out about the CPU. */
import type { PhysMem } from '@kexec/phys-mem';
import { __pa, type LinearAddr } from '../../mm/pgtable.js';

/** Feature bits of CPUID leaf 1, EDX (SDM Vol. 2A, CPUID, "Feature Information Returned in the EDX Register"). */
const X86_FEATURE_PSE = 1 << 3;
const X86_FEATURE_TSC = 1 << 4;
const X86_FEATURE_PGE = 1 << 13;
/** VME, DE, PSE, TSC, PAE, MCE, PGE: each has a bit in CR4, so a CPU with none of them has no use for CR4, or has none. */
const X86_FEATURES_IN_CR4 = 0x20de;

export const X86_CR4_PSE = 0x10;
export const X86_CR4_PGE = 0x80;

/** The boot CPU. @see arch/x86/include/asm/processor.h struct cpuinfo_x86 */
export interface CpuInfo {
  /** 3 to 15, as CPUID or its absence tells. */
  readonly family: number;
  /** '' without CPUID. */
  readonly vendor: string;
  /** Highest basic leaf; -1 without CPUID. */
  readonly cpuid_level: number;
  readonly capability: number;
  readonly pse: boolean;
  readonly pge: boolean;
  readonly tsc: boolean;
  /** CR4 exists. False is safe: then nothing in it can be set. */
  readonly cr4: boolean;
}

/** Reads the words that head's check_cpu has filled in. */
export function readCpuInfo(mem: PhysMem, label: (name: string) => LinearAddr): CpuInfo {
  const at = (name: string) => __pa(label(name));
  const capability = mem.read32(at('cpu_capability'));
  const vendor = mem.readBytes(at('cpu_vendor'), 12);
  return {
    family: mem.read8(at('cpu_family')),
    vendor: vendor[0] === 0 ? '' : String.fromCharCode(...vendor),
    cpuid_level: mem.read32(at('cpuid_level')) | 0,
    capability,
    pse: (capability & X86_FEATURE_PSE) !== 0,
    pge: (capability & X86_FEATURE_PGE) !== 0,
    tsc: (capability & X86_FEATURE_TSC) !== 0,
    cr4: (capability & X86_FEATURES_IN_CR4) !== 0,
  };
}

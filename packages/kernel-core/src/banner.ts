/** What the kernel says of itself and of the machine when it starts. */
import { E820_TYPE, type E820Entry, type PageTotals } from '@kexec/phys-mem';
import type { CpuInfo } from './arch/i386/cpu-features.js';
import type { Uts } from './uts.js';

const E820_NAMES: Readonly<Record<number, string>> = {
  [E820_TYPE.RAM]: 'usable',
  [E820_TYPE.RESERVED]: 'reserved',
  [E820_TYPE.ACPI]: 'ACPI data',
  [E820_TYPE.NVS]: 'ACPI NVS',
  [E820_TYPE.UNUSABLE]: 'unusable',
};

/** The names of the modelled kernel; `machine` is i386 to i686 by the CPU's family. */
export function utsOf({ family }: CpuInfo): Uts {
  return {
    sysname: 'Linux',
    nodename: '(none)',
    release: '2.5.48-kexec',
    version: '#1 kernel-core',
    machine: `i${Math.min(family, 6)}86`,
    domainname: '(none)',
  };
}

/** @see init/version.c linux_banner */
export function bannerLine({ sysname, release, version }: Uts): string {
  return `${sysname} version ${release} (modelled) ${version}`;
}

/** @see arch/x86/kernel/e820.c e820__print_table() */
export function e820Lines(e820: readonly E820Entry[]): string[] {
  const lines = e820.map(({ addr, size, type }) => {
    return ` BIOS-e820: [mem 0x${hex16(addr)}-0x${hex16(addr + size - 1)}] ${E820_NAMES[type] ?? `type ${type}`}`;
  });
  return ['BIOS-provided physical RAM map:', ...lines];
}

export function cpuLine({ vendor, family, pse, pge }: CpuInfo): string {
  const features = [pse ? 'pse' : '', pge ? 'pge' : ''].filter(Boolean).join(' ');
  return `CPU: ${vendor || `${family}86`} family ${family}${features && ` (${features})`}`;
}

/** @see mm/page_alloc.c mem_init_print_info() */
export function memoryLine({ present, free, reserved }: PageTotals): string {
  return `Memory: ${free * 4}K/${present * 4}K available (${reserved * 4}K reserved)`;
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

/** Code modes: the ways in which a page's bytes can be read as instructions. */
import type { Pfn } from '@kexec/phys-mem';

/** How a page's bytes are to be read. */
export interface CodeMode {
  readonly codeSize: 16 | 32;
  readonly linked: boolean;
}

export const MODES: readonly CodeMode[] = [
  { codeSize: 32, linked: true },
  { codeSize: 16, linked: true },
  { codeSize: 32, linked: false },
  { codeSize: 16, linked: false },
];

/** Number of a page under a mode. */
export function pageKey(pfn: Pfn, { codeSize, linked }: CodeMode): number {
  return pfn * 4 + (codeSize === 32 ? 2 : 0) + (linked ? 1 : 0);
}

/** How addresses, sizes and ranges are written in messages. */
import type { Range } from '@kexec/phys-mem';

/** `0x00100000`; wider numbers keep all their digits. */
export function hexAddress(paddr: number | bigint): string {
  return `0x${paddr.toString(16).padStart(8, '0')}`;
}

/** `[0x00100000, 0x00200000)`: the end is exclusive. */
export function rangeText(range: Range): string {
  return `[${hexAddress(range.start)}, ${hexAddress(range.end)})`;
}

/** `33 MB`, rounded up: the memory a reader must provide. */
export function megabytesText(bytes: number): string {
  return `${Math.ceil(bytes / 0x10_0000)} MB`;
}

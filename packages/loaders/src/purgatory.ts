/** Purgatory: the code segment that gives a Linux kernel the machine state its 32-bit entry wants. */
import type { PhysAddr } from '@kexec/phys-mem';
import { type Field, writeField } from './field.js';
import { PURGATORY_HEX, PURGATORY_LABELS } from './purgatory/purgatory.bytes.js';

/** Bytes of code, GDT and stack. */
export const PURGATORY_BYTES = PURGATORY_HEX.join('').length / 2;

/** The addresses that the code needs. */
export interface PurgatoryLink {
  /** Where its first byte, its entry, will lie. */
  readonly mem: PhysAddr;
  /** The kernel's 32-bit entry. */
  readonly entry: PhysAddr;
  /** Goes into esi. */
  readonly bootParams: PhysAddr;
}

/**
 * The purgatory's bytes with its addresses written in.
 *
 * Departure: the purgatory of kexec-tools also checks a SHA-256 over all segments; this one does not.
 */
export function linkPurgatory(link: PurgatoryLink): Uint8Array {
  const hex = PURGATORY_HEX.join('');
  const code = Uint8Array.from({ length: PURGATORY_BYTES }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
  const { load_address, entry32, boot_params } = PURGATORY_LABELS;
  writeField(code, dword(load_address), link.mem);
  writeField(code, dword(entry32), link.entry);
  writeField(code, dword(boot_params), link.bootParams);
  return code;
}

function dword(offset: number): Field & { readonly bytes: 4 } {
  return { offset, bytes: 4 };
}

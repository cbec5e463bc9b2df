/** Purgatory: the code segment that gives a Linux kernel the machine state its entry wants. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { CrashBackup } from './crash/prepare-crash.js';
import { type Field, writeField } from './field.js';
import { PURGATORY_HEX, PURGATORY_LABELS } from './purgatory/purgatory.bytes.js';
import { REAL_MODE_HEX, REAL_MODE_LABELS } from './purgatory/real-mode.bytes.js';

/** Bytes of code, GDT and stack. */
export const PURGATORY_BYTES = byteCount(PURGATORY_HEX);
/** The same of the purgatory that goes back to real mode. */
export const REAL_MODE_BYTES = byteCount(REAL_MODE_HEX);

/** The addresses that the code needs. */
export interface PurgatoryLink {
  /** Where its first byte, its entry, will lie. */
  readonly mem: PhysAddr;
  /** The kernel's 32-bit entry. */
  readonly entry: PhysAddr;
  /** Goes into esi. */
  readonly bootParams: PhysAddr;
  /** Memory from 0 on that is copied before the kernel uses it. */
  readonly backup?: CrashBackup | undefined;
}

/** The same for the 16-bit entry. */
export interface RealModeLink {
  /** Where its first byte, its entry, will lie: on a paragraph below 1 MB. */
  readonly mem: PhysAddr;
  /** Where the setup code lies: its boot sector, on a paragraph below 1 MB. */
  readonly setup: PhysAddr;
  /** Goes into SP. */
  readonly stackPointer: number;
}

/**
 * The purgatory's bytes with its addresses written in.
 *
 * Departure: the purgatory of kexec-tools also checks a SHA-256 over all segments; this one does not.
 */
export function linkPurgatory(link: PurgatoryLink): Uint8Array {
  const code = fromHex(PURGATORY_HEX);
  const { load_address, entry32, boot_params, backup_to, backup_dwords } = PURGATORY_LABELS;
  writeField(code, dword(load_address), link.mem);
  writeField(code, dword(entry32), link.entry);
  writeField(code, dword(boot_params), link.bootParams);
  writeField(code, dword(backup_to), link.backup?.to ?? 0);
  writeField(code, dword(backup_dwords), (link.backup?.bytes ?? 0) / 4);
  return code;
}

/** The bytes of the purgatory that goes back to real mode, with its addresses written in. */
export function linkRealMode(link: RealModeLink): Uint8Array {
  const code = fromHex(REAL_MODE_HEX);
  const { load_address, setup_segment, stack_pointer } = REAL_MODE_LABELS;
  writeField(code, dword(load_address), link.mem);
  writeField(code, { offset: setup_segment, bytes: 2 }, link.setup >>> 4);
  writeField(code, { offset: stack_pointer, bytes: 2 }, link.stackPointer);
  return code;
}

function byteCount(lines: readonly string[]): number {
  return lines.join('').length / 2;
}

function fromHex(lines: readonly string[]): Uint8Array {
  const hex = lines.join('');
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

function dword(offset: number): Field & { readonly bytes: 4 } {
  return { offset, bytes: 4 };
}

/** SMBIOS tables: what the system, its firmware, processor and memory call themselves. */
import { type TableField, tableBytes, withChecksum } from './table-bytes.js';

/** Version of the specification that the structures follow. */
const MAJOR = 2;
const MINOR = 8;
const ENTRY_POINT_BYTES = 31;
const INTERMEDIATE_OFFSET = 16;
const MB = 0x10_0000;
const KB = 0x400;

/** Bytes of the entry point, which comes at a multiple of 16 and is searched for. */
export const SMBIOS_ENTRY_POINT_BYTES = ENTRY_POINT_BYTES;

/** Handles, which structures use to refer to each other. */
const HANDLE = {
  BIOS: 0x000,
  SYSTEM: 0x100,
  CHASSIS: 0x300,
  PROCESSOR: 0x400,
  ARRAY: 0x1000,
  DEVICE: 0x1100,
  MAPPED: 0x1300,
  BOOT: 0x2000,
  END: 0x7f00,
} as const;

/** What the tables tell. */
export interface SmbiosOptions {
  readonly ramBytes: number;
  /** CPUID.1:EAX and EDX. */
  readonly signature: number;
  readonly features: number;
}

/** The structures, one after the other. @see SMBIOS Reference Specification 2.8, chapter 7 */
export function smbiosStructures({ ramBytes, signature, features }: SmbiosOptions): Uint8Array {
  const structures = [
    // Linux trusts the ACPI description of a host bridge from 2008 on (arch/x86/pci/acpi.c pci_acpi_crs_quirks()).
    // Characteristics: PCI, EDD; then ACPI, and "virtual machine".
    structure(
      0,
      HANDLE.BIOS,
      ['kexec', '1', '01/01/2024'],
      [...[1, 2], [0xf000, 'u16'], ...[3, 0], [0x0008_0080, 'u64'], ...[0x01, 0x10, 0, 1, 0xff, 0xff]],
    ),
    structure(
      1,
      HANDLE.SYSTEM,
      ['kexec', 'Virtual PC (i440FX)', '1'],
      [
        ...[1, 2, 3, 0],
        new Uint8Array(16),
        // Wake-up: power switch.
        ...[6, 0, 0],
      ],
    ),
    // A desktop; its boot-up, power supply and thermal states are safe, its security unknown.
    structure(3, HANDLE.CHASSIS, ['kexec'], [...[1, 3, 0, 0, 0, 3, 3, 3, 2], [0, 'u32'], ...[0, 0, 0, 0, 0]]),
    structure(
      4,
      HANDLE.PROCESSOR,
      ['CPU 0', 'kexec'],
      [
        // Central processor, family unknown.
        ...[1, 3, 2, 2],
        [signature, 'u32'],
        [features, 'u32'],
        ...[0, 0],
        [0, 'u16'],
        [0, 'u16'],
        [0, 'u16'],
        // Socket populated, enabled; upgrade unknown; no caches told.
        ...[0x41, 2],
        [0xffff, 'u16'],
        [0xffff, 'u16'],
        [0xffff, 'u16'],
        ...[0, 0, 0, 1, 1, 1],
        [0, 'u16'],
        [2, 'u16'],
      ],
    ),
    // System memory on the board, without error correction, one device.
    structure(
      16,
      HANDLE.ARRAY,
      [],
      [...[3, 3, 3], [ramBytes / KB, 'u32'], [0xfffe, 'u16'], [1, 'u16'], [0, 'u64']],
    ),
    structure(
      17,
      HANDLE.DEVICE,
      ['DIMM 0'],
      [
        [HANDLE.ARRAY, 'u16'],
        [0xfffe, 'u16'],
        [0xffff, 'u16'],
        [0xffff, 'u16'],
        [ramBytes / MB, 'u16'],
        // DIMM, RAM.
        ...[9, 0, 1, 0, 7],
        [2, 'u16'],
        [0, 'u16'],
        ...[0, 0, 0, 0, 0],
        [0, 'u32'],
        [0, 'u16'],
        [0, 'u16'],
        [0, 'u16'],
        [0, 'u16'],
      ],
    ),
    structure(
      19,
      HANDLE.MAPPED,
      [],
      [
        [0, 'u32'],
        [ramBytes / KB - 1, 'u32'],
        [HANDLE.ARRAY, 'u16'],
        [1, 'u8'],
        [0, 'u64'],
        [0, 'u64'],
      ],
    ),
    // No errors detected at boot.
    structure(32, HANDLE.BOOT, [], [new Uint8Array(6), [0, 'u8']]),
    structure(127, HANDLE.END, [], []),
  ];
  return Uint8Array.from(structures.flatMap((bytes) => [...bytes]));
}

/** How many structures there are. */
const STRUCTURES = 9;

/** The entry point. @see SMBIOS Reference Specification 2.8, 5.2.1 "SMBIOS 2.1 (32-bit) Entry Point" */
export function smbiosEntryPoint(structures: Uint8Array, structuresPaddr: number): Uint8Array {
  const intermediate = withChecksum(
    tableBytes([
      '_DMI_',
      [0, 'u8'],
      [structures.length, 'u16'],
      [structuresPaddr, 'u32'],
      [STRUCTURES, 'u16'],
      [(MAJOR << 4) | MINOR, 'u8'],
    ]),
    5,
  );
  const head = tableBytes([
    '_SM_',
    [0, 'u8'],
    [ENTRY_POINT_BYTES, 'u8'],
    [MAJOR, 'u8'],
    [MINOR, 'u8'],
    [longest(structures), 'u16'],
    new Uint8Array(6),
  ]);
  const all = new Uint8Array(ENTRY_POINT_BYTES);
  all.set(head);
  all.set(intermediate, INTERMEDIATE_OFFSET);
  return withChecksum(all, 4);
}

/** Type, length, handle, the formatted area, and the strings that it refers to by number. */
function structure(
  type: number,
  handle: number,
  strings: readonly string[],
  fields: readonly (TableField | number)[],
): Uint8Array {
  const area = tableBytes(fields.map((field) => (typeof field === 'number' ? [field, 'u8'] : field)));
  const texts = strings.length === 0 ? ['\0'] : strings.map((string) => `${string}\0`);
  return tableBytes([[type, 'u8'], [4 + area.length, 'u8'], [handle, 'u16'], area, ...texts, '\0']);
}

/** Bytes of the longest structure with its strings. */
function longest(structures: Uint8Array): number {
  let most = 0;
  for (let at = 0; at < structures.length; ) {
    let end = at + (structures[at + 1] ?? 0);
    while (structures[end] !== 0 || structures[end + 1] !== 0) end++;
    most = Math.max(most, end + 2 - at);
    at = end + 2;
  }
  return most;
}

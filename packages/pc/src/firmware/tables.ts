/** Where the firmware's tables lie: in the ROM below 1 MB, which the memory map reserves; the FACS alone in RAM. */
import { KexecError, type PhysMem } from '@kexec/phys-mem';
import { BIOS_HIGH_PADDR, BIOS_PADDR, EBDA_BYTES, EBDA_PADDR } from '../memlayout.js';
import { dsdtTable, facs, fadt, hpetTable, madt, rsdp, rsdt } from './acpi/tables.js';
import { MP_POINTER_BYTES, mpPointer, mpTable } from './mp-table.js';
import { SMBIOS_ENTRY_POINT_BYTES, smbiosEntryPoint, smbiosStructures } from './smbios.js';

/** ROM offsets that belong to tables: the code keeps above them. */
export const TABLES_OFFSET = 0x0000;
export const TABLES_END_OFFSET = 0x4000;

/** The firmware ACPI control structure: the last 64 bytes of the extended BIOS data area. */
export const FACS_PADDR = EBDA_PADDR + EBDA_BYTES - 0x40;

/** What the tables depend on. */
export interface TablesOptions {
  readonly ramBytes: number;
  /** Whether the processor has a local APIC, and the board an I/O APIC. */
  readonly apic: boolean;
  /** CPUID.1:EAX: family, model, stepping. */
  readonly signature: number;
  /** CPUID.1:EDX. */
  readonly features: number;
}

/** Tables, where to put them. */
export interface FirmwareTables {
  /** For the ROM, from {@link TABLES_OFFSET} on. */
  readonly rom: Uint8Array;
  /** For RAM at {@link FACS_PADDR}. */
  readonly facs: Uint8Array;
  /** Physical address of the RSDP. */
  readonly rsdpPaddr: number;
}

/** Puts the tables into memory, over the ROM. Returns the physical address of the RSDP. */
export function installTables(mem: PhysMem, options: TablesOptions): number {
  const { rom, facs: control, rsdpPaddr } = createTables(options);
  for (const base of [BIOS_PADDR, BIOS_HIGH_PADDR]) {
    mem.addRom({ start: base + TABLES_OFFSET, end: base + TABLES_END_OFFSET }, rom);
  }
  mem.writeBytes(FACS_PADDR, control);
  return rsdpPaddr;
}

/** All tables of a PC. What is searched for at every sixteenth byte comes first, and points to the rest. */
export function createTables(options: TablesOptions): FirmwareTables {
  const area = new TableArea();
  const rsdpPaddr = area.reserve(RSDP_BYTES);
  const smbiosPaddr = area.reserve(SMBIOS_ENTRY_POINT_BYTES);
  if (options.apic) {
    const pointer = area.reserve(MP_POINTER_BYTES);
    area.fill(pointer, mpPointer(area.place(mpTable(options))));
  }
  const structures = smbiosStructures(options);
  area.fill(smbiosPaddr, smbiosEntryPoint(structures, area.place(structures)));
  area.fill(rsdpPaddr, rsdp(area.place(rsdt(placeAcpiTables(area, options)))));
  return { rom: area.bytes, facs: facs(), rsdpPaddr };
}

/** Returns the addresses of those that the RSDT lists. */
function placeAcpiTables(area: TableArea, { ramBytes, apic }: TablesOptions): number[] {
  const dsdtPaddr = area.place(dsdtTable({ ramBytes }));
  const listed = [fadt({ facsPaddr: FACS_PADDR, dsdtPaddr }), ...(apic ? [madt()] : []), hpetTable()];
  return listed.map((table) => area.place(table));
}

const RSDP_BYTES = 20;
const PARAGRAPH = 16;

/** The tables' part of the ROM, filled from its start. */
class TableArea {
  readonly bytes = new Uint8Array(TABLES_END_OFFSET - TABLES_OFFSET).fill(0xff);
  private used = 0;

  /** Puts a table behind the last one, at a multiple of 16. Returns its physical address. */
  place(table: Uint8Array): number {
    const paddr = this.reserve(table.length);
    this.fill(paddr, table);
    return paddr;
  }

  reserve(bytes: number): number {
    const offset = Math.ceil(this.used / PARAGRAPH) * PARAGRAPH;
    if (offset + bytes > this.bytes.length) {
      throw new KexecError('ROM_FULL', `firmware tables need more than ${this.bytes.length} bytes`);
    }
    this.used = offset + bytes;
    return BIOS_PADDR + TABLES_OFFSET + offset;
  }

  fill(paddr: number, table: Uint8Array): void {
    this.bytes.set(table, paddr - BIOS_PADDR - TABLES_OFFSET);
  }
}

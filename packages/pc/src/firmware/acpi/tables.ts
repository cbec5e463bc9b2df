/** The ACPI tables: each a header, its rows of fields, and a checksum. */
import {
  ACPI_DISABLE,
  ACPI_ENABLE,
  HPET_PADDR,
  IO_APIC_ID,
  IO_APIC_PADDR,
  LOCAL_APIC_ID,
  LOCAL_APIC_PADDR,
  PIRQ_IRQS,
  PM_PORT,
  PM_TIMER_PORT,
  RESET_PORT,
  RESET_VALUE,
  SCI_IRQ,
  SMI_COMMAND_PORT,
} from '../../platform.js';
import { type TableField, tableBytes, withChecksum } from '../table-bytes.js';
import { type DsdtOptions, dsdt } from './dsdt.js';

const OEM_ID = 'KEXEC ';
const OEM_TABLE_ID = 'KEXECPC ';
const CREATOR_ID = 'KXEC';
const HEADER_BYTES = 36;
const CHECKSUM_OFFSET = 9;

/*
 * Header:  signature(4) length(4) revision(1) checksum(1) OEM ID(6) OEM table ID(8) OEM revision(4)
 *          creator ID(4) creator revision(4)
 * @see ACPI 6.4, 5.2.6 "System Description Table Header"
 */
function acpiTable(signature: string, revision: number, fields: readonly TableField[]): Uint8Array {
  const body = tableBytes(fields);
  const header = tableBytes([
    signature,
    [HEADER_BYTES + body.length, 'u32'],
    [revision, 'u8'],
    [0, 'u8'],
    OEM_ID,
    OEM_TABLE_ID,
    [1, 'u32'],
    CREATOR_ID,
    [1, 'u32'],
  ]);
  return withChecksum(Uint8Array.from([...header, ...body]), CHECKSUM_OFFSET);
}

/** Root system description pointer, revision 0. @see ACPI 6.4, 5.2.5.3 "Root System Description Pointer" */
export function rsdp(rsdtPaddr: number): Uint8Array {
  return withChecksum(tableBytes(['RSD PTR ', [0, 'u8'], OEM_ID, [0, 'u8'], [rsdtPaddr, 'u32']]), 8);
}

/** Root system description table: where the others are. */
export function rsdt(tables: readonly number[]): Uint8Array {
  return acpiTable(
    'RSDT',
    1,
    tables.map((paddr) => [paddr, 'u32'] as const),
  );
}

/** The DSDT. Revision 1: integers have 32 bits. */
export function dsdtTable(options: DsdtOptions): Uint8Array {
  return acpiTable('DSDT', 1, [dsdt(options)]);
}

/** Firmware ACPI control structure; it lies in RAM, aligned to 64 bytes, and has no checksum. */
export function facs(): Uint8Array {
  const fields: readonly TableField[] = ['FACS', [64, 'u32'], ...reserved(24), [1, 'u8'], ...reserved(31)];
  return tableBytes(fields);
}

/** Interrupt model bits of IAPC_BOOT_ARCH. */
const LEGACY_DEVICES = 0x01;
const HAS_8042 = 0x02;
/** Fixed feature flags. @see ACPI 6.4, Table 5.10 "Fixed ACPI Description Table Fixed Feature Flags" */
const WBINVD = 1 << 0;
const PROC_C1 = 1 << 2;
const SLP_BUTTON = 1 << 5;
const FIX_RTC = 1 << 6;
const RESET_REG_SUP = 1 << 10;
const DESKTOP = 1;
/** Latencies that say: no C2, no C3. */
const NO_C2 = 0xfff;
const NO_C3 = 0xfff;
/** CMOS byte with the century. */
const CENTURY_INDEX = 0x32;
const DAY_ALARM = 0;
const MONTH_ALARM = 0;

/** Fixed ACPI description table. @see ACPI 6.4, 5.2.9 "Fixed ACPI Description Table (FADT)" */
export function fadt({ facsPaddr, dsdtPaddr }: { facsPaddr: number; dsdtPaddr: number }): Uint8Array {
  return acpiTable('FACP', 3, [
    [facsPaddr, 'u32'],
    [dsdtPaddr, 'u32'],
    [0, 'u8'],
    [DESKTOP, 'u8'],
    [SCI_IRQ, 'u16'],
    [SMI_COMMAND_PORT, 'u32'],
    [ACPI_ENABLE, 'u8'],
    [ACPI_DISABLE, 'u8'],
    ...reserved(2), //           S4BIOS_REQ, PSTATE_CNT
    [PM_PORT, 'u32'], //         PM1a_EVT_BLK
    [0, 'u32'],
    [PM_PORT + 4, 'u32'], //     PM1a_CNT_BLK
    [0, 'u32'],
    [0, 'u32'], //               PM2_CNT_BLK
    [PM_TIMER_PORT, 'u32'],
    [0, 'u32'], //               GPE0_BLK
    [0, 'u32'], //               GPE1_BLK
    [4, 'u8'], //                PM1_EVT_LEN
    [2, 'u8'], //                PM1_CNT_LEN
    [0, 'u8'],
    [4, 'u8'], //                PM_TMR_LEN
    ...reserved(4), //           GPE0_BLK_LEN, GPE1_BLK_LEN, GPE1_BASE, CST_CNT
    [NO_C2, 'u16'],
    [NO_C3, 'u16'],
    ...reserved(4), //           FLUSH_SIZE, FLUSH_STRIDE: WBINVD works
    ...reserved(2), //           DUTY_OFFSET, DUTY_WIDTH
    [DAY_ALARM, 'u8'],
    [MONTH_ALARM, 'u8'],
    [CENTURY_INDEX, 'u8'],
    [LEGACY_DEVICES | HAS_8042, 'u16'],
    [0, 'u8'],
    [WBINVD | PROC_C1 | SLP_BUTTON | FIX_RTC | RESET_REG_SUP, 'u32'],
    ...ioRegister(RESET_PORT, 1),
    [RESET_VALUE, 'u8'],
    ...reserved(3),
    [0, 'u64'], //               X_FIRMWARE_CTRL: FIRMWARE_CTRL is used
    [dsdtPaddr, 'u64'],
    ...ioRegister(PM_PORT, 4),
    ...reserved(12),
    ...ioRegister(PM_PORT + 4, 2),
    ...reserved(12),
    ...reserved(12),
    ...ioRegister(PM_TIMER_PORT, 4),
    ...reserved(12),
    ...reserved(12),
  ]);
}

/** MADT entry flags: polarity active high, level triggered. @see ACPI 6.4, Table 5.26 "MPS INTI Flags" */
const LEVEL_HIGH = 0x0d;
const CONFORMS = 0;
const PCAT_COMPAT = 1;
const ENABLED = 1;
const ALL_PROCESSORS = 0xff;

/** Multiple APIC description table. @see ACPI 6.4, 5.2.12 "Multiple APIC Description Table (MADT)" */
export function madt(): Uint8Array {
  const override = (irq: number, gsi: number, flags: number): TableField[] => [
    [2, 'u8'],
    [10, 'u8'],
    [0, 'u8'],
    [irq, 'u8'],
    [gsi, 'u32'],
    [flags, 'u16'],
  ];
  const levelIrqs = [...new Set([SCI_IRQ, ...PIRQ_IRQS])];
  return acpiTable('APIC', 1, [
    [LOCAL_APIC_PADDR, 'u32'],
    [PCAT_COMPAT, 'u32'],
    // Processor local APIC: type, length, processor, APIC ID, flags.
    [0, 'u8'],
    [8, 'u8'],
    [0, 'u8'],
    [LOCAL_APIC_ID, 'u8'],
    [ENABLED, 'u32'],
    // I/O APIC: type, length, ID, reserved, address, first global system interrupt.
    [1, 'u8'],
    [12, 'u8'],
    [IO_APIC_ID, 'u8'],
    [0, 'u8'],
    [IO_APIC_PADDR, 'u32'],
    [0, 'u32'],
    ...override(0, 2, CONFORMS),
    ...levelIrqs.flatMap((irq) => override(irq, irq, LEVEL_HIGH)),
    // Local APIC NMI: type, length, processor, flags, LINT1.
    [4, 'u8'],
    [6, 'u8'],
    [ALL_PROCESSORS, 'u8'],
    [CONFORMS, 'u16'],
    [1, 'u8'],
  ]);
}

/** Event timer block: Intel, legacy replacement, 64 bits, three comparators, revision 1. */
const HPET_BLOCK_ID = 0x8086_a201;
/** Ticks below which periodic mode may lose interrupts. */
const HPET_MINIMUM_TICK = 0x80;

/** @see IA-PC HPET Specification 1.0a, 3.2.4 "The ACPI 2.0 HPET Description Table (HPET)" */
export function hpetTable(): Uint8Array {
  return acpiTable('HPET', 1, [
    [HPET_BLOCK_ID, 'u32'],
    ...memoryRegister(HPET_PADDR),
    [0, 'u8'],
    [HPET_MINIMUM_TICK, 'u16'],
    [0, 'u8'],
  ]);
}

/** Generic address structure: space, width, offset, access size, address. */
function ioRegister(port: number, bytes: number): TableField[] {
  return [
    [1, 'u8'],
    [8 * bytes, 'u8'],
    [0, 'u8'],
    [0, 'u8'],
    [port, 'u64'],
  ];
}

function memoryRegister(paddr: number): TableField[] {
  return [
    [0, 'u8'],
    [64, 'u8'],
    [0, 'u8'],
    [0, 'u8'],
    [paddr, 'u64'],
  ];
}

function reserved(bytes: number): TableField[] {
  return [new Uint8Array(bytes)];
}

/** The MP table: processor, buses, I/O APIC and interrupt assignments, for systems that do without ACPI. */
import {
  IO_APIC_ID,
  IO_APIC_PADDR,
  LOCAL_APIC_ID,
  LOCAL_APIC_PADDR,
  PIRQ_IRQS,
  pciInterrupt,
  SCI_IRQ,
} from '../platform.js';
import { type TableField, tableBytes, withChecksum } from './table-bytes.js';

/** @see MultiProcessor Specification 1.4, chapter 4 "MP Configuration Table" */
const ENTRY = { PROCESSOR: 0, BUS: 1, IO_APIC: 2, IO_INTERRUPT: 3, LOCAL_INTERRUPT: 4 } as const;
const INTERRUPT = { INT: 0, NMI: 1, EXTINT: 3 } as const;
const PCI_BUS = 0;
const ISA_BUS = 1;
/** Flags of an interrupt assignment: as the bus has it; active high and level triggered. */
const CONFORMS = 0;
const LEVEL_HIGH = 0x0d;
const ENABLED = 1;
const BOOT_PROCESSOR = 2;
const LOCAL_APIC_VERSION = 0x14;
const IO_APIC_VERSION = 0x11;
const ALL_LOCAL_APICS = 0xff;
const ISA_IRQS = 16;
const CASCADE_IRQ = 2;
const PCI_SLOTS = 32;
const PCI_PINS = 4;

/** Bytes of the floating pointer, which comes at a multiple of 16 and is searched for. */
export const MP_POINTER_BYTES = 16;

/** The floating pointer structure. */
export function mpPointer(tablePaddr: number): Uint8Array {
  const fields: TableField[] = ['_MP_', [tablePaddr, 'u32'], [1, 'u8'], [4, 'u8'], new Uint8Array(6)];
  return withChecksum(tableBytes(fields), 10);
}

/** What the table says of the processor. */
export interface MpProcessor {
  /** CPUID.1:EAX. */
  readonly signature: number;
  /** CPUID.1:EDX. */
  readonly features: number;
}

/** The configuration table. */
export function mpTable(processor: MpProcessor): Uint8Array {
  const entries = [
    processorEntry(processor),
    busEntry(PCI_BUS, 'PCI   '),
    busEntry(ISA_BUS, 'ISA   '),
    ioApicEntry(),
    ...isaInterrupts(),
    ...pciInterrupts(),
    localInterrupt(INTERRUPT.EXTINT, LOCAL_APIC_ID, 0),
    localInterrupt(INTERRUPT.NMI, ALL_LOCAL_APICS, 1),
  ].map((fields) => tableBytes(fields));
  const body = entries.flatMap((entry) => [...entry]);
  const header = tableBytes([
    'PCMP',
    [HEADER_BYTES + body.length, 'u16'],
    [4, 'u8'],
    [0, 'u8'],
    'KEXEC   ',
    'VIRTUAL PC  ',
    [0, 'u32'],
    [0, 'u16'],
    [entries.length, 'u16'],
    [LOCAL_APIC_PADDR, 'u32'],
    [0, 'u32'],
  ]);
  return withChecksum(Uint8Array.from([...header, ...body]), 7);
}

const HEADER_BYTES = 44;

function processorEntry({ signature, features }: MpProcessor): TableField[] {
  return [
    [ENTRY.PROCESSOR, 'u8'],
    [LOCAL_APIC_ID, 'u8'],
    [LOCAL_APIC_VERSION, 'u8'],
    [ENABLED | BOOT_PROCESSOR, 'u8'],
    [signature, 'u32'],
    [features, 'u32'],
    new Uint8Array(8),
  ];
}

function busEntry(id: number, type: string): TableField[] {
  return [[ENTRY.BUS, 'u8'], [id, 'u8'], type];
}

function ioApicEntry(): TableField[] {
  return [
    [ENTRY.IO_APIC, 'u8'],
    [IO_APIC_ID, 'u8'],
    [IO_APIC_VERSION, 'u8'],
    [ENABLED, 'u8'],
    [IO_APIC_PADDR, 'u32'],
  ];
}

/** Each ISA interrupt but the cascade at its own input, the timer's at input 2. */
function isaInterrupts(): TableField[][] {
  const level: readonly number[] = [SCI_IRQ, ...PIRQ_IRQS];
  return Array.from({ length: ISA_IRQS }, (_, irq) => irq)
    .filter((irq) => irq !== CASCADE_IRQ)
    .map((irq) =>
      ioInterrupt(level.includes(irq) ? LEVEL_HIGH : CONFORMS, ISA_BUS, irq, irq === 0 ? 2 : irq),
    );
}

/** Each pin of each slot: the source is device number × 4 + pin (appendix D.3). */
function pciInterrupts(): TableField[][] {
  return Array.from({ length: PCI_SLOTS * PCI_PINS }, (_, source) =>
    ioInterrupt(LEVEL_HIGH, PCI_BUS, source, pciInterrupt(source >> 2, source & 3)),
  );
}

function ioInterrupt(flags: number, bus: number, source: number, pin: number): TableField[] {
  return [
    [ENTRY.IO_INTERRUPT, 'u8'],
    [INTERRUPT.INT, 'u8'],
    [flags, 'u16'],
    [bus, 'u8'],
    [source, 'u8'],
    [IO_APIC_ID, 'u8'],
    [pin, 'u8'],
  ];
}

function localInterrupt(type: number, apic: number, pin: number): TableField[] {
  return [
    [ENTRY.LOCAL_INTERRUPT, 'u8'],
    [type, 'u8'],
    [CONFORMS, 'u16'],
    [ISA_BUS, 'u8'],
    [0, 'u8'],
    [apic, 'u8'],
    [pin, 'u8'],
  ];
}

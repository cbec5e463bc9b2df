/** The platform: where its chips answer, and how interrupts are wired; what firmware tables tell an operating system. */

export { VIDEO_PADDR } from './memlayout.js';

export const VIDEO_END_PADDR = 0xc_0000;

/** Registers of the I/O APIC. */
export const IO_APIC_PADDR = 0xfec0_0000;
/** Registers of the local APIC. */
export const LOCAL_APIC_PADDR = 0xfee0_0000;
export const HPET_PADDR = 0xfed0_0000;
export const HPET_BYTES = 0x400;
/** APIC identities: of the processor, and of the I/O APIC. */
export const LOCAL_APIC_ID = 0;
export const IO_APIC_ID = 1;

/** First port of the power management registers; @see AcpiPm. */
export const PM_PORT = 0x600;
export const PM_TIMER_PORT = 0x608;
/** SLP_TYP that means soft off. */
export const SLP_TYP_S5 = 0;
/** Port through which the system is asked to give the power management registers to ACPI. */
export const SMI_COMMAND_PORT = 0xb2;
export const ACPI_ENABLE = 0xf1;
export const ACPI_DISABLE = 0xf0;
/** The system control interrupt. */
export const SCI_IRQ = 9;
export const RESET_PORT = 0xcf9;
/** Full reset: RCPU and SRST. */
export const RESET_VALUE = 0x06;

/** The IRQs of PIRQA#–PIRQD#. */
export const PIRQ_IRQS = [10, 10, 11, 11] as const;

/** IRQ of pin INTA# + `pin` of the PCI device in a slot: each slot's pins are shifted by one against the last's. */
export function pciInterrupt(slot: number, pin: number): number {
  return PIRQ_IRQS[(slot + pin) & 3] ?? PIRQ_IRQS[0];
}

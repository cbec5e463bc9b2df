/** What the power-on self-test leaves in the chips of the platform: level triggering, APICs in virtual wire mode. */
import type { PcDevices } from '../board.js';
import type { PortBus } from '../bus/port-bus.js';
import { IO_APIC_ID, PIRQ_IRQS, SCI_IRQ } from '../platform.js';

const ELCR2_PORT = 0x4d1;

/** MultiProcessor Specification 1.4, 3.6.2.2 "Virtual Wire Mode": [register, value] of the local APIC. */
const LOCAL_APIC_SETUP: readonly (readonly [offset: number, value: number])[] = [
  [0x0f0, 0x1ff], //  SVR: enabled, spurious vector FF
  [0x350, 0x8700], // LINT0: ExtINT
  [0x360, 0x8400], // LINT1: NMI
];

/** Programs the chips. */
export function setUpPlatform(ports: PortBus, { localApic, ioApic }: PcDevices): void {
  const level = [SCI_IRQ, ...PIRQ_IRQS].reduce((bits, irq) => bits | (1 << irq), 0);
  ports.outb(ELCR2_PORT, level >>> 8);
  for (const [offset, value] of LOCAL_APIC_SETUP) localApic?.write(offset, value);
  // ID register: select, then the identity in bits 27–24.
  ioApic?.write(0x00, 0);
  ioApic?.write(0x10, IO_APIC_ID << 24);
}

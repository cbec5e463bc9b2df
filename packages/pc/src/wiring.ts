/** The board's wiring: which device answers at which ports, and whose interrupt request goes where. */

import { APM_OFFSET } from './devices/acpi-pm.js';

/** One run of ports of one device. */
export interface PortWiring {
  readonly device: string;
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  /** The device's own offset at `first`. */
  readonly offset: number;
  /** Interrupt request that the device drives; the keyboard controller has a second one for its auxiliary port. */
  readonly irq?: number;
  /** The device takes 16- and 32-bit accesses whole. */
  readonly wide?: true;
}

/** Every port that a device of the board answers at. */
export const PC_WIRING = [
  { device: 'dma', first: 0x0000, last: 0x000f, offset: 0 },
  { device: 'pic', first: 0x0020, last: 0x0021, offset: 0 },
  { device: 'pit', first: 0x0040, last: 0x0043, offset: 0, irq: 0 },
  { device: 'keyboard', first: 0x0060, last: 0x0060, offset: 0, irq: 1 },
  { device: 'port61', first: 0x0061, last: 0x0061, offset: 0 },
  { device: 'keyboard', first: 0x0064, last: 0x0064, offset: 1, irq: 12 },
  { device: 'rtc', first: 0x0070, last: 0x0071, offset: 0, irq: 8 },
  { device: 'post', first: 0x0080, last: 0x0080, offset: 0 },
  { device: 'dmaPages', first: 0x0081, last: 0x008f, offset: 1 },
  { device: 'port92', first: 0x0092, last: 0x0092, offset: 0 },
  { device: 'pic', first: 0x00a0, last: 0x00a1, offset: 2 },
  { device: 'pm', first: 0x00b2, last: 0x00b3, offset: APM_OFFSET },
  { device: 'dma2', first: 0x00c0, last: 0x00df, offset: 0 },
  { device: 'debugConsole', first: 0x00e9, last: 0x00e9, offset: 0 },
  { device: 'ferr', first: 0x00f0, last: 0x00f0, offset: 0, irq: 13 },
  { device: 'debugExit', first: 0x00f4, last: 0x00f4, offset: 0 },
  { device: 'uart2', first: 0x02f8, last: 0x02ff, offset: 0, irq: 3 },
  { device: 'vga', first: 0x03b4, last: 0x03b5, offset: 0x04 },
  { device: 'vga', first: 0x03ba, last: 0x03ba, offset: 0x0a },
  { device: 'vga', first: 0x03c0, last: 0x03cf, offset: 0x10 },
  { device: 'vga', first: 0x03d4, last: 0x03d5, offset: 0x24 },
  { device: 'vga', first: 0x03da, last: 0x03da, offset: 0x2a },
  { device: 'uart', first: 0x03f8, last: 0x03ff, offset: 0, irq: 4 },
  { device: 'debugConsole', first: 0x0402, last: 0x0402, offset: 0 },
  { device: 'pic', first: 0x04d0, last: 0x04d1, offset: 4 },
  { device: 'pm', first: 0x0600, last: 0x060b, offset: 0, irq: 9, wide: true },
  { device: 'pci', first: 0x0cf8, last: 0x0cff, offset: 0, wide: true },
] as const satisfies readonly PortWiring[];

/** Names of the devices on the board. */
export type DeviceName = (typeof PC_WIRING)[number]['device'];

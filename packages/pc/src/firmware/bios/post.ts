/** What the power-on self-test leaves behind: ROM in place, vectors, BIOS data area, CMOS, devices set up. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../bus/port-bus.js';
import type { Mc146818 } from '../devices/mc146818.js';
import {
  BDA_PADDR,
  BIOS_BYTES,
  BIOS_HIGH_PADDR,
  BIOS_PADDR,
  EBDA_BYTES,
  EBDA_PADDR,
  IVT_PADDR,
  VIDEO_PADDR,
} from '../memlayout.js';
import { createBios } from './bios.js';
import { setUpPci } from './pci-post.js';

/** BIOS data area: [offset, bytes, value]. IBM AT Technical Reference, "BIOS Data Area". */
const BIOS_DATA: readonly (readonly [offset: number, bytes: 1 | 2, value: number])[] = [
  [0x00, 2, 0x3f8], //              port of COM1
  [0x0e, 2, EBDA_PADDR >>> 4], //   segment of the extended BIOS data area
  [0x10, 2, 0x0220], //             equipment: 80×25 colour, one serial port
  [0x13, 2, EBDA_PADDR >>> 10], //  base memory in KB
  [0x1a, 2, 0x1e], //               keyboard buffer: head, tail
  [0x1c, 2, 0x1e],
  [0x49, 1, 3], //                  video mode
  [0x4a, 2, 80], //                 columns
  [0x4c, 2, 0x1000], //             bytes a page
  [0x60, 2, 0x0607], //             cursor shape
  [0x63, 2, 0x3d4], //              CRT controller
  [0x80, 2, 0x1e], //               keyboard buffer: start, end
  [0x82, 2, 0x3e],
  [0x84, 1, 24], //                 rows - 1
  [0x85, 2, 16], //                 scan lines a character
];

/** Port writes, in order: [port, value]. */
const DEVICE_SETUP: readonly (readonly [port: number, value: number])[] = [
  // 8259s: vectors 08 and 70, cascade at IR2; open are IRQ 0, 1, 2, 6 and 12, 13, 14.
  [0x20, 0x11],
  [0x21, 0x08],
  [0x21, 0x04],
  [0x21, 0x01],
  [0xa0, 0x11],
  [0xa1, 0x70],
  [0xa1, 0x02],
  [0xa1, 0x01],
  [0x21, 0xb8],
  [0xa1, 0x8f],
  // 8254: counter 0 a square wave of 18.2 Hz, counter 1 refresh every 18 ticks, counter 2 the beep.
  [0x43, 0x36],
  [0x40, 0x00],
  [0x40, 0x00],
  [0x43, 0x54],
  [0x41, 0x12],
  [0x43, 0xb6],
  [0x42, 0x33],
  [0x42, 0x05],
  // 16550: 9600 baud, 8 bits, no parity.
  [0x3fb, 0x80],
  [0x3f8, 0x0c],
  [0x3f9, 0x00],
  [0x3fb, 0x03],
];

const KB = 0x400;
const MB = 0x10_0000;

/** Puts ROM, vectors and data into memory. Between video memory and the ROM nothing answers. */
export function installFirmware(mem: PhysMem): void {
  const { rom, vectorTable } = createBios();
  mem.addRom({ start: VIDEO_PADDR, end: BIOS_PADDR }, new Uint8Array(0));
  mem.addRom({ start: BIOS_PADDR, end: BIOS_PADDR + BIOS_BYTES }, rom);
  mem.addRom({ start: BIOS_HIGH_PADDR, end: BIOS_HIGH_PADDR + BIOS_BYTES }, rom);
  mem.writeBytes(IVT_PADDR, vectorTable);
  for (const [offset, bytes, value] of BIOS_DATA) {
    if (bytes === 1) mem.write8(BDA_PADDR + offset, value);
    else mem.write16(BDA_PADDR + offset, value);
  }
  mem.write8(EBDA_PADDR, EBDA_BYTES / KB);
}

/** Programs the devices, and those on the PCI bus if there is one. */
export function setUpDevices(ports: PortBus, pci: boolean): void {
  for (const [port, value] of DEVICE_SETUP) ports.outb(port, value);
  if (pci) setUpPci(ports);
}

/** Writes the memory sizes into CMOS: base, extended (two places), and above 16 MB in 64 KB blocks. */
export function setUpCmos(rtc: Mc146818, ramBytes: number): void {
  const base = EBDA_PADDR / KB + 1;
  const extended = Math.min(0xffff, Math.max(0, (ramBytes - MB) / KB));
  const above16 = Math.min(0xffff, Math.max(0, (ramBytes - 16 * MB) / (64 * KB)));
  const words: readonly (readonly [index: number, value: number])[] = [
    [0x15, base],
    [0x17, extended],
    [0x30, extended],
    [0x34, above16],
  ];
  for (const [index, value] of words) {
    rtc.setNvram(index, value & 0xff);
    rtc.setNvram(index + 1, value >>> 8);
  }
  // Equipment: no diskette, colour 80×25 display.
  rtc.setNvram(0x14, 0x20);
}

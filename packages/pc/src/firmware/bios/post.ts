/** The power-on self-test: vectors, data areas, devices and CMOS as a PC's BIOS leaves them. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import type { Mc146818 } from '../../devices/mc146818.js';
import {
  BDA_PADDR,
  BIOS_BYTES,
  BIOS_HIGH_PADDR,
  BIOS_PADDR,
  EBDA_BYTES,
  EBDA_PADDR,
  IVT_PADDR,
  OPTION_ROM_PADDR,
} from '../../memlayout.js';
import { setUpPci } from '../pci-post.js';
import { BIOS_DATA } from './bios-data.js';
import { createBios } from './rom.js';

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

/** Bytes of the BIOS data area. */
const BDA_BYTES = 0x100;

/** Puts the ROM into memory, twice, and what it leaves in RAM. Between video memory and the ROM nothing answers. */
export function installFirmware(mem: PhysMem): void {
  const { rom } = createBios();
  mem.addHole({ start: OPTION_ROM_PADDR, end: BIOS_PADDR });
  mem.addRom({ start: BIOS_PADDR, end: BIOS_PADDR + BIOS_BYTES }, rom);
  mem.addRom({ start: BIOS_HIGH_PADDR, end: BIOS_HIGH_PADDR + BIOS_BYTES }, rom);
  setUpMemory(mem);
}

/** Writes interrupt vectors, BIOS data area and extended BIOS data area. */
export function setUpMemory(mem: PhysMem): void {
  mem.writeBytes(IVT_PADDR, createBios().vectorTable);
  mem.fill(BDA_PADDR, BDA_BYTES, 0);
  for (const [paddr, bytes, value] of BIOS_DATA) {
    if (bytes === 1) mem.write8(paddr, value);
    else mem.write16(paddr, value);
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
  // Boot order, as Bochs and QEMU keep it for their BIOS: the first fixed disk.
  rtc.setNvram(0x3d, 0x02);
}

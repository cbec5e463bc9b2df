/** The power-on self-test's walk over PCI: addresses, interrupt routes and interrupt lines, the same in every run. */
import type { PortBus, PortWidth } from '../bus/port-bus.js';
import { PCI_COMMAND, PCI_CONFIG } from '../devices/pci-function.js';
import { PIRQRC_OFFSET } from '../devices/piix3.js';

/** First port given to a base address register; they grow upward. */
const IO_FIRST = 0xc000;
/** First byte above those given to memory registers; they grow downward. */
const MEMORY_END = 0xfebc_0000;
const MEMORY_ALIGN = 0x1000;

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const CONFIG_ENABLE = 0x8000_0000;
const DEVICES = 32;
const FUNCTIONS = 8;
const BARS = 6;
const BAR_IO = 1;
const NOBODY = 0xffff;
const MULTIFUNCTION = 0x80;

/** PIRQ A and B go to IRQ 10, C and D to IRQ 11. */
const PIRQ_ROUTES = [10, 10, 11, 11] as const;
/** The PIIX3's slot. */
const ISA_BRIDGE_DEVICE = 1;
/** The power management function: its interrupt is the SCI, which has its own pin and its own line. */
const PM_CLASS = 0x0680;
/** Edge/level control of IRQ 8–15, and IRQ 10 and 11 in it. */
const ELCR2 = 0x4d1;
const ELCR2_PIRQS = 0x0c;

/** A function's configuration space, through the ports. */
interface ConfigPort {
  readonly device: number;
  read(offset: number, bytes: PortWidth): number;
  write(offset: number, value: number, bytes: PortWidth): void;
}

/** Gives every function its addresses and interrupt line and enables it; routes the PIRQs, level triggered. */
export function setUpPci(ports: PortBus): void {
  let io = IO_FIRST;
  let memory = MEMORY_END;
  const allocate = (isIo: boolean, bytes: number) => {
    if (!isIo) {
      memory = Math.floor((memory - bytes) / Math.max(bytes, MEMORY_ALIGN)) * Math.max(bytes, MEMORY_ALIGN);
      return memory;
    }
    const first = Math.ceil(io / bytes) * bytes;
    io = first + bytes;
    return first;
  };
  const bridge = configPort(ports, ISA_BRIDGE_DEVICE, 0);
  PIRQ_ROUTES.forEach((irq, pirq) => {
    bridge.write(PIRQRC_OFFSET + pirq, irq, 1);
  });
  ports.outb(ELCR2, ports.inb(ELCR2) | ELCR2_PIRQS);
  for (const config of functions(ports)) setUpFunction(config, allocate);
}

function setUpFunction(config: ConfigPort, allocate: (isIo: boolean, bytes: number) => number): void {
  const command = config.read(PCI_CONFIG.COMMAND, 2);
  // PCI Local Bus 2.3, 6.2.5.1: decoding is off while a register holds the ones that size it.
  config.write(PCI_CONFIG.COMMAND, command & ~(PCI_COMMAND.IO | PCI_COMMAND.MEMORY), 2);
  for (let index = 0; index < BARS; index++) {
    const offset = PCI_CONFIG.BASE_ADDRESS_0 + 4 * index;
    config.write(offset, 0xffff_ffff, 4);
    const sizing = config.read(offset, 4);
    if (sizing === 0) continue;
    const isIo = (sizing & BAR_IO) !== 0;
    const bytes = -(sizing & (isIo ? ~0x3 : ~0xf)) >>> 0;
    config.write(offset, allocate(isIo, bytes), 4);
  }
  config.write(PCI_CONFIG.COMMAND, command | PCI_COMMAND.IO | PCI_COMMAND.MEMORY | PCI_COMMAND.MASTER, 2);
  const pin = config.read(PCI_CONFIG.INTERRUPT_PIN, 1);
  if (pin === 0 || config.read(PCI_CONFIG.CLASS_DEVICE, 2) === PM_CLASS) return;
  const irq = PIRQ_ROUTES[(config.device + pin - 1) % PIRQ_ROUTES.length] ?? 0;
  config.write(PCI_CONFIG.INTERRUPT_LINE, irq, 1);
}

function* functions(ports: PortBus): Generator<ConfigPort> {
  for (let device = 0; device < DEVICES; device++) {
    for (let fn = 0; fn < FUNCTIONS; fn++) {
      const config = configPort(ports, device, fn);
      const isThere = config.read(PCI_CONFIG.VENDOR_ID, 2) !== NOBODY;
      if (isThere) yield config;
      if (fn === 0 && (!isThere || (config.read(PCI_CONFIG.HEADER_TYPE, 1) & MULTIFUNCTION) === 0)) break;
    }
  }
}

function configPort(ports: PortBus, device: number, fn: number): ConfigPort {
  const select = (offset: number) =>
    ports.outl(CONFIG_ADDRESS, (CONFIG_ENABLE | (device << 11) | (fn << 8) | (offset & 0xfc)) >>> 0);
  return {
    device,
    read: (offset, bytes) => {
      select(offset);
      return ports.read(CONFIG_DATA + (offset & 3), bytes);
    },
    write: (offset, value, bytes) => {
      select(offset);
      ports.write(CONFIG_DATA + (offset & 3), value >>> 0, bytes);
    },
  };
}

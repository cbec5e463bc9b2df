/** PCI configuration mechanism 1, and the reset control register that lies among its ports. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import type { PortWidth } from '../bus/port-bus.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import type { PciFunction } from './pci-function.js';
import { PciSpace } from './pci-space.js';

/*
 * CF8  CONFIG_ADDRESS, 32-bit accesses only:  ENABLE 0000000 BUS(8) DEVICE(5) FUNCTION(3) REGISTER(6) 00
 * CF9  reset control, byte accesses:          00000 RCPU SRST 0
 * CFC  CONFIG_DATA, any width
 */
const RESET_OFFSET = 1;
const DATA_OFFSET = 4;
const ADDRESS_ENABLE = 0x8000_0000;
const ADDRESS_MASK = 0x80ff_fffc;
const RESET_CPU = 0x04;
const RESET_MASK = 0x06;
const ALL_ONES = 0xffff_ffff;

/** What the host bridge is connected to. */
export interface PciHostWiring {
  /** The reset control register's RCPU bit went from 0 to 1. */
  readonly reset: () => void;
  /** The wire that an interrupt pin, 1–4, of a device's slot drives; without it interrupts go nowhere. */
  readonly intx?: (device: number, pin: number) => InterruptLine;
}

/** The host's view of the bus: its three address spaces. Only bus 0 exists. */
export class PciHost {
  /** Ports that functions claim by their base address registers. */
  readonly io = new PciSpace();
  /** Memory addresses that they claim. */
  readonly memory = new PciSpace();
  private readonly registers = { address: 0, reset: 0 };
  /** By device × 8 + function. */
  private readonly functions = new Map<number, PciFunction>();
  private readonly wiring: PciHostWiring;

  constructor(wiring: PciHostWiring) {
    this.wiring = wiring;
  }

  /** Puts a function into a slot of bus 0, and its interrupt pin on the board's wire. */
  attach(device: number, fn: number, pciFunction: PciFunction): void {
    this.functions.set(device * 8 + fn, pciFunction);
    const { interruptPin } = pciFunction;
    const line = interruptPin === 0 ? undefined : this.wiring.intx?.(device, interruptPin);
    if (line) pciFunction.connect(line);
    const { onChange } = pciFunction;
    pciFunction.onChange = () => {
      onChange?.();
      this.decode();
    };
    this.decode();
  }

  /** Every function with its device number, in the order of the slots. */
  slots(): readonly { readonly device: number; readonly pciFunction: PciFunction }[] {
    return [...this.functions]
      .sort(([a], [b]) => a - b)
      .map(([slot, pciFunction]) => ({ device: slot >>> 3, pciFunction }));
  }

  read(offset: number, bytes: PortWidth): number {
    if (offset >= DATA_OFFSET) return this.readData(offset - DATA_OFFSET, bytes);
    if (offset === 0 && bytes === 4) return this.registers.address;
    if (offset === RESET_OFFSET && bytes === 1) return this.registers.reset;
    return ALL_ONES;
  }

  write(offset: number, value: number, bytes: PortWidth): void {
    if (offset >= DATA_OFFSET) this.writeData(offset - DATA_OFFSET, value, bytes);
    else if (offset === 0 && bytes === 4) this.registers.address = (value & ADDRESS_MASK) >>> 0;
    else if (offset === RESET_OFFSET && bytes === 1) this.writeReset(value);
  }

  /** Saves the host's registers, and each function's configuration space as `config.<slot>`. */
  saveState(): DeviceState {
    const spaces = [...this.functions].map(([slot, { config }]) => [`config.${slot}`, [...config]]);
    return { ...saveRegisters(this.registers), ...Object.fromEntries(spaces) };
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
    for (const [slot, pciFunction] of this.functions) {
      const saved = { config: [...pciFunction.config] };
      loadRegisters(saved, { config: state[`config.${slot}`] ?? [] });
      pciFunction.restore(saved.config);
    }
  }

  private decode(): void {
    const functions = this.slots().map(({ pciFunction }) => pciFunction);
    this.io.decode(functions.flatMap((pciFunction) => pciFunction.ranges('io')));
    this.memory.decode(functions.flatMap((pciFunction) => pciFunction.ranges('memory')));
  }

  private readData(offset: number, bytes: PortWidth): number {
    const config = this.selected();
    return config ? config.read(this.register + offset, bytes) : ALL_ONES;
  }

  private writeData(offset: number, value: number, bytes: PortWidth): void {
    this.selected()?.write(this.register + offset, value, bytes);
  }

  private get register(): number {
    return this.registers.address & 0xfc;
  }

  private selected(): PciFunction | undefined {
    const { address } = this.registers;
    const bus = (address >>> 16) & 0xff;
    if ((address & ADDRESS_ENABLE) === 0 || bus !== 0) return undefined;
    return this.functions.get((address >>> 8) & 0xff);
  }

  // 82371AB, "RC – Reset Control Register": the reset happens when bit 2 goes from 0 to 1.
  private writeReset(value: number): void {
    const before = this.registers.reset;
    this.registers.reset = value & RESET_MASK;
    if (value & ~before & RESET_CPU) this.wiring.reset();
  }
}

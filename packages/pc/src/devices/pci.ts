/** PCI configuration mechanism 1, and the reset control register that lies among its ports. */
import type { PortWidth } from '../bus/port-bus.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import type { PciFunction } from './pci-function.js';

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

/** The host's view of configuration space. Only bus 0 exists. */
export class PciHost {
  private readonly registers = { address: 0, reset: 0 };
  /** By device × 8 + function. */
  private readonly functions = new Map<number, PciFunction>();
  private readonly reset: () => void;

  /** @param reset - the reset control register's RCPU bit went from 0 to 1 */
  constructor({ reset }: { reset: () => void }) {
    this.reset = reset;
  }

  /** Puts a function into a slot of bus 0. */
  attach(device: number, fn: number, pciFunction: PciFunction): void {
    this.functions.set(device * 8 + fn, pciFunction);
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
    for (const [slot, { config }] of this.functions) {
      const saved = { config: [...config] };
      loadRegisters(saved, { config: state[`config.${slot}`] ?? [] });
      config.set(saved.config);
    }
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
    if (value & ~before & RESET_CPU) this.reset();
  }
}

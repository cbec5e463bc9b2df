/** The state of a PC: which devices have one, in which order they load it, and what a reset restores. */
import type { PcDevices } from './board.js';
import type { DeviceState, Savable } from './device-state.js';

/** Everything of a PC but its memory. Numbers, lists, and the processor's bytes: fit for structured clone. */
export interface PcState {
  readonly cpu: Uint8Array;
  readonly clock: DeviceState;
  readonly devices: Readonly<Record<string, DeviceState>>;
  /** Of the events so far. */
  readonly trace: DeviceState;
}

/** The devices' part of a {@link PcState}, but for the RTC, which a reset leaves alone. */
export function saveDevices(devices: PcDevices): PcState['devices'] {
  return Object.fromEntries(
    Object.entries(savables(devices)).map(([name, device]) => [name, device.saveState()]),
  );
}

/** Loads what {@link saveDevices} saved. @throws KexecError `BAD_STATE` when it is damaged */
export function loadDevices(devices: PcDevices, states: PcState['devices']): void {
  for (const [name, device] of Object.entries(savables(devices))) device.loadState(states[name] ?? {});
}

/** In loading order: the interrupt controllers last, as the others drive their inputs. */
function savables(devices: PcDevices): Record<string, Savable> {
  const { pic, pit, uart, keyboard, port61, port92, post, pci, pciBoard, vga } = devices;
  const { hpet, uart2, pm, ferr, ioApic, localApic, dma, dma2, dmaPages } = devices;
  return {
    hpet,
    pit,
    uart,
    keyboard,
    port61,
    port92,
    post,
    pci,
    uart2,
    pm,
    ferr,
    ...pciBoard.savables,
    vga,
    dma,
    dma2,
    dmaPages,
    'pic.slave': pic.slave,
    'pic.master': pic.master,
    ...(ioApic && localApic ? { ioApic, localApic } : {}),
  };
}

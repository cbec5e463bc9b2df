/** Devices of the running kernel, and their shutdown before another kernel takes over. */

import { KexecError } from '@kexec/phys-mem';

/** A device that a driver has bound. */
export interface Device {
  readonly name: string;
  /** Not a driver's: what machine_shutdown() and syscore_shutdown() quiet, and the patch of 2002 left running. */
  readonly isSyscore?: boolean;
  /** Makes the device quiet: no interrupts, no DMA. */
  shutdown?(): void;
  /** Sets the device up again after another kernel has had it. */
  resume?(): void;
  /** The same as shutdown after a crash, when only what would disturb the next kernel is touched. */
  crashShutdown?(): void;
}

/** What is done to all devices, one after another. */
export type DeviceAction = 'shutdown' | 'crash-shutdown' | 'resume';

/** One device in such a round: `left` as it was because it was asked for, `none` where its driver does nothing. */
export interface DeviceStep {
  readonly name: string;
  readonly action: DeviceAction;
  readonly outcome: 'done' | 'left' | 'none';
}

/** The devices in the order they were found. @see drivers/base/core.c */
export class DeviceList {
  /** Told of each device when its turn is over; it changes nothing. */
  watch: ((step: DeviceStep) => void) | undefined;
  readonly #devices: Device[] = [];

  /** A device that depends on another is registered after it. */
  register(device: Device): void {
    this.#devices.push(device);
  }

  /** Names in the order of registration. */
  names(): string[] {
    return this.#devices.map(({ name }) => name);
  }

  /** Throws KexecError 'NO_DEVICE' for a name that no device has. */
  require(names: readonly string[]): void {
    const known = this.names();
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw new KexecError('NO_DEVICE', `the machine has no device ${unknown}`, {
      remedy: `name some of ${known.join(', ')}`,
    });
  }

  /**
   * Shuts every device down, the youngest first: so none is shut down before those that need it.
   *
   * @param isLeft - a device that goes on as it is
   * @see drivers/base/core.c device_shutdown()
   */
  shutdown(isLeft: (device: Device) => boolean = () => false): void {
    for (const device of [...this.#devices].reverse())
      this.#step('shutdown', device, isLeft(device) ? 'left' : device.shutdown);
  }

  /** Sets them up again, the oldest first. @see drivers/base/power/main.c dpm_resume() */
  resume(): void {
    for (const device of this.#devices) this.#step('resume', device, device.resume);
  }

  /** @see arch/x86/kernel/crash.c native_machine_crash_shutdown() */
  crashShutdown(): void {
    for (const device of [...this.#devices].reverse())
      this.#step('crash-shutdown', device, device.crashShutdown);
  }

  #step(action: DeviceAction, device: Device, work: 'left' | (() => void) | undefined): void {
    if (typeof work === 'function') work.call(device);
    const outcome = work === undefined ? 'none' : work === 'left' ? 'left' : 'done';
    this.watch?.({ name: device.name, action, outcome });
  }
}

/** Devices of the running kernel, and their shutdown before another kernel takes over. */

/** A device that a driver has bound. */
export interface Device {
  readonly name: string;
  /** Makes the device quiet: no interrupts, no DMA. */
  shutdown?(): void;
  /** Sets the device up again after another kernel has had it. */
  resume?(): void;
  /** The same as shutdown after a crash, when only what would disturb the next kernel is touched. */
  crashShutdown?(): void;
}

/** The devices in the order they were found. @see drivers/base/core.c */
export class DeviceList {
  readonly #devices: Device[] = [];

  /** A device that depends on another is registered after it. */
  register(device: Device): void {
    this.#devices.push(device);
  }

  /** Names in the order of registration. */
  names(): string[] {
    return this.#devices.map(({ name }) => name);
  }

  /**
   * Shuts every device down, the youngest first: so none is shut down before those that need it.
   *
   * @see drivers/base/core.c device_shutdown()
   */
  shutdown(): void {
    for (const device of [...this.#devices].reverse()) device.shutdown?.();
  }

  /** Sets them up again, the oldest first. @see drivers/base/power/main.c dpm_resume() */
  resume(): void {
    for (const device of this.#devices) device.resume?.();
  }

  /** @see arch/x86/kernel/crash.c native_machine_crash_shutdown() */
  crashShutdown(): void {
    for (const device of [...this.#devices].reverse()) device.crashShutdown?.();
  }
}

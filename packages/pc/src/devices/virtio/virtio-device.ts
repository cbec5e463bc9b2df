/** The joint between a virtio device and its transport: what each knows of the other. */
import type { DeviceState } from '../../device-state.js';
import type { Virtqueue } from './virtqueue.js';

/** Device IDs (VIRTIO 1.0, 5 "Device Types"). */
export const VIRTIO_ID = { NET: 1, BLOCK: 2, CONSOLE: 3, ENTROPY: 4 } as const;

/** What a device sees of its transport. */
export interface VirtioPort {
  /** The n-th queue. */
  queue(n: number): Virtqueue;
  /** The driver has taken this feature bit, 0–31. */
  hasFeature(bit: number): boolean;
  /** The driver speaks version 1, not the legacy interface's dialect. */
  readonly isModern: boolean;
  /** Chains were used outside {@link VirtioDevice.notify}: interrupts the driver if it wants that. */
  used(): void;
}

/** A device: its queues, its features and its configuration bytes. It knows no bus. */
export interface VirtioDevice {
  readonly id: number;
  /** Feature bits 0–31 that are offered. */
  readonly features: number;
  /** Greatest size of each queue. */
  readonly queueSizes: readonly number[];
  /** Device-specific configuration, as the driver reads it. */
  readonly config: Uint8Array;
  /** The transport is there; called once. */
  connect(port: VirtioPort): void;
  /** The driver has made chains available in the n-th queue. */
  notify(n: number): void;
  /** The driver resets the device. */
  reset(): void;
  saveState(): DeviceState;
  loadState(state: DeviceState): void;
}

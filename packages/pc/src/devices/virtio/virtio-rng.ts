/** virtio-rng: fills whatever buffer it is given (VIRTIO 1.0, 5.4 "Entropy Device"). */
import type { DeviceState } from '../../device-state.js';
import { SeededRandom } from '../seeded-random.js';
import { VIRTIO_ID, type VirtioDevice, type VirtioPort } from './virtio-device.js';

const QUEUE_SIZE = 64;
/** Bytes for one request at most; the driver is told how many it got. */
const MAX_BYTES = 0x1_0000;

/** The device. Departure: its bytes follow from a seed, so that a run can be repeated. */
export class VirtioRng implements VirtioDevice {
  readonly id = VIRTIO_ID.ENTROPY;
  readonly features = 0;
  readonly queueSizes = [QUEUE_SIZE];
  readonly config = new Uint8Array(0);
  private readonly random: SeededRandom;
  private port: VirtioPort | undefined;

  /** @param seed - uint32 */
  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  connect(port: VirtioPort): void {
    this.port = port;
  }

  notify(n: number): void {
    const queue = this.port?.queue(n);
    for (const chain of queue?.chains() ?? []) {
      const bytes = this.random.bytes(Math.min(chain.writableBytes, MAX_BYTES));
      queue?.push(chain, chain.write(0, bytes));
    }
  }

  reset(): void {
    // The sequence goes on.
  }

  saveState(): DeviceState {
    return this.random.saveState();
  }

  loadState(state: DeviceState): void {
    this.random.loadState(state);
  }
}

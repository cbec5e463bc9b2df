/** virtio-net: Ethernet frames in two queues (VIRTIO 1.0, 5.1 "Network Device"). */
import type { DeviceState } from '../../device-state.js';
import { VIRTIO_ID, type VirtioDevice, type VirtioPort } from './virtio-device.js';

const RECEIVE = 0;
const TRANSMIT = 1;
const QUEUE_SIZE = 256;

/** Feature bits (5.1.3). */
const F_MAC = 5;
const F_STATUS = 16;
const LINK_UP = 1;

/** struct virtio_net_hdr: legacy drivers leave num_buffers out unless they merge buffers (5.1.6.1). */
const LEGACY_HEADER_BYTES = 10;
const HEADER_BYTES = 12;
const NUM_BUFFERS_OFFSET = 10;

const MIN_FRAME_BYTES = 14;
const MAX_FRAME_BYTES = 1518;
/** Frames that wait for a buffer; more are lost, as on any card. */
const MAX_WAITING = 256;

/** The other end of the cable. */
export interface Network {
  /** A frame has been sent. @returns the frames that come back */
  receive(frame: Uint8Array): readonly Uint8Array[];
}

/** The device. */
export class VirtioNet implements VirtioDevice {
  readonly id = VIRTIO_ID.NET;
  readonly features = (1 << F_MAC) | (1 << F_STATUS);
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  readonly config: Uint8Array;
  private readonly network: Network;
  private waiting: Uint8Array[] = [];
  private port: VirtioPort | undefined;

  /** @param mac - six bytes */
  constructor(mac: Uint8Array, network: Network) {
    this.config = Uint8Array.of(...mac, LINK_UP, 0);
    this.network = network;
  }

  connect(port: VirtioPort): void {
    this.port = port;
  }

  notify(n: number): void {
    if (n === TRANSMIT) this.send();
    this.deliver();
  }

  reset(): void {
    this.waiting = [];
  }

  /** Waiting frames: their lengths, and their bytes in one list. */
  saveState(): DeviceState {
    return {
      lengths: this.waiting.map((frame) => frame.length),
      bytes: this.waiting.flatMap((frame) => [...frame]),
    };
  }

  loadState(state: DeviceState): void {
    const { lengths, bytes } = state;
    if (!Array.isArray(lengths) || !Array.isArray(bytes)) return this.reset();
    let at = 0;
    this.waiting = lengths.slice(0, MAX_WAITING).map((length: number) => {
      const frame = Uint8Array.from(bytes.slice(at, at + length));
      at += length;
      return frame;
    });
  }

  private get headerBytes(): number {
    return this.port?.isModern ? HEADER_BYTES : LEGACY_HEADER_BYTES;
  }

  private send(): void {
    const queue = this.port?.queue(TRANSMIT);
    for (const chain of queue?.chains() ?? []) {
      const frame = chain.read(this.headerBytes, MAX_FRAME_BYTES);
      queue?.push(chain, 0);
      if (frame.length < MIN_FRAME_BYTES) continue;
      for (const answer of this.network.receive(frame)) {
        if (this.waiting.length < MAX_WAITING) this.waiting.push(answer);
      }
    }
  }

  private deliver(): void {
    const queue = this.port?.queue(RECEIVE);
    while (this.waiting.length > 0) {
      const chain = queue?.pop();
      const frame = chain && this.waiting.shift();
      if (!chain || !frame) return;
      const packet = new Uint8Array(this.headerBytes + frame.length);
      // 5.1.6.4: one buffer holds it all. A legacy header ends before this field.
      if (this.headerBytes > NUM_BUFFERS_OFFSET) packet[NUM_BUFFERS_OFFSET] = 1;
      packet.set(frame, this.headerBytes);
      queue?.push(chain, chain.write(0, packet));
    }
  }
}

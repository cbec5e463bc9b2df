/** virtio-console: a terminal line of two queues, hvc0 to Linux (VIRTIO 1.0, 5.3 "Console Device"). */
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { VIRTIO_ID, type VirtioDevice, type VirtioPort } from './virtio-device.js';

const RECEIVE = 0;
const TRANSMIT = 1;
const QUEUE_SIZE = 64;
/** Bytes of a chain that are handed on at once. */
const PIECE_BYTES = 0x1000;

/** The device, with one port and no size. */
export class VirtioConsole implements VirtioDevice {
  readonly id = VIRTIO_ID.CONSOLE;
  readonly features = 0;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  readonly config = new Uint8Array(0);
  private readonly registers: { pending: number[] } = { pending: [] };
  private readonly transmit: (byte: number) => void;
  private port: VirtioPort | undefined;

  /** @param transmit - hears every byte that the guest sends */
  constructor(transmit: (byte: number) => void) {
    this.transmit = transmit;
  }

  /** Bytes typed at the other end; they wait until the driver has room for them. */
  input(bytes: Iterable<number>): void {
    for (const byte of bytes) this.registers.pending.push(byte & 0xff);
    this.deliver();
    this.port?.used();
  }

  connect(port: VirtioPort): void {
    this.port = port;
  }

  notify(n: number): void {
    if (n === RECEIVE) this.deliver();
    else this.send();
  }

  reset(): void {
    // What was typed is still to be read.
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private deliver(): void {
    const { pending } = this.registers;
    const queue = this.port?.queue(RECEIVE);
    while (pending.length > 0) {
      const chain = queue?.pop();
      if (!chain) return;
      const written = chain.write(0, Uint8Array.from(pending.slice(0, PIECE_BYTES)));
      pending.splice(0, written);
      queue?.push(chain, written);
    }
  }

  private send(): void {
    const queue = this.port?.queue(TRANSMIT);
    for (const chain of queue?.chains() ?? []) {
      for (let at = 0; at < chain.readableBytes; at += PIECE_BYTES) {
        for (const byte of chain.read(at, PIECE_BYTES)) this.transmit(byte);
      }
      queue?.push(chain, 0);
    }
  }
}

/** A client of GDB's remote protocol: its packets, answered one by one, and the stops that it is told of. */
import type { DebugStop } from '../debug/debug-stop.js';
import type { Debugger } from '../debug/debugger.js';
import type { MachineStop } from '../machine-stop.js';
import { ClientBreakpoints } from './breakpoints.js';
import { answer } from './commands.js';
import { bytesToHex, textToBytes } from './hex.js';
import { GdbMonitor } from './monitor.js';
import { ACK, NAK, PacketReader, packet } from './packet.js';
import { describeEnd, stopReply } from './stop-reply.js';
import { EXPEDITED, readRegister } from './target-description.js';

/** A connection's other end, whatever carries its bytes. */
export interface ByteStream {
  send(bytes: Uint8Array): void;
  /** Sends what is left, and closes. */
  end(): void;
}

/** What a client has said of itself. */
export interface ClientFeatures {
  readonly swbreak: boolean;
  readonly hwbreak: boolean;
}

/** One client. While it is connected the machine stops for it. */
export class GdbConnection {
  readonly held: Debugger;
  readonly breakpoints: ClientBreakpoints;
  readonly monitor: GdbMonitor;
  features: ClientFeatures = { swbreak: false, hwbreak: false };
  /** Whether the client has read the target description, and knows all registers. */
  isDescribed = false;
  readonly #stream: ByteStream;
  readonly #reader = new PacketReader();
  readonly #forget: () => void;
  readonly #kill: () => void;
  #acknowledges = true;
  #last: Uint8Array | undefined;
  #isOpen = true;
  /** The client waits for the machine to stop. */
  #isWaiting = false;

  /** @param kill - ends the machine */
  constructor(held: Debugger, stream: ByteStream, kill: () => void) {
    this.held = held;
    this.breakpoints = new ClientBreakpoints(held);
    this.monitor = new GdbMonitor(held);
    this.#stream = stream;
    this.#kill = kill;
    held.attached = true;
    held.interrupt();
    this.#forget = held.onStop((stop) => this.#stopped(stop));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes came from the client. */
  receive(bytes: Uint8Array): void {
    for (const arrival of this.#reader.read(bytes)) {
      if (!this.#isOpen) return;
      if (arrival.kind === 'interrupt') this.held.interrupt();
      else if (arrival.kind === 'nak') this.#resend();
      else if (arrival.kind === 'packet') this.#serve(arrival.data);
      else if (this.#acknowledges) this.#stream.send(NAK);
    }
  }

  /** The client is gone, and with it its breakpoints; the machine stays as it is. */
  closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#forget();
    this.breakpoints.clear();
    this.held.attached = false;
  }

  /** The machine has come to its end, for everybody. */
  ended(stop: MachineStop): void {
    if (!this.#isOpen) return;
    const code = stop.kind === 'exit' ? stop.code & 0xff : 0;
    if (this.#isWaiting) this.#send(textToBytes(`W${code.toString(16).padStart(2, '0')}`));
    this.closed();
    this.#stream.end();
  }

  /** The client lets the machine go, and goes. */
  detach(): void {
    this.#send(textToBytes('OK'));
    this.closed();
    this.held.resume();
    this.#stream.end();
  }

  /** The client ends the machine. @param isAnswered - as vKill is, and k is not */
  kill(isAnswered: boolean): void {
    if (isAnswered) this.#send(textToBytes('OK'));
    this.closed();
    this.#stream.end();
    this.#kill();
  }

  /** From the answer on, no packet is acknowledged. */
  stopAcknowledging(): void {
    this.#acknowledges = false;
  }

  /** The stop that the machine is at, as a packet's data. */
  describeStop(stop: DebugStop): string {
    const { cpu } = this.held.target.pc;
    const registers = EXPEDITED.flatMap((number) => {
      const bytes = readRegister(cpu, number);
      return bytes ? [[number, bytes] as const] : [];
    });
    return stopReply(stop, this.features, registers, (laddr) => this.breakpoints.isHardware(laddr));
  }

  #serve(data: Uint8Array): void {
    if (this.#acknowledges) this.#stream.send(ACK);
    const reply = answer(this, data);
    // What lets the machine run is answered by its stop.
    if (reply === undefined) this.#isWaiting = this.#isOpen;
    else this.#send(typeof reply === 'string' ? textToBytes(reply) : reply);
  }

  #stopped(stop: DebugStop): void {
    if (!this.#isWaiting) return;
    const isEnd = stop.kind === 'machine' && describeEnd(stop.stop) === undefined;
    // The run's owner calls ended() for that.
    if (isEnd) return;
    const words = stop.kind === 'machine' ? describeEnd(stop.stop) : undefined;
    if (words !== undefined) this.#send(textToBytes(`O${bytesToHex(textToBytes(words))}`));
    this.#isWaiting = false;
    this.#send(textToBytes(this.describeStop(stop)));
  }

  #send(data: Uint8Array): void {
    this.#last = packet(data);
    this.#stream.send(this.#last);
  }

  #resend(): void {
    if (this.#last) this.#stream.send(this.#last);
  }
}

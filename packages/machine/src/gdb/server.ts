/** A server of GDB's remote protocol for one machine: a client at a time, over whatever carries bytes. */
import type { Debugger } from '../debug/debugger.js';
import type { MachineStop } from '../machine-stop.js';
import { type ByteStream, GdbConnection } from './connection.js';

/** What a server tells whoever owns the machine. */
export interface GdbServerOptions {
  /** A client asks for the machine's end. */
  readonly onKill?: () => void;
}

/** Serves a debugger to clients. */
export class GdbServer {
  readonly #debugger: Debugger;
  readonly #onKill: () => void;
  #connection: GdbConnection | undefined;

  constructor(held: Debugger, { onKill = () => undefined }: GdbServerOptions = {}) {
    this.#debugger = held;
    this.#onKill = onKill;
  }

  /** Whether a client is there. */
  get isConnected(): boolean {
    return this.#connection?.isOpen ?? false;
  }

  /**
   * A client has come; the machine stops for it.
   *
   * @returns where its bytes go; undefined when another is there already
   */
  connect(stream: ByteStream): GdbConnection | undefined {
    if (this.isConnected) return undefined;
    this.#connection = new GdbConnection(this.#debugger, stream, this.#onKill);
    return this.#connection;
  }

  /** The machine's run has ended: whoever waits for it is told. */
  ended(stop: MachineStop): void {
    this.#connection?.ended(stop);
  }
}

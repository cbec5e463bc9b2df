/** The socket that debuggers connect to. */
import { createServer, type Server, type Socket } from 'node:net';
import { type Debugger, GdbServer, type MachineStop } from '@kexec/machine';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { describeGdbPlace, type GdbPlace } from './gdb-place.js';

/** What a client does to the run. */
export interface GdbEvents {
  /** A packet came: the machine may have something else to do now. */
  arrived(): void;
  /** The client wants the machine's end. */
  killed(): void;
}

/** Takes one client at a time, until it is closed. */
export class GdbListener {
  readonly #server: GdbServer;
  readonly #listening: Server;
  readonly #place: GdbPlace;

  private constructor(held: Debugger, place: GdbPlace, events: GdbEvents) {
    this.#place = place;
    this.#server = new GdbServer(held, { onKill: () => events.killed() });
    this.#listening = createServer((socket) => this.#accept(socket, events));
  }

  /** @throws CliError `GDB_LISTEN` when the place cannot be had */
  static async listen(held: Debugger, place: GdbPlace, events: GdbEvents): Promise<GdbListener> {
    const listener = new GdbListener(held, place, events);
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) =>
        reject(
          new CliError(EXIT.IO, 'GDB_LISTEN', `no debugger can connect: ${error.message}`, {
            remedy: 'Choose another port, or remove the socket that is left over.',
          }),
        );
      listener.#listening.once('error', refuse);
      listener.#listening.listen(place, () => {
        listener.#listening.removeListener('error', refuse);
        resolve();
      });
    });
    return listener;
  }

  /** What GDB is told to connect to. */
  get target(): string {
    const address = this.#listening.address();
    if (typeof address !== 'object' || address === null) return describeGdbPlace(this.#place);
    return describeGdbPlace({ host: address.address, port: address.port });
  }

  /** The machine has come to its end: whoever is connected is told. */
  ended(stop: MachineStop): void {
    this.#server.ended(stop);
  }

  /** Nobody else may come. */
  async close(): Promise<void> {
    this.#drop();
    await new Promise<void>((resolve) => {
      this.#listening.close(() => resolve());
    });
  }

  /** Closes a connection that nobody has closed: a run that was ended from outside. */
  #drop: () => void = () => undefined;

  #accept(socket: Socket, events: GdbEvents): void {
    const connection = this.#server.connect({
      send: (bytes) => {
        if (socket.writable) socket.write(bytes);
      },
      end: () => socket.end(),
    });
    if (!connection) {
      socket.destroy();
      return;
    }
    this.#drop = () => socket.destroySoon();
    // Packets are small, and each waits for its answer.
    socket.setNoDelay();
    socket.on('data', (bytes) => {
      connection.receive(bytes);
      events.arrived();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      connection.closed();
      events.arrived();
    });
    events.arrived();
  }
}

/** For tests: a machine with a program in assembly text, and a client of its debugger that speaks in packets. */
import { assemble, registerBytes } from '@kexec/x86-cpu';
import { type BiosMachine, createBiosMachine } from '../bios-machine.js';
import { Debugger, type DebuggerOptions } from '../debug/debugger.js';
import type { GdbConnection } from '../gdb/connection.js';
import { bytesToText, textToBytes } from '../gdb/hex.js';
import { PacketReader, packet } from '../gdb/packet.js';
import { GdbServer } from '../gdb/server.js';

/** Where the program stands, in real-address mode, CS base 0. */
export const PROGRAM = 0x1000;

/** A machine that is about to execute a program. */
export function holdProgram(text: string, options: DebuggerOptions = {}, bits: 16 | 32 = 16): Debugger {
  return new Debugger(programMachine(text, bits), { paused: true, ...options });
}

/** The same without a debugger. */
export function programMachine(text: string, bits: 16 | 32 = 16): BiosMachine {
  const machine = createBiosMachine({ memory: '2M' });
  const { cpu, mem } = machine.pc;
  mem.writeBytes(PROGRAM, assemble(text, { origin: PROGRAM, bits }).bytes);
  cpu.setSegment(CS, { ...cpu.getSegment(CS), selector: 0, base: 0 });
  cpu.eip = PROGRAM;
  cpu.esp = 0x8000;
  return machine;
}

const CS = 1;

/** The value of a register of 32 bits. */
export function registerOf({ target }: Debugger, name: string): number {
  const bytes = registerBytes(name)?.get(target.pc.cpu) ?? new Uint8Array(4);
  return new DataView(bytes.buffer).getUint32(0, true);
}

/** A client, at the other end of a connection. */
export class GdbClient {
  readonly held: Debugger;
  readonly server: GdbServer;
  readonly connection: GdbConnection | undefined;
  readonly #reader = new PacketReader();
  /** Bytes that the server sent. */
  readonly sent: number[] = [];
  #answers: string[] = [];
  isEnded = false;
  isKilled = false;

  constructor(held: Debugger, server?: GdbServer) {
    this.held = held;
    this.server =
      server ??
      new GdbServer(held, {
        onKill: () => {
          this.isKilled = true;
        },
      });
    this.connection = this.server.connect({
      send: (bytes) => {
        this.sent.push(...bytes);
        for (const arrival of this.#reader.read(bytes)) {
          if (arrival.kind === 'packet') this.#answers.push(bytesToText(arrival.data));
        }
      },
      end: () => {
        this.isEnded = true;
      },
    });
  }

  /** Sends bytes as they are. */
  send(...bytes: number[]): void {
    this.connection?.receive(Uint8Array.from(bytes));
  }

  /** Sends a packet. @returns the answers to it, and what the machine's stop adds */
  ask(data: string): string {
    return this.askBytes(textToBytes(data));
  }

  askBytes(data: Uint8Array): string {
    this.#answers = [];
    // What stands in a test needs no escapes but those that it writes itself.
    const sum = data.reduce((total, byte) => (total + byte) & 0xff, 0);
    const frame = [0x24, ...data, 0x23, ...textToBytes(sum.toString(16).padStart(2, '0'))];
    this.connection?.receive(Uint8Array.from(frame));
    this.run();
    return this.#answers.join('|');
  }

  /** Lets the machine run until it stands still, or for some time. */
  run(slices = 1000): void {
    for (let i = 0; i < slices && this.held.isRunning; i++) {
      const stop = this.held.advance({ instructions: 10_000 });
      if (!this.held.isRunning && stop.kind !== 'paused') this.server.ended(stop);
    }
  }
}

/** What a packet of this data looks like. */
export const framed = (data: string): number[] => [...packet(textToBytes(data))];

/** A board for tests: just enough of a PC to run the kernel on, with a record of its port writes. */
import { createPhysMem, type E820Entry, type PhysMem, pcE820Map } from '@kexec/phys-mem';
import { type Board, type CpuModelName, createCpu } from '@kexec/x86-cpu';
import type { RunStop } from './arch/i386/processor.js';
import { createKernel, type Kernel } from './kernel.js';
import type { PortIo } from './port-io.js';

const MB = 0x10_0000;
const RUN_INSTRUCTIONS = 200_000;

/** The registers of a PC that the kernel's drivers look at. */
export class TestBoard implements Board {
  /** Every write, as 'port=value' in hex. */
  readonly writes: string[] = [];
  serial = '';
  pendingVector: number | undefined;
  onWrite: ((port: number, value: number) => void) | undefined;
  readonly #masks = new Map([
    [0x21, 0xff],
    [0xa1, 0xff],
  ]);
  #isInitialising = false;

  readPort(port: number): number {
    if (port === 0x3fd) return 0x60;
    if (port === 0x64) return 0;
    if (port === 0x20 || port === 0xa0) return 0xff;
    return this.#masks.get(port) ?? 0;
  }

  writePort(port: number, _bytes: number, value: number): void {
    this.writes.push(`${port.toString(16)}=${value.toString(16)}`);
    if (port === 0x3f8 && !this.#isInitialising) this.serial += String.fromCharCode(value);
    if (port === 0x3fb) this.#isInitialising = (value & 0x80) !== 0;
    if (this.#masks.has(port)) this.#masks.set(port, value);
    this.onWrite?.(port, value);
  }

  acknowledgeInterrupt(): number {
    return this.pendingVector ?? 0;
  }
}

/** A machine without devices, and a kernel for it that has not started. */
export interface TestMachine {
  readonly mem: PhysMem;
  readonly board: TestBoard;
  readonly cpu: ReturnType<typeof createCpu>;
  readonly kernel: Kernel;
}

export interface TestMachineOptions {
  readonly model?: CpuModelName;
  readonly ramBytes?: number;
  readonly e820?: readonly E820Entry[];
  readonly commandLine?: string;
}

/** A 386 to 686 with 8 MB; a run that does not end within a bound of instructions throws. */
export function testMachine({
  model = 'max',
  ramBytes = 8 * MB,
  e820,
  commandLine,
}: TestMachineOptions = {}): TestMachine {
  const mem = createPhysMem({ ramBytes });
  const board = new TestBoard();
  const cpu = createCpu({ mem, board, model });
  const kernel = createKernel({
    mem,
    cpu,
    io: portsOf(board),
    run: () => bounded(cpu.run(RUN_INSTRUCTIONS)),
    e820: e820 ?? pcE820Map(ramBytes),
    ...(commandLine === undefined ? {} : { commandLine }),
  });
  return { mem, board, cpu, kernel };
}

/** The same, started and idle. */
export function runningMachine(options: TestMachineOptions = {}): TestMachine {
  const machine = testMachine(options);
  machine.kernel.boot();
  return machine;
}

function bounded(stop: RunStop): RunStop {
  if (stop.kind === 'budget') throw new Error(`still running after ${RUN_INSTRUCTIONS} instructions`);
  return stop;
}

function portsOf(board: TestBoard): PortIo {
  return {
    inb: (port) => board.readPort(port),
    inw: (port) => board.readPort(port),
    inl: (port) => board.readPort(port),
    outb: (port, value) => board.writePort(port, 1, value),
    outw: (port, value) => board.writePort(port, 2, value),
    outl: (port, value) => board.writePort(port, 4, value),
  };
}

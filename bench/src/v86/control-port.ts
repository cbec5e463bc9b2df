/** The port through which a guest is told what to run, and says when it is done; the same for both emulators. */
import { cpuSeconds, threadSeconds } from '../measure.js';

/*
 * port       read                                   write, 32 bits
 * CONTROL    entry of the program, 0: none yet      the program's result: it has ended
 * CONTROL+4  its argument; the clock starts here
 */
export const CONTROL_PORT = 0x5e0;
export const ARGUMENT_OFFSET = 4;

/** The first words of a Linux kernel on ttyS0, soon after its decompressor's jump; Debian's decompressor says none. */
const DECOMPRESSED = 'Linux version';

/** A program of the guest image. */
export interface Job {
  /** Where it begins. */
  readonly entry: number;
  /** Iterations, or where a booted image is entered. */
  readonly argument: number;
}

/** What one run of a program took. */
export interface Sample {
  /** CPU seconds of the emulating thread. */
  readonly seconds: number;
  /** CPU seconds of the whole process, with those who compile for that thread. */
  readonly allSeconds: number;
  /** What the program computed. Emulators must agree on it. */
  readonly result: number;
  /** Guest instructions, by {@link ControlPort.countInstructions}. */
  readonly instructions: number;
}

interface Times {
  readonly seconds: number;
  readonly allSeconds: number;
  readonly instructions: number;
}

/** The device. One job at a time. */
export class ControlPort {
  /** An exact count of retired instructions, of an emulator that has one. */
  countInstructions: () => number = () => Number.NaN;
  /** Hears that the guest waits for a job, and that there is none. */
  onIdle: () => void = () => {};
  /** Hears that the guest has a job no more, and may be stopped. */
  onEnd: (sample: Sample) => void = () => {};
  private job: Job | undefined;
  private begin: Times | undefined;
  private serial = '';

  give(job: Job): void {
    this.job = job;
    this.serial = '';
  }

  read(offset: number): number {
    if (!this.job) {
      this.onIdle();
      return 0;
    }
    if (offset !== ARGUMENT_OFFSET) return this.job.entry;
    const { argument } = this.job;
    this.job = undefined;
    this.begin = this.now();
    return argument;
  }

  write(result: number): void {
    const { begin } = this;
    if (!begin) return;
    const end = this.now();
    this.begin = undefined;
    this.onEnd({
      seconds: end.seconds - begin.seconds,
      allSeconds: end.allSeconds - begin.allSeconds,
      instructions: end.instructions - begin.instructions,
      result: result >>> 0,
    });
  }

  /** A byte on ttyS0. A bzImage cannot be made to write to our port, but its kernel soon speaks. */
  hear(byte: number): void {
    this.serial += String.fromCharCode(byte);
    if (this.serial.endsWith(DECOMPRESSED)) this.write(this.serial.length);
  }

  private now(): Times {
    return { seconds: threadSeconds(), allSeconds: cpuSeconds(), instructions: this.countInstructions() };
  }
}

/** The live machine in its worker: it runs in slices, and looks at the page's orders between them. */
import type { LoadPlan } from '@kexec/loaders';
import { KexecError, type Machine, type MachineStop } from '@kexec/machine';
import type { ImageRequest, LoadSummary, MachineSetup, Phase, Report, Status } from '../protocol.js';
import { loadOf, machineOf, summaryOf } from './scene.js';
import { SLICE_MS, SliceBudget } from './slice-budget.js';
import { stopText } from './stop-text.js';

/** A HLT up to this long is slept whole, so that the guest's time passes as the reader's does. */
const PACE_NS = 50_000_000;
/** No slice should last longer. */
const LATE_MS = 16;
const STATUS_MS = 100;
const CS = 1;

/** A turn of the event loop. Timers are held back to 4 ms each; messages are not. */
const { port1, port2 } = new MessageChannel();
const turn = () =>
  new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });

/** One machine. A new session takes its place: nothing of it is used again. */
export class LiveSession {
  readonly #machine: Machine;
  readonly #report: (report: Report) => void;
  readonly #budget = new SliceBudget();
  #serial: number[] = [];
  #plan: LoadPlan | undefined;
  #hasLeft = false;
  #isRunning = false;
  #isClosed = false;
  #stop: MachineStop | undefined;
  #wake: (() => void) | undefined;
  #longestSlice = 0;
  #slices = 0;
  #lateSlices = 0;
  #reported = { at: 0, instructions: 0, worked: 0 };
  #worked = 0;
  #mips = 0;

  constructor(setup: MachineSetup, report: (report: Report) => void) {
    this.#report = report;
    this.#machine = machineOf(setup, { onSerial: (byte) => this.#serial.push(byte) });
    this.#tell();
  }

  load(image: ImageRequest): LoadSummary {
    try {
      this.#plan = this.#machine.load(...loadOf(image));
      return summaryOf(this.#plan);
    } finally {
      this.#tell();
    }
  }

  exec(): void {
    if (this.#hasLeft) throw new KexecError('KERNEL_GONE', 'the running kernel has made its jump already');
    this.#machine.exec();
    this.#hasLeft = true;
    this.resume();
  }

  pause(): void {
    this.#isRunning = false;
    this.#wake?.();
    this.#tell();
  }

  resume(): void {
    if (!this.#hasLeft || this.#isRunning || this.#stop) return;
    this.#isRunning = true;
    void this.#run();
  }

  type(bytes: Uint8Array): void {
    this.#machine.input(bytes);
    this.#wake?.();
  }

  traceHash(): string {
    return this.#machine.pc.traceHash();
  }

  close(): void {
    this.#isClosed = true;
    this.#isRunning = false;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      const haltedBefore = this.#machine.pc.haltedNanoseconds;
      const stop = this.#slice();
      const isSilent = this.#serial.length === 0;
      if (stop.kind !== 'budget' && stop.kind !== 'idle') {
        this.#stop = stop;
        this.#isRunning = false;
        this.#tell();
        return;
      }
      if (performance.now() - this.#reported.at >= STATUS_MS) this.#tell();
      else this.#flush();
      const halted = (this.#machine.pc.haltedNanoseconds - haltedBefore) / 1e6;
      await turn();
      if (!this.#isRunning) return;
      if (stop.kind === 'idle') await this.#sleep();
      // A driver that sends from its interrupt handler would make the reader wait for every line.
      else if (halted >= 1 && isSilent) await this.#sleep(halted);
    }
  }

  /** Runs for some milliseconds, or until there is something to tell or to wait for. */
  #slice(): MachineStop {
    const { pc } = this.#machine;
    const began = performance.now();
    const halted = pc.haltedNanoseconds;
    let now = began;
    let stop: MachineStop;
    do {
      const before = pc.cpu.icount;
      stop = this.#machine.run({ instructions: this.#budget.instructions, haltedNanoseconds: PACE_NS });
      const after = performance.now();
      this.#budget.measured(pc.cpu.icount - before, after - now);
      now = after;
    } while (stop.kind === 'budget' && now - began < SLICE_MS && pc.haltedNanoseconds - halted < PACE_NS);
    this.#worked += now - began;
    this.#longestSlice = Math.max(this.#longestSlice, now - began);
    this.#slices++;
    if (now - began > LATE_MS) this.#lateSlices++;
    return stop;
  }

  /** Until somebody types, pauses or closes, or the time is over. */
  async #sleep(milliseconds?: number): Promise<void> {
    if (milliseconds === undefined) this.#tell();
    await new Promise<void>((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #flush(): void {
    if (this.#isClosed || this.#serial.length === 0) return;
    this.#report({ kind: 'serial', bytes: Uint8Array.from(this.#serial) });
    this.#serial = [];
  }

  #tell(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#report({ kind: 'status', status: this.#status() });
  }

  #status(): Status {
    const { cpu, clock } = this.#machine.pc;
    const worked = this.#worked - this.#reported.worked;
    const retired = cpu.icount - this.#reported.instructions;
    if (worked > 1) {
      this.#mips = retired / worked / 1000;
      this.#reported = { at: performance.now(), instructions: cpu.icount, worked: this.#worked };
    }
    return {
      phase: this.#phase(),
      isRunning: this.#isRunning,
      instructions: cpu.icount,
      mips: this.#isRunning || this.#stop ? this.#mips : 0,
      seconds: clock.now() / 1e9,
      longestSlice: this.#longestSlice,
      slices: this.#slices,
      lateSlices: this.#lateSlices,
      ...(this.#stop ? { stop: stopText(this.#stop) } : {}),
    };
  }

  #phase(): Phase {
    if (this.#stop) return 'stopped';
    if (!this.#hasLeft) return this.#machine.loaded ? 'loaded' : 'running kernel';
    const { cpu } = this.#machine.pc;
    const paddr = cpu.translate((cpu.getSegment(CS).base + cpu.eip) >>> 0);
    const segment = this.#plan?.segments.find(
      ({ mem, memsz }) => paddr !== undefined && mem <= paddr && paddr < mem + memsz,
    );
    return segment?.name === 'purgatory' ? 'purgatory' : 'new kernel';
  }
}

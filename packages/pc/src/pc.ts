/** The PC: a processor on a board, and the loop that runs it between the events of the clock. */
import type { PhysMem } from '@kexec/phys-mem';
import { type Cpu, createCpu, FEATURE, type StopReason } from '@kexec/x86-cpu';
import { createDevices, type PcDevices } from './board.js';
import { PortBus } from './bus/port-bus.js';
import { Clock } from './clock.js';
import type { PamPiece } from './devices/i440fx-pam.js';
import { setUpCmos } from './firmware/bios/post.js';
import { plugFirmware } from './firmware/firmware.js';
import { OPTION_ROM_PADDR, VIDEO_PADDR } from './memlayout.js';
import { DEFAULT_EPOCH, type PcOptions } from './pc-options.js';
import { loadDevices, type PcState, saveDevices } from './pc-state.js';
import type { PcLimit, PcStop } from './pc-stop.js';
import { hasPci } from './pci-board.js';
import { mapPlatform } from './platform-mmio.js';
import { TraceHash } from './trace-hash.js';
import { tracedBoard } from './traced-board.js';

/**
 * Virtual time that one port access takes.
 *
 * An 8-bit cycle of the 8 MHz ISA bus lasts about a microsecond, and guests rely on it (`out 80h` as a delay). It
 * also makes loops that poll a timer cheap: fifty thousand rounds for 50 ms, not a million and more.
 */
export const ISA_CYCLE_NS = 1000;

/**
 * Ticks of the time-stamp counter that reading it takes: half a microsecond, as under a hypervisor that is asked each
 * time. Delay loops that watch it come to their end in a few rounds.
 */
const RDTSC_TICKS = 128;

/** A HLT that lasts longer than this is given back to the caller: only input can end it. */
const IDLE_NS = 60_000_000_000;
/** Instructions that the processor gets at once, however far the next event is. */
const MAX_SLICE = 0x10_0000;
const EFLAGS_IF = 0x200;

/**
 * Builds a PC around a memory, as its BIOS leaves it after the power-on self-test: ROM, interrupt vectors and BIOS
 * data area in place (RAM 0–4FF and 9FC00 are written), devices programmed, processor at the reset vector. With a
 * foreign BIOS the machine has just been turned on.
 */
export function createPc(options: PcOptions): Pc {
  return new Pc(options);
}

/** A PC; build it with {@link createPc}. */
export class Pc {
  readonly mem: PhysMem;
  readonly cpu: Cpu;
  readonly clock: Clock;
  readonly ports: PortBus;
  readonly devices: PcDevices;
  /** Where the ACPI tables begin: physical address of the RSDP; 0 with a foreign BIOS, which has its own. */
  readonly rsdpPaddr: number;
  /** Hears the A20 gate change. */
  onA20: ((level: boolean) => void) | undefined;
  private readonly powerOn: PcState['devices'];
  /** What a device or the caller wants the run to end with. */
  private request: PcStop | undefined;
  /** True while the processor has control. */
  private running = false;
  /** The moment at which the current slice must have ended. */
  private sliceEnd = 0;
  /** The count of retired instructions at which it ends by itself. */
  private sliceEndCount = 0;
  /** The processor was asked to stop so that its slice can be measured again. */
  private remeasure = false;
  private a20 = true;
  private readonly trace = new TraceHash();
  private halted = 0;

  constructor(options: PcOptions) {
    this.mem = options.mem;
    this.ports = new PortBus({ onCycle: () => this.busCycle(), onUnclaimed: options.onUnclaimed });
    this.cpu = createCpu({
      mem: this.mem,
      board: tracedBoard(this.trace, () => this.cpu, {
        readPort: (port, bytes) => this.ports.read(port, bytes),
        writePort: (port, bytes, value) => this.ports.write(port, value, bytes),
        acknowledgeInterrupt: () => (this.devices.localApic ?? this.devices.pic).acknowledge(),
        setApicEnabled: (enabled) => this.devices.localApic?.setPresent(enabled),
        setFerr: (level) => this.devices.ferr.setFerr(level),
        isNumericErrorIgnored: () => this.devices.ferr.isErrorIgnored,
        timestamp: () => this.timestamp(),
      }),
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(options.interpreter === undefined ? {} : { interpreter: options.interpreter }),
      ...(options.translator === undefined ? {} : { translator: options.translator }),
    });
    this.clock = new Clock(() => this.cpu.icount);
    this.clock.onArm = (deadline) => this.shorten(deadline);
    const apic = (this.cpu.model.features & FEATURE.APIC) !== 0;
    const powerOff = () => this.stopWith({ kind: 'power-off' });
    this.devices = createDevices({
      clock: this.clock,
      ports: this.ports,
      mem: this.mem,
      intr: { set: (level) => this.cpu.setInterruptLine(level) },
      a20: { set: (level) => this.setA20(level) },
      reset: (by) => this.stopWith({ kind: 'reset', by }),
      exit: (code) => this.stopWith({ kind: 'exit', code }),
      powerOff,
      nmi: () => this.cpu.raiseNmi(),
      apic,
      epoch: options.epoch ?? DEFAULT_EPOCH,
      video: this.mem.ram.subarray(VIDEO_PADDR, OPTION_ROM_PADDR),
      pci: options,
      shadow: (pieces) => this.shadow(pieces),
      onSerial: options.onSerial,
      onSerial2: options.onSerial2,
      onDebug: options.onDebug,
      onPost: options.onPost,
    });
    const { mem, ports, cpu, devices } = this;
    this.rsdpPaddr = plugFirmware({ mem, ports, cpu, devices, pci: hasPci(options), powerOff }, options);
    setUpCmos(this.devices.rtc, this.mem.ramBytes);
    mapPlatform(this.mem, this.devices);
    this.powerOn = saveDevices(this.devices);
    this.reset();
  }

  /**
   * Runs until something stops it. Events of the clock happen at exact instruction counts.
   *
   * HLT costs no host time: the clock jumps to the next event.
   */
  run(limit: PcLimit = {}): PcStop {
    const { instructions = Number.POSITIVE_INFINITY, nanoseconds = Number.POSITIVE_INFINITY } = limit;
    const haltedEnd = this.halted + (limit.haltedNanoseconds ?? Number.POSITIVE_INFINITY);
    const end = this.clock.now() + nanoseconds;
    let left = instructions;
    let haltedSince = Number.NaN;
    for (;;) {
      this.clock.runDue();
      if (this.request) return this.takeRequest();
      if (left <= 0 || this.clock.now() >= end || this.halted >= haltedEnd) return { kind: 'budget' };
      const before = this.cpu.icount;
      const stop = this.slice(left, end);
      const retired = this.cpu.icount - before;
      left -= retired;
      // An arrival is reported once only; a request waits for the next run then.
      if (stop?.kind === 'hook' || stop?.kind === 'breakpoint' || stop?.kind === 'watchpoint') return stop;
      if (this.request) return this.takeRequest();
      if (stop === undefined) {
        haltedSince = Number.NaN;
        continue;
      }
      if (stop.kind !== 'halt') return stop;
      if (retired > 0 || Number.isNaN(haltedSince)) haltedSince = this.clock.now();
      left -= 1;
      const halted = this.sleep(haltedSince, Math.min(end, this.clock.now() + haltedEnd - this.halted));
      if (halted) return halted;
    }
  }

  /** Nanoseconds of virtual time that passed in HLT while this object ran. It is no part of the state. */
  get haltedNanoseconds(): number {
    return this.halted;
  }

  /** Makes the current run, or the next one, end with `stop` at the next instruction boundary. */
  requestStop(): void {
    this.stopWith({ kind: 'stop' });
  }

  /** A board error: an edge on the processor's NMI, unless port 70 bit 7 masks it. */
  raiseNmi(): void {
    if (this.devices.rtc.nmiMasked) return;
    if (this.devices.localApic) this.devices.localApic.pulseLint1();
    else this.cpu.raiseNmi();
  }

  /** Resets processor and devices. RAM, the time and the CMOS stay. */
  reset(): void {
    this.request = undefined;
    this.cpu.reset();
    this.devices.rtc.reset();
    loadDevices(this.devices, this.powerOn);
    this.cpu.setA20(this.a20);
  }

  saveState(): PcState {
    const devices = { ...saveDevices(this.devices), rtc: this.devices.rtc.saveState() };
    return {
      cpu: this.cpu.saveState(),
      clock: this.clock.saveState(),
      devices,
      trace: this.trace.saveState(),
    };
  }

  /**
   * What the machine has done and what it has become, as 16 hexadecimal digits: every port access, interrupt and
   * reading of the time-stamp counter with its place among the instructions, then registers, devices and RAM. The same
   * image, options and input give the same digits on every host, however the run was sliced, translated or not, and
   * over a snapshot. Reads all of RAM.
   */
  traceHash(): string {
    const hash = this.trace.fork();
    const { cpu, clock, devices } = this.saveState();
    hash.bytes(cpu);
    hash.bytes(new TextEncoder().encode(JSON.stringify({ clock, devices })));
    hash.bytes(this.mem.ram);
    return hash.toString();
  }

  /** @throws KexecError `BAD_STATE` when the state is damaged; the PC must then be built anew */
  loadState(state: PcState): void {
    this.request = undefined;
    this.cpu.loadState(state.cpu);
    this.clock.loadState(state.clock);
    this.trace.loadState(state.trace);
    this.devices.rtc.loadState(state.devices.rtc ?? {});
    loadDevices(this.devices, state.devices);
    this.cpu.setA20(this.a20);
  }

  /** Runs the processor to the next event; undefined when it got there, or must be measured anew. */
  private slice(left: number, end: number): StopReason | undefined {
    this.sliceEnd = Math.min(end, this.clock.nextDeadline());
    const periods = Math.ceil((this.sliceEnd - this.clock.now()) / this.clock.period);
    // Who reads a counter once will often do so in a loop: half is kept for the time that the readings take.
    const kept = this.remeasure ? periods >> 1 : 0;
    const budget = Math.min(left, periods - kept, MAX_SLICE);
    this.sliceEndCount = this.cpu.icount + budget;
    this.remeasure = false;
    this.running = true;
    try {
      const stop = this.cpu.run(budget);
      if (stop.kind === 'budget' || (stop.kind === 'stop' && this.remeasure)) return undefined;
      return stop;
    } finally {
      this.running = false;
    }
  }

  /** The processor is halted: lets time pass until the next event, or says why that is no use. */
  private sleep(since: number, end: number): PcStop | undefined {
    if ((this.cpu.eflags & EFLAGS_IF) === 0) return { kind: 'halted-forever' };
    const now = this.clock.now();
    const next = Math.min(this.clock.nextDeadline(), end);
    if (next === Number.POSITIVE_INFINITY || now - since >= IDLE_NS) return { kind: 'idle' };
    const skipped = Math.max(0, next - now);
    this.halted += skipped;
    this.clock.skip(skipped);
    return undefined;
  }

  private busCycle(): void {
    this.takeTime(ISA_CYCLE_NS);
  }

  private timestamp(): number {
    const ticks = Math.floor(this.clock.now() / this.clock.period);
    this.takeTime(RDTSC_TICKS * this.clock.period);
    return ticks;
  }

  /** An instruction takes longer than its period. */
  private takeTime(ns: number): void {
    this.clock.skip(ns);
    if (!this.running) return;
    // The slice was measured without this: what is left of it must still fit before the next event.
    const left = this.sliceEndCount - this.cpu.icount;
    if (this.clock.now() + left * this.clock.period > this.sliceEnd) this.stopToRemeasure();
  }

  private shorten(deadline: number): void {
    if (this.running && deadline < this.sliceEnd) this.stopToRemeasure();
  }

  private stopToRemeasure(): void {
    this.remeasure = true;
    this.cpu.requestStop();
  }

  private stopWith(stop: PcStop): void {
    this.request = stop;
    if (this.running) this.stopToRemeasure();
  }

  private takeRequest(): PcStop {
    const stop = this.request ?? { kind: 'stop' };
    this.request = undefined;
    return stop;
  }

  private shadow(pieces: readonly PamPiece[]): void {
    for (const piece of pieces) this.mem.shadow(piece, piece);
    this.cpu.flushTlb();
  }

  private setA20(level: boolean): void {
    if (level !== this.a20) this.onA20?.(level);
    this.a20 = level;
    this.cpu.setA20(level);
  }
}

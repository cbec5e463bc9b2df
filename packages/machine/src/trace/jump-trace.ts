/** A jump as it is made: the running kernel's last calls, each page, each system register, and the new kernel's start. */
import type { LoadPlan } from '@kexec/loaders';
import { SETUP_HEADER } from '@kexec/loaders';
import type { PcLimit } from '@kexec/pc';
import { KexecError, PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';
import { CR0_PE, CS, disassembleAll } from '@kexec/x86-cpu';
import type { Machine } from '../machine.js';
import type { MachineStop } from '../machine-stop.js';
import { kernelPlaces } from './decompressor-exit.js';
import { SerialMilestones } from './serial-milestones.js';
import { SystemRegisters } from './system-registers.js';
import type { Instant, JumpDetail, JumpEvent, Moment } from './trace-event.js';

/** What of a load the trace must know. */
export type TracedPlan = Pick<LoadPlan, 'type' | 'kernelEntry'>;

/** How the running kernel ends. */
export interface TracedExec {
  /** It panics, with an image loaded for that. */
  readonly crash?: boolean;
}

/**
 * Follows one jump. Give its `onByte` to the machine as `onSerial`, load, and then `exec` and `run` this instead of the
 * machine.
 *
 * The machine does what it would do unwatched, instruction for instruction: the trace sets hooks where it wants to
 * look, and is called when a system register is loaded; translated code runs at its full speed between these.
 */
export class JumpTrace {
  readonly #hear: (event: JumpEvent) => void;
  readonly #serial = new SerialMilestones();
  readonly #hooks = new Map<PhysAddr, () => void>();
  #machine: Machine | undefined;
  #registers: SystemRegisters | undefined;
  #copiers: readonly PhysAddr[] = [];
  /** The stub has made its jump. */
  #isNewKernel = false;

  /** @param hear - is told each event when it happens; it may ask the machine to stop, and no more */
  constructor(hear: (event: JumpEvent) => void) {
    this.#hear = hear;
  }

  /** Hears the serial line. */
  readonly onByte = (byte: number): void => {
    if (!this.#machine || !this.#isNewKernel) return;
    for (const detail of this.#serial.hear(byte)) this.#tell(detail);
  };

  /**
   * Ends the running kernel, as {@link Machine.exec} or {@link Machine.crash} does; on return the CPU stands before
   * the jump. From here on the machine is watched.
   *
   * @param plan - what `machine.load` returned
   */
  exec(machine: Machine, plan: TracedPlan, { crash = false }: TracedExec = {}): void {
    const { kernel, pc } = machine;
    this.#machine = machine;
    this.#tell({ kind: 'start', call: crash ? 'panic' : 'reboot' });
    this.#watchShutdown(machine);
    if (crash) machine.crash();
    else machine.exec();
    // A panic without an image for it ends in HLT.
    if (kernel.state === 'panicked') return;
    this.#registers = new SystemRegisters(pc.cpu);
    pc.cpu.onSystemLoad = () => this.#systemLoaded();
    pc.onA20 = (level) => this.#tell({ kind: 'milestone', milestone: level ? 'a20-on' : 'a20-off' });
    this.#expectStub(plan, machine.kexec.image?.preserveContext ?? false);
  }

  /** Runs the machine, as {@link Machine.run} does. */
  run(limit: PcLimit = {}): MachineStop {
    const machine = this.#require();
    const { cpu, clock } = machine.pc;
    for (let left = limit; ; ) {
      const { icount } = cpu;
      const time = clock.now();
      const { haltedNanoseconds } = machine.pc;
      const stop = machine.run(left);
      const met = stop.kind === 'hook' ? this.#hooks.get(stop.paddr) : undefined;
      if (!met) {
        if (stop.kind !== 'budget' && stop.kind !== 'hook' && stop.kind !== 'stop')
          this.#tell({ kind: 'stop', stop });
        return stop;
      }
      met();
      left = {
        ...lessOf('instructions', left, cpu.icount - icount),
        ...lessOf('nanoseconds', left, clock.now() - time),
        ...lessOf('haltedNanoseconds', left, machine.pc.haltedNanoseconds - haltedNanoseconds),
      };
      if (left.instructions === 0) return { kind: 'budget' };
    }
  }

  /** Leaves the machine as if nobody had watched. */
  detach(): void {
    const { pc, kernel } = this.#require();
    for (const paddr of [...this.#hooks.keys()]) this.#unhook(paddr);
    pc.cpu.onSystemLoad = undefined;
    pc.onA20 = undefined;
    kernel.devices.watch = undefined;
    kernel.rebootNotifiers.watch = undefined;
    this.#machine = undefined;
  }

  #watchShutdown({ kernel }: Machine): void {
    // Nothing passes between two turns: each begins when the one before it has ended.
    let since = this.#instant();
    const turn = (): Instant => {
      const began = since;
      since = this.#instant();
      return began;
    };
    kernel.rebootNotifiers.watch = {
      called: (event, registered) => {
        since = this.#instant();
        this.#tell({ kind: 'notifiers', event, registered });
      },
      told: (name = 'unnamed', answer) => this.#tell({ kind: 'notifier', name, answer, since: turn() }),
    };
    kernel.devices.watch = (step) => this.#tell({ kind: 'device', ...step, since: turn() });
  }

  #expectStub(plan: TracedPlan, comesBack: boolean): void {
    const { cpu, mem } = this.#require().pc;
    // machine_kexec's registers, as it is entered.
    const { eax: pgd, ebx: controlPage, ecx: list, edx: start } = cpu;
    this.#tell({ kind: 'machine_kexec', pgd, controlPage, list, start });
    const code = mem.readBytes(controlPage, PAGE_SIZE);
    this.#copiers = [...disassembleAll(code, { at: controlPage })]
      .filter(({ text }) => text.startsWith('rep movs'))
      .map(({ at }) => at);
    this.#once(controlPage, () => {
      this.#tell({ kind: 'relocate_new_kernel' });
      for (const paddr of this.#copiers) this.#hookCopy(paddr);
      this.#once(start, () => this.#enter(start, plan, comesBack));
    });
  }

  /** A copy is watched at its beginning and at its end: between the two REP goes at full speed. */
  #hookCopy(paddr: PhysAddr): void {
    this.#once(paddr, () => {
      const { esi, edi, ecx } = this.#require().pc.cpu;
      const begin = this.#moment();
      this.#once(paddr + REP_MOVSD_BYTES, () => {
        const { cs, eip, ...since } = begin;
        const copy = { source: esi, destination: edi, bytes: 4 * ecx, since };
        this.#hear({ ...this.#moment(), cs, eip, kind: 'copy', ...copy });
        this.#hookCopy(paddr);
      });
    });
  }

  /** The stub has gone to the new kernel, or to what comes before it. */
  #enter(start: PhysAddr, plan: TracedPlan, comesBack: boolean): void {
    this.#isNewKernel = true;
    // An image that comes back is copied out as it was copied in. Else the page is the new kernel's.
    if (!comesBack) for (const paddr of this.#copiers) this.#unhook(paddr);
    if (start === plan.kernelEntry) this.#enterKernel(plan);
    else {
      this.#tell({ kind: 'milestone', milestone: 'purgatory' });
      this.#once(plan.kernelEntry, () => this.#enterKernel(plan));
    }
  }

  #enterKernel(plan: TracedPlan): void {
    const { cpu, mem } = this.#require().pc;
    if ((cpu.cr0 & CR0_PE) === 0) {
      this.#tell({ kind: 'milestone', milestone: 'setup-entry' });
      // The setup code begins 512 bytes before its entry.
      const header = plan.kernelEntry - SETUP_BYTES_BEFORE_ENTRY + SETUP_HEADER.code32_start.offset;
      this.#once(mem.read32(header), () => this.#enterKernel(plan));
      return;
    }
    this.#tell({ kind: 'milestone', milestone: 'kernel-entry' });
    if (plan.type === 'bzImage') this.#expectDecompressed(cpu.esi);
  }

  /** The decompressor hands boot_params on in ESI: what else comes by such a place does not. */
  #expectDecompressed(bootParams: PhysAddr): void {
    const { cpu, mem } = this.#require().pc;
    const places = kernelPlaces(mem, bootParams);
    for (const place of places) {
      this.#hook(place, () => {
        if (cpu.esi !== bootParams) return;
        for (const each of places) this.#unhook(each);
        this.#tell({ kind: 'milestone', milestone: 'decompressed' });
      });
    }
  }

  #systemLoaded(): void {
    for (const detail of this.#registers?.changes(this.#isNewKernel) ?? []) this.#tell(detail);
  }

  #hook(paddr: PhysAddr, met: () => void): void {
    this.#hooks.set(paddr, met);
    this.#require().pc.cpu.addHook(paddr);
  }

  #once(paddr: PhysAddr, met: () => void): void {
    this.#hook(paddr, () => {
      this.#unhook(paddr);
      met();
    });
  }

  #unhook(paddr: PhysAddr): void {
    if (this.#hooks.delete(paddr)) this.#require().pc.cpu.removeHook(paddr);
  }

  #tell(detail: JumpDetail): void {
    this.#hear({ ...this.#moment(), ...detail });
  }

  #moment(): Moment {
    const { cpu } = this.#require().pc;
    return { ...this.#instant(), cs: cpu.getSegment(CS).selector, eip: cpu.eip };
  }

  #instant(): Instant {
    const { cpu, clock } = this.#require().pc;
    return { icount: cpu.icount, time: clock.now() };
  }

  #require(): Machine {
    if (this.#machine) return this.#machine;
    throw new KexecError('NO_TRACE', 'a trace runs the machine that exec() was given');
  }
}

const REP_MOVSD_BYTES = 2;
/** @see boot.rst: the 16-bit entry is at offset 0x200 of the setup code */
const SETUP_BYTES_BEFORE_ENTRY = 0x200;

/** What is left of one of the limits; nothing where there is none. */
function lessOf(name: keyof PcLimit, limit: PcLimit, used: number): PcLimit {
  const given = limit[name];
  return given === undefined ? {} : { [name]: Math.max(0, given - used) };
}

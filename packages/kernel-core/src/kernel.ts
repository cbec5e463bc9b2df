/** The running kernel: how it starts, what others add to it, how it ends, and how it is saved. */
import { KexecError } from '@kexec/phys-mem';
import { loadAndEnter } from './arch/i386/boot-loader.js';
import { entryHandlers } from './arch/i386/entry.js';
import type { HookOutcome } from './arch/i386/guest-text.js';
import type { Interrupts } from './arch/i386/irq.js';
import type { GeneralRegisters, RunStop } from './arch/i386/processor.js';
import { Crash, currentRegisters } from './crash.js';
import { DeviceList } from './device.js';
import { attachedDrivers, type DeviceSpace, type Drivers, probeDrivers } from './drivers/drivers.js';
import type { FileTable, KernelFile } from './file.js';
import { KernelBase, type KernelOptions } from './kernel-base.js';
import { type LoanEnd, type MachineLoan, OpenLoan } from './machine-loan.js';
import { __pa, type LinearAddr } from './mm/pgtable.js';
import type { NotifierChain } from './notifier.js';
import { KERN_EMERG } from './printk.js';
import type { Departure, Process } from './process.js';
import { NO_PROCESSES, type ProcessOptions, ProcessTable } from './process-table.js';
import { Reboot, type RebootCommand, registerRebootCall } from './reboot.js';
import { Scheduler, schedLabels } from './sched.js';
import { startKernel } from './start-kernel.js';
import { checkLoadable, checkSavable, type KernelLife, type KernelState, STATE_VERSION } from './state.js';
import { NORETURN, type Syscall, SyscallTable } from './syscall-table.js';
import { registerFileCalls } from './syscalls/file-calls.js';
import { registerInfoCalls } from './syscalls/info-calls.js';
import { registerMemoryCalls } from './syscalls/memory-calls.js';
import { registerProcessCalls } from './syscalls/process-calls.js';

/** Times around the loop of a delay: some microseconds of the machine. */
const DELAY_LOOPS = 1000;

/** Makes a kernel for a machine; boot() or loadState() brings it to life. */
export function createKernel(options: KernelOptions): Kernel {
  return new Kernel(options);
}

/** The modelled kernel. Its page tables, descriptors, stacks and log are in guest memory. */
export class Kernel extends KernelBase {
  readonly devices = new DeviceList();
  readonly syscalls = new SyscallTable();
  readonly reboot: Reboot;
  /** What happens at a panic, besides the end. */
  readonly crash: Crash;
  readonly processes: ProcessTable;
  readonly #sched: Scheduler;
  readonly #files: FileTable = new Map();
  #state: KernelLife = 'down';
  #drivers: Drivers | undefined;
  #isHandedOver = false;
  #loan: OpenLoan | undefined;

  constructor(options: KernelOptions) {
    super(options);
    const labels = schedLabels((name) => this.label(name));
    this.#sched = new Scheduler(this.text, labels, (paddr, value) => this.mem.write32(paddr, value));
    this.reboot = new Reboot({
      printk: (level, text) => this.printk(level, text),
      deviceShutdown: () => this.deviceShutdown(),
      capable: (capability) => this.capable(capability),
      endMachine: (end) =>
        this.enterText(this.label(end === 'restart' ? 'machine_restart' : 'machine_halt'), {}, end),
    });
    this.crash = new Crash(this);
    this.processes = new ProcessTable({
      owner: this,
      swapper_pg_dir: this.swapper_pg_dir,
      text: this.text,
      sched: this.#sched,
      isRunning: () => this.#state === 'running',
    });
    this.#registerSyscalls();
  }

  /** Whether the kernel lives. */
  get state(): KernelLife {
    return this.#state;
  }

  /** Starts the kernel as a boot loader would, and runs it until it is idle; throws KexecError 'BOOT_FAILED'. */
  boot(): void {
    loadAndEnter(this.mem, this.cpu, this.io, this.image);
    this.text.hook(__pa(this.label('start_kernel')), () => this.#startKernel());
    this.#installHooks();
    const stop = this.text.run();
    if (this.#state === 'running' && !stop) return;
    throw new KexecError('BOOT_FAILED', `the kernel did not start: ${stop?.kind ?? this.#state}`, {
      details: { stop },
    });
  }

  /** Who has interrupt lines; throws KexecError 'NOT_RUNNING' before boot(). */
  get interrupts(): Interrupts {
    return this.#attached().interrupts;
  }

  /** Adds a system call; throws KexecError 'SYSCALL_TAKEN'. */
  registerSyscall(nr: number, syscall: Syscall): void {
    this.syscalls.register(nr, syscall);
  }

  get rebootNotifiers(): NotifierChain<string | undefined> {
    return this.reboot.notifiers;
  }

  /** Adds a command to reboot(2); throws KexecError 'COMMAND_TAKEN'. */
  registerRebootCommand(cmd: number, handler: RebootCommand): void {
    this.reboot.registerCommand(cmd, handler);
  }

  /** Makes a file that processes can open, such as /sys/kernel/kexec_loaded. */
  registerFile(path: string, file: KernelFile): void {
    this.#files.set(path, file);
  }

  /**
   * Shuts down every device that `skipShutdown` does not name.
   *
   * @param syscore - false leaves the interrupt controllers and timers alone, as kernels did in 2002
   */
  deviceShutdown({ syscore = true } = {}): void {
    this.devices.shutdown(
      ({ name, isSyscore = false }) => this.skipShutdown.includes(name) || (isSyscore && !syscore),
    );
  }

  /** Makes a process; throws KexecError 'NO_MEMORY' or 'NOT_RUNNING'. */
  createProcess(options: ProcessOptions = {}): Process {
    if (this.#state !== 'running') throw new KexecError('NOT_RUNNING', `the kernel is ${this.#state}`);
    return this.processes.create(options);
  }

  /** Whose system call is being served. */
  get currentProcess(): Process | undefined {
    return this.#sched.current;
  }

  /** Whether the current process has a capability. */
  capable(capability: number): boolean {
    return this.#sched.current?.capabilities.has(capability) ?? false;
  }

  /**
   * Ends the running kernel: the CPU goes on at `vaddr` with interrupts off, on the current kernel stack and
   * page tables. For 'kexec' nothing is executed before the caller of `process.syscall()` runs the machine;
   * for the other ends the machine runs on until it stops. The kernel's hooks are gone.
   */
  enterText(vaddr: LinearAddr, registers: GeneralRegisters, why: Departure): typeof NORETURN {
    this.text.enter(vaddr, registers);
    this.#sched.departed(why);
    this.#state = 'left';
    this.#isHandedOver = why === 'kexec';
    this.text.unhookAll();
    return NORETURN;
  }

  /**
   * Lends the machine for the system call that is being served; as with enterText('kexec') nothing is executed yet.
   * Whoever runs the machine then asks {@link takeBack} at each stop.
   */
  lendMachine(loan: MachineLoan): typeof NORETURN {
    const process = this.#sched.current;
    if (!process) throw new KexecError('NO_PROCESS', 'the machine is lent by a system call');
    this.#loan = new OpenLoan(loan, this.text, process);
    this.#sched.departed('kexec');
    this.#state = 'away';
    this.#isHandedOver = true;
    return NORETURN;
  }

  /** Goes on where the machine was lent, when this stop gives it back: what became of the system call. */
  takeBack(stop: RunStop): LoanEnd | undefined {
    const loan = this.#loan;
    if (!loan?.endsAt(stop)) return undefined;
    this.#loan = undefined;
    this.#state = 'running';
    this.#isHandedOver = false;
    return loan.end(this.#sched);
  }

  /** Ends the kernel with a message: the processor halts. For a system call that cannot go on. @see kernel/panic.c panic() */
  panic(reason: string): typeof NORETURN {
    this.#panic(reason);
    return NORETURN;
  }

  /**
   * Everything that is not in guest memory or in the CPU, as plain data. To be taken while the CPU is idle.
   *
   * @throws KexecError 'KERNEL_AWAY' while the machine is lent
   */
  saveState(): KernelState {
    checkSavable(this.#state);
    return {
      version: STATE_VERSION,
      state: this.#state,
      pages: this.pages.saveState(),
      printk: this.messages.saveState(),
      texts: this.texts.saveState(),
      // One that has ended runs none, and loadState brings none back.
      processes: this.#state === 'running' ? this.processes.saveState() : NO_PROCESSES,
      C_A_D: this.reboot.C_A_D,
      crashkEnd: this.crashkRes.end,
    };
  }

  /**
   * Goes on where {@link saveState} was called, on a machine whose RAM, CPU and devices have been restored,
   * instead of boot(). A kernel that had ended then has ended now: it sets no hook and looks at no memory.
   *
   * @throws KexecError 'STATE_VERSION' or 'TEXT_CHANGED' for a state of another version
   */
  loadState(saved: KernelState): void {
    checkLoadable(saved);
    this.#state = saved.state;
    this.pages.loadState(saved.pages);
    this.messages.loadState(saved.printk);
    this.texts.loadState(saved.texts);
    this.reboot.C_A_D = saved.C_A_D;
    this.moveCrashkEnd(saved.crashkEnd);
    if (saved.state !== 'running') return;
    this.checkImage();
    this.#attach(attachedDrivers(this.#deviceSpace()), { replay: false });
    this.#installHooks();
    this.processes.loadState(saved.processes);
  }

  #registerSyscalls(): void {
    registerProcessCalls(this.syscalls, { processes: this.processes, sched: this.#sched });
    registerFileCalls(this.syscalls, {
      files: this.#files,
      writeConsoles: (text) => this.messages.writeConsoles(text),
    });
    registerMemoryCalls(this.syscalls, () => this.flushTlb());
    registerInfoCalls(this.syscalls, { uts: () => this.uts, log: this.logBuffer });
    registerRebootCall(this.syscalls, this.reboot);
    this.crash.registerFiles();
    this.registerFile('/proc/iomem', { read: () => this.resources.format() });
    this.registerFile('/proc/cmdline', { read: () => `${this.commandLine}\n` });
  }

  #startKernel(): HookOutcome {
    startKernel({
      mem: this.mem,
      pages: this.pages,
      text: this.text,
      features: this.features,
      e820: this.e820,
      commandLine: this.commandLine,
      crashkRes: this.crashkRes,
      label: (name) => this.label(name),
      printk: (level, text) => this.printk(level, text),
      probeDevices: () => this.#attach(probeDrivers(this.#deviceSpace()), { replay: true }),
    });
    this.crash.saveVmcoreinfo();
    this.#state = 'running';
    return 'continue';
  }

  #deviceSpace(): DeviceSpace {
    const { io, mem } = this;
    return { io, mem, delay: () => this.callText(this.label('delay_loop'), { eax: DELAY_LOOPS }) };
  }

  /** Takes the drivers into use: devices and console. */
  #attach(drivers: Drivers, { replay }: { replay: boolean }): void {
    this.#drivers = drivers;
    for (const device of drivers.devices) this.devices.register(device);
    this.devices.require(this.skipShutdown);
    this.messages.registerConsole(drivers.console, { replay });
  }

  #installHooks(): void {
    const handlers = entryHandlers({
      mem: this.mem,
      text: this.text,
      sched: this.#sched,
      syscalls: this.syscalls,
      processes: this.processes,
      interrupts: () => this.#attached().interrupts,
      printk: (level, text) => this.printk(level, text),
      panic: (reason, registers) => this.#panic(reason, registers),
      isHandedOver: () => this.#isHandedOver,
    });
    for (const [label, handler] of Object.entries(handlers)) this.text.hook(__pa(this.label(label)), handler);
  }

  /** @see kernel/panic.c panic() */
  #panic(reason: string, registers = currentRegisters(this.cpu)): HookOutcome {
    this.printk(KERN_EMERG, `Kernel panic - not syncing: ${reason}`);
    if (this.crash.kexec(registers)) return 'leave';
    this.#sched.departed('panic');
    this.#state = 'panicked';
    this.text.enter(this.label('machine_halt'), {});
    return 'leave';
  }

  #attached(): Drivers {
    if (this.#drivers) return this.#drivers;
    throw new KexecError('NOT_RUNNING', 'the kernel has no devices yet');
  }
}

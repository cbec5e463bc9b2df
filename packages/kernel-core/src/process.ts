/** A user process: its address space, kernel stack and capabilities, and system calls made through the CPU. */
import { KexecError, PAGE_MASK, PAGE_SIZE, type PhysAddr, type PhysMem } from '@kexec/phys-mem';
import { THREAD_SIZE } from './arch/i386/data.s.js';
import type { RunStop } from './arch/i386/processor.js';
import { PtRegs, pt_regs } from './arch/i386/ptrace.js';
import type { OpenFile } from './file.js';
import { type MmState, type MmStruct, TASK_SIZE } from './mm/mm-struct.js';
import { type LinearAddr, walk } from './mm/pgtable.js';
import type { UserSpace } from './mm/uaccess.js';
import { __NR_exit, __NR_pause } from './uapi/unistd.js';

/** Why a process did not come back to user space. */
export type Departure =
  | 'kexec'
  | 'restart'
  | 'halt'
  | 'power-off'
  /** The process called exit(2). */
  | 'exited'
  /** An exception in user mode ended the process. */
  | 'killed'
  | 'panic'
  | 'triple-fault'
  /** The machine stopped for a reason of its own; `stop` says which. */
  | 'stopped';

/** What became of a stretch of user code. */
export type UserOutcome =
  /** `value` is EAX in ring 3, int32. */
  | { readonly returned: true; readonly value: number }
  | { readonly returned: false; readonly why: Departure; readonly stop?: RunStop };

/** What a process asks of its kernel. */
export interface ProcessHost {
  readonly mem: PhysMem;
  /** Switches to the process and runs it until it sleeps again or is gone. */
  runUser(process: Process): UserOutcome;
  /** Assembles user code for an address. */
  assembleUser(text: string, origin: LinearAddr): Uint8Array;
}

/** Where a process's own small program lies, and where its stack ends. */
export const USER_TEXT = 0x0804_8000;
export const USER_STACK_BYTES = 2 * PAGE_SIZE;
export const USER_STACK_TOP = TASK_SIZE - 16;

/**
 * The program of every process: one system call with the registers it was given, then sleep. The label
 * user_returned is hooked: there EAX is the result that ring 3 sees.
 */
export const USER_PROGRAM = `
user_start:
        int     0x80
user_returned:
        nop
        mov     eax, ${__NR_pause}
        int     0x80
        jmp     user_start
`;

/** A process as plain data. */
export interface ProcessState {
  readonly pid: number;
  readonly capabilities: readonly number[];
  readonly mm: MmState;
  readonly kernelStack: PhysAddr;
  readonly userReturned: LinearAddr;
  readonly files: readonly (readonly [fd: number, file: OpenFile])[];
}

/** A process; made by `kernel.createProcess()`. */
export class Process {
  readonly pid: number;
  readonly capabilities: Set<number>;
  readonly mm: MmStruct;
  /** Lowest address of the kernel stack's pages. */
  readonly kernelStack: PhysAddr;
  /** The hooked NOP of {@link USER_PROGRAM}. */
  readonly userReturned: LinearAddr;
  readonly files: Map<number, OpenFile>;
  isAlive = true;
  readonly #host: ProcessHost;

  constructor(host: ProcessHost, mm: MmStruct, state: Omit<ProcessState, 'mm'>) {
    this.#host = host;
    this.mm = mm;
    this.pid = state.pid;
    this.capabilities = new Set(state.capabilities);
    this.kernelStack = state.kernelStack;
    this.userReturned = state.userReturned;
    this.files = new Map(state.files.map(([fd, file]) => [fd, { ...file }]));
  }

  /** The frame at the top of the kernel stack: the process's registers while it sleeps. */
  get regs(): PtRegs {
    return new PtRegs(this.#host.mem, this.kernelStack + THREAD_SIZE - pt_regs.sizeof);
  }

  /** For copies between the kernel and this process. */
  get userSpace(): UserSpace {
    return { mem: this.#host.mem, pgd: this.mm.pgd };
  }

  /**
   * Makes a system call: the CPU executes `int $0x80` in ring 3 with these registers.
   *
   * @param args - up to six: EBX, ECX, EDX, ESI, EDI, EBP
   * @throws KexecError 'PAUSE' for pause(2), which would never have a result
   */
  syscall(nr: number, ...args: number[]): UserOutcome {
    if (nr === __NR_pause)
      throw new KexecError('PAUSE', 'pause(2) is how a process waits for its next call; it has no result');
    const { regs } = this;
    for (const [index, field] of (['ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'] as const).entries()) {
      regs.set(field, args[index] ?? 0);
    }
    regs.set('eax', nr);
    regs.set('eip', USER_TEXT);
    return this.#run();
  }

  /**
   * Runs user code in ring 3: assembly text that ends in RET and leaves its result in EAX. It is mapped
   * writable, so that it can have data of its own; it stays mapped.
   */
  run(text: string): UserOutcome {
    const { regs } = this;
    const code = this.mmap(this.#host.assembleUser(text, 0).length);
    this.write(code, this.#host.assembleUser(text, code));
    const esp = (regs.get('esp') - 4) >>> 0;
    this.write(
      esp,
      Uint8Array.from([0, 8, 16, 24], (shift) => this.userReturned >>> shift),
    );
    regs.set('esp', esp);
    regs.set('eip', code);
    return this.#run();
  }

  /**
   * Maps zeroed writable memory of the process's own.
   *
   * @throws KexecError 'NO_MEMORY' when there is no room or no page
   */
  mmap(length: number): LinearAddr {
    const vaddr = this.mm.getUnmappedArea(length);
    if (vaddr !== undefined && this.mm.map(vaddr, length, { writable: true }) === 0) return vaddr;
    throw new KexecError('NO_MEMORY', `no memory for ${length} bytes of process ${this.pid}`, {
      details: { length },
      remedy: 'give the machine more RAM',
    });
  }

  /** Ends the process by exit(2). */
  exit(code = 0): void {
    if (this.isAlive) this.syscall(__NR_exit, code);
  }

  munmap(vaddr: LinearAddr, length: number): void {
    this.mm.unmap(vaddr, length);
  }

  /** Writes to the process's memory from outside, read-only pages too; throws KexecError 'UNMAPPED'. */
  write(vaddr: LinearAddr, bytes: Uint8Array): void {
    this.#eachPart(vaddr, bytes.length, (paddr, part, done) =>
      this.#host.mem.writeBytes(paddr, bytes.subarray(done, done + part)),
    );
  }

  /** Reads the process's memory from outside; throws KexecError 'UNMAPPED'. */
  read(vaddr: LinearAddr, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.#eachPart(vaddr, count, (paddr, part, done) =>
      bytes.set(this.#host.mem.readBytes(paddr, part), done),
    );
    return bytes;
  }

  saveState(): ProcessState {
    return {
      pid: this.pid,
      capabilities: [...this.capabilities],
      mm: this.mm.saveState(),
      kernelStack: this.kernelStack,
      userReturned: this.userReturned,
      files: [...this.files].map(([fd, file]) => [fd, { ...file }]),
    };
  }

  #run(): UserOutcome {
    if (!this.isAlive) throw new KexecError('DEAD_PROCESS', `process ${this.pid} is gone`);
    return this.#host.runUser(this);
  }

  #eachPart(
    vaddr: LinearAddr,
    count: number,
    visit: (paddr: PhysAddr, part: number, done: number) => void,
  ): void {
    for (let done = 0; done < count; ) {
      const at = vaddr + done;
      const page = at < TASK_SIZE ? walk(this.#host.mem, this.mm.pgd, at) : undefined;
      if (!page)
        throw new KexecError('UNMAPPED', `process ${this.pid} has nothing mapped at 0x${at.toString(16)}`);
      const part = Math.min(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
      visit(page.paddr, part, done);
      done += part;
    }
  }
}

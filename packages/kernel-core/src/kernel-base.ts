/** What every part of the kernel stands on: the machine, its pages, the kernel's image, its log and its text. */
import {
  BIOS_ROM_PADDR,
  CONVENTIONAL_END,
  E820_TYPE,
  type E820Entry,
  EXTENDED_MEMORY_PADDR,
  e820Ranges,
  KexecError,
  type MemMap,
  PageAlloc,
  type PhysAddr,
  type PhysMem,
  pageUp,
  type Range,
  rangeBytes,
} from '@kexec/phys-mem';
import { type CpuInfo, readCpuInfo } from './arch/i386/cpu-features.js';
import { LOG_BUF_BYTES } from './arch/i386/data.s.js';
import { GuestText } from './arch/i386/guest-text.js';
import { type Image, KERNEL_PADDR, kernelImage } from './arch/i386/image.js';
import type { GeneralRegisters, Processor, RunMachine } from './arch/i386/processor.js';
import { utsOf } from './banner.js';
import { parseCrashkernel, placeCrashkernel } from './crashkernel.js';
import { type KernelText, KernelTexts } from './kernel-text.js';
import { __pa, type LinearAddr } from './mm/pgtable.js';
import {
  copyFromUser,
  copyFromUserToPaddr,
  copyToUser,
  strncpyFromUser,
  type UserSpace,
} from './mm/uaccess.js';
import type { PortIo } from './port-io.js';
import { LogBuffer, Printk } from './printk.js';
import { Resources } from './resource.js';
import type { Uts } from './uts.js';

/** The machine that the kernel runs on. */
export interface KernelOptions {
  readonly mem: PhysMem;
  readonly cpu: Processor;
  readonly io: PortIo;
  /** Runs the machine until it stops; hooks come back as `{ kind: 'hook', paddr }`. */
  readonly run: RunMachine;
  readonly e820: readonly E820Entry[];
  readonly commandLine?: string;
  /** Names of devices that deviceShutdown() leaves running, to show what the next kernel makes of them. */
  readonly skipShutdown?: readonly string[];
}

const NOTHING: Range = { start: 0, end: 0 };

/** Whose memory a copy reads or writes. */
interface UserSpaceOwner {
  readonly userSpace: UserSpace;
}

/** The kernel without its processes and system calls. */
export class KernelBase {
  readonly mem: PhysMem;
  readonly cpu: Processor;
  readonly io: PortIo;
  readonly e820: readonly E820Entry[];
  readonly commandLine: string;
  readonly skipShutdown: readonly string[];
  /** Every page of RAM; page 0 and the kernel's image are reserved. */
  readonly pages: PageAlloc;
  readonly resources: Resources;
  #crashkRes: Range;
  protected readonly image: Image = kernelImage();
  protected readonly text: GuestText;
  protected readonly texts: KernelTexts;
  protected readonly messages: Printk;

  constructor({ mem, cpu, io, run, e820, commandLine = '', skipShutdown = [] }: KernelOptions) {
    this.mem = mem;
    this.cpu = cpu;
    this.io = io;
    this.e820 = e820;
    this.commandLine = commandLine;
    this.skipShutdown = skipShutdown;
    this.pages = this.#createPages();
    this.#crashkRes = this.#reserveCrashkernel();
    this.resources = this.#createResources();
    this.messages = new Printk(
      new LogBuffer(mem, {
        __log_buf: this.paddrOf('__log_buf'),
        size: LOG_BUF_BYTES,
        log_end: this.paddrOf('log_end'),
        logged_chars: this.paddrOf('logged_chars'),
      }),
    );
    this.text = new GuestText(mem, cpu, run, this.label('called_return'));
    this.texts = new KernelTexts(this);
  }

  /** Linear address of a label of the kernel's image; throws KexecError 'NO_LABEL'. */
  label(name: string): LinearAddr {
    const vaddr = this.image.labels.get(name);
    if (vaddr === undefined) throw new KexecError('NO_LABEL', `the kernel's image has no label ${name}`);
    return vaddr;
  }

  /** Where a label of the kernel's image lies in memory; throws KexecError 'NO_LABEL'. */
  paddrOf(name: string): PhysAddr {
    return __pa(this.label(name));
  }

  /** What crashkernel= has set aside, empty where it has not. @see kernel/crash_core.c crashk_res */
  get crashkRes(): Range {
    return this.#crashkRes;
  }

  /**
   * Gives the end of the reservation to the page allocator.
   *
   * @param bytes - what is left of it, rounded up to whole pages
   * @see kernel/kexec_core.c crash_shrink_memory()
   */
  shrinkCrashkRes(bytes: number): void {
    const { start, end } = this.#crashkRes;
    const newEnd = start + pageUp(bytes);
    this.pages.freeReserved({ start: newEnd, end });
    this.moveCrashkEnd(newEnd);
  }

  /** Pages have changed hands already. */
  protected moveCrashkEnd(end: PhysAddr): void {
    this.resources.release(this.#crashkRes);
    this.#crashkRes = end > this.#crashkRes.start ? { start: this.#crashkRes.start, end } : NOTHING;
    if (rangeBytes(this.#crashkRes) > 0) this.resources.request('Crash kernel', this.#crashkRes);
  }

  get memMap(): MemMap {
    return this.pages.memMap;
  }

  /** The page directory of the kernel itself. */
  get swapper_pg_dir(): PhysAddr {
    return __pa(this.label('swapper_pg_dir'));
  }

  /** The page directory in use. */
  get currentPgd(): PhysAddr {
    return (this.cpu.cr3 & ~0xfff) >>> 0;
  }

  /** What head found out about the CPU; meaningless before boot(). */
  get features(): CpuInfo {
    return readCpuInfo(this.mem, (name) => this.label(name));
  }

  get uts(): Uts {
    return utsOf(this.features);
  }

  get logBuffer(): LogBuffer {
    return this.messages.log;
  }

  /** Logs at a KERN_* level. */
  printk(level: number, text: string): void {
    this.messages.printk(level, text);
  }

  /** Messages below this level are shown on the console. */
  get consoleLoglevel(): number {
    return this.messages.console_loglevel;
  }

  set consoleLoglevel(level: number) {
    this.messages.console_loglevel = level;
  }

  /** Undefined stands for `-EFAULT`. */
  copyFromUser(process: UserSpaceOwner, vaddr: LinearAddr, count: number): Uint8Array | undefined {
    return copyFromUser(process.userSpace, vaddr, count);
  }

  /** False stands for `-EFAULT`; nothing is copied then. */
  copyFromUserToPaddr(process: UserSpaceOwner, paddr: PhysAddr, vaddr: LinearAddr, count: number): boolean {
    return copyFromUserToPaddr(process.userSpace, paddr, vaddr, count);
  }

  /** False stands for `-EFAULT`; nothing is copied then. */
  copyToUser(process: UserSpaceOwner, vaddr: LinearAddr, bytes: Uint8Array): boolean {
    return copyToUser(process.userSpace, vaddr, bytes);
  }

  /** Undefined stands for `-EFAULT`. */
  strncpyFromUser(process: UserSpaceOwner, vaddr: LinearAddr, count: number): string | undefined {
    return strncpyFromUser(process.userSpace, vaddr, count);
  }

  /** Assembles kernel text into pages of its own; the same name gives the same text, after loadState() too. */
  loadText(name: string, assembly: string, symbols: Readonly<Record<string, number>> = {}): KernelText {
    return this.texts.load(name, assembly, symbols);
  }

  unloadText(name: string): void {
    this.texts.unload(name);
  }

  /**
   * Executes a kernel subroutine (near RET) in ring 0 on the current kernel stack; returns its registers.
   *
   * @throws KexecError 'CALL_STOPPED' when the machine stops before it returns
   */
  callText(vaddr: LinearAddr, registers: GeneralRegisters = {}): GeneralRegisters {
    return this.text.call(vaddr, registers);
  }

  /** Executes MOV CR3: what was changed in the page tables holds from here on. Global pages keep their entries. */
  flushTlb(): void {
    this.text.call(this.label('flush_tlb'));
  }

  /** Throws KexecError 'TEXT_CHANGED' unless guest memory holds this version's kernel. */
  protected checkImage(): void {
    const held = this.mem.readBytes(KERNEL_PADDR, __pa(this.label('_etext')) - KERNEL_PADDR);
    if (held.every((byte, i) => byte === this.image.bytes[i])) return;
    throw new KexecError('TEXT_CHANGED', "the snapshot's kernel is not the one of this version", {
      remedy: 'make the snapshot again with this version',
    });
  }

  #createPages(): PageAlloc {
    const pages = new PageAlloc(this.mem, this.e820);
    // The BIOS's vectors and data.
    pages.reserve({ start: 0, end: 0x1000 });
    pages.reserve({ start: KERNEL_PADDR, end: __pa(this.label('_end')) });
    return pages;
  }

  /** @see arch/x86/kernel/setup.c reserve_crashkernel() */
  #reserveCrashkernel(): Range {
    const ram = e820Ranges(this.e820, E820_TYPE.RAM);
    const request = parseCrashkernel(
      this.commandLine,
      ram.reduce((sum, range) => sum + rangeBytes(range), 0),
    );
    const kernel = { start: 0, end: __pa(this.label('_end')) };
    const range = (request && placeCrashkernel(request, ram, [kernel])) ?? NOTHING;
    this.pages.reserve(range);
    return range;
  }

  #createResources(): Resources {
    const resources = new Resources(this.e820);
    if (rangeBytes(this.#crashkRes) > 0) resources.request('Crash kernel', this.#crashkRes);
    resources.request('Video RAM area', { start: CONVENTIONAL_END, end: 0xc_0000 });
    resources.request('System ROM', { start: BIOS_ROM_PADDR, end: EXTENDED_MEMORY_PADDR });
    resources.request('Kernel code', { start: KERNEL_PADDR, end: __pa(this.label('_etext')) });
    resources.request('Kernel data', { start: __pa(this.label('_data')), end: __pa(this.label('_end')) });
    return resources;
  }
}

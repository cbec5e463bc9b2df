/** Control registers, segments and linear memory under their names: the debugger's view of the system part. */
import type { PhysAddr, PhysMem } from '@kexec/phys-mem';
import type { Paging } from '../mmu/paging.js';
import { ACCESS_READ, ACCESS_USER, ACCESS_WRITE } from '../mmu/paging.js';
import type { LinearAddr } from '../mmu/segmentation.js';
import { CR0_PE, isProtected, setCpl } from './control.js';
import { VM } from './eflags.js';
import { CPL, CR0, CR2, CR3, CR4, CS, GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT } from './layout.js';
import { RegisterFile } from './register-file.js';
import { getSegment, type SegmentState, setSegment } from './segment.js';

const PAGE_BYTES = 0x1000;
const LAST_BUS_ADDRESS = 0xffff_ffff;

/** GDTR or IDTR: base and limit, both uint32. */
export interface TableRegister {
  readonly base: number;
  readonly limit: number;
}

/** Which access a translation is for. */
export interface TranslateOptions {
  readonly write?: boolean;
  readonly user?: boolean;
}

/** Reads and sets the system registers from outside; sets are not checked, but keep all caches right. */
export abstract class ControlFile extends RegisterFile {
  abstract readonly mem: PhysMem;
  abstract readonly paging: Paging;
  /** Drops every translation. */
  abstract flushTlb(): void;
  /** Tells the interpreter that CS or the CPL has changed. */
  abstract modeChanged(): void;
  /** Makes the run loop look at interrupts and traps. */
  abstract attention(): void;

  get cr0(): number {
    return this.registers.getUnsigned(CR0);
  }
  set cr0(value: number) {
    this.#setControl(CR0, value);
  }
  get cr2(): number {
    return this.registers.getUnsigned(CR2);
  }
  set cr2(value: number) {
    this.registers.set(CR2, value);
  }
  get cr3(): number {
    return this.registers.getUnsigned(CR3);
  }
  set cr3(value: number) {
    this.#setControl(CR3, value);
  }
  get cr4(): number {
    return this.registers.getUnsigned(CR4);
  }
  set cr4(value: number) {
    this.#setControl(CR4, value);
  }
  get gdtr(): TableRegister {
    return this.#table(GDTR_BASE, GDTR_LIMIT);
  }
  set gdtr(table: TableRegister) {
    this.registers.set(GDTR_BASE, table.base);
    this.registers.set(GDTR_LIMIT, table.limit);
  }
  get idtr(): TableRegister {
    return this.#table(IDTR_BASE, IDTR_LIMIT);
  }
  set idtr(table: TableRegister) {
    this.registers.set(IDTR_BASE, table.base);
    this.registers.set(IDTR_LIMIT, table.limit);
  }
  override get eflags(): number {
    return super.eflags;
  }
  override set eflags(value: number) {
    super.eflags = value;
    this.attention();
  }
  /** Current privilege level. */
  get cpl(): number {
    return this.registers.get(CPL);
  }
  set cpl(value: number) {
    setCpl(this.registers, value);
    this.modeChanged();
  }

  /** Descriptor cache of a segment register, LDTR or TR (state/layout.ts: ES 0 … TR 7). */
  getSegment(index: number): SegmentState {
    return getSegment(this.registers, index);
  }

  /** Replaces a descriptor cache. With CS the CPL follows: the selector's RPL, 0 in real-address mode. */
  setSegment(index: number, segment: SegmentState): void {
    setSegment(this.registers, index, segment);
    if (index !== CS) return;
    if (this.eflags & VM) this.cpl = 3;
    else this.cpl = isProtected(this.registers) ? segment.selector & 3 : 0;
  }

  /** A debugger's page walk: no fault, no A or D bits; undefined where the access would fault. */
  translate(laddr: LinearAddr, { write = false, user = false }: TranslateOptions = {}): PhysAddr | undefined {
    const access = (write ? ACCESS_WRITE : ACCESS_READ) | (user ? ACCESS_USER : 0);
    const paddr = this.paging.probe(laddr, access);
    return paddr === undefined || paddr > LAST_BUS_ADDRESS ? undefined : paddr;
  }

  /** Bytes at a linear address as the supervisor sees them; undefined when a page is absent. */
  readLinear(laddr: LinearAddr, count: number): Uint8Array | undefined {
    const bytes = new Uint8Array(count);
    const isMapped = this.#eachPage(laddr, count, false, (paddr, part, done) => {
      bytes.set(this.mem.readBytes(paddr, part), done);
    });
    return isMapped ? bytes : undefined;
  }

  /** Writes bytes at a linear address, read-only pages included; false, and nothing written, when a page is absent. */
  writeLinear(laddr: LinearAddr, bytes: Uint8Array): boolean {
    if (!this.#eachPage(laddr, bytes.length, false, () => {})) return false;
    return this.#eachPage(laddr, bytes.length, false, (paddr, part, done) => {
      this.mem.writeBytes(paddr, bytes.subarray(done, done + part));
    });
  }

  #eachPage(
    laddr: LinearAddr,
    count: number,
    write: boolean,
    visit: (paddr: PhysAddr, part: number, done: number) => void,
  ): boolean {
    for (let done = 0; done < count; ) {
      const at = (laddr + done) >>> 0;
      const part = Math.min(count - done, PAGE_BYTES - (at % PAGE_BYTES));
      const paddr = this.translate(at, { write });
      if (paddr === undefined) return false;
      visit(paddr, part, done);
      done += part;
    }
    return true;
  }

  #setControl(field: number, value: number): void {
    const wasProtected = isProtected(this.registers);
    this.registers.set(field, value);
    this.paging.reload();
    this.flushTlb();
    if (field === CR0 && wasProtected !== ((value & CR0_PE) !== 0)) this.modeChanged();
  }

  #table(baseField: number, limitField: number): TableRegister {
    return { base: this.registers.getUnsigned(baseField), limit: this.registers.getUnsigned(limitField) };
  }
}

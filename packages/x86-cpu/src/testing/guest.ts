/** A bare machine for tests in assembly text: flat protected mode with every table in place, or real mode. */
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import { assemble } from '../asm.js';
import type { Board } from '../board.js';
import { type Cpu, type CpuOptions, createCpu } from '../cpu.js';
import type { StopReason } from '../run-state.js';
import { CS, DS, ES, FS, GS, SS, TR } from '../state/layout.js';

/*
 * Physical memory of a protected-mode guest:
 *
 *   1000 GDT   2000 IDT   3000 TSS   4000 one HLT for each vector, 8 bytes apart
 *   8000 top of the ring 0 stack   9000 top of the ring 3 stack   7000 ESP0 of the TSS   10000 code
 */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const HANDLERS = 0x4000;
export const CODE = 0x1_0000;
export const STACK_TOP = 0x8000;
export const USER_STACK_TOP = 0x9000;
export const INNER_STACK_TOP = 0x7000;

export const KERNEL_CS = 0x08;
export const KERNEL_DS = 0x10;
export const USER_CS = 0x1b;
export const USER_DS = 0x23;
const TSS_SELECTOR = 0x28;
/** The first selector that tests may describe as they like. */
export const FREE_SELECTOR = 0x40;
/** Names of the above for assembly text. */
export const SYMBOLS = { USER_STACK_TOP, STACK_TOP, KERNEL_CS, KERNEL_DS, USER_CS, USER_DS, GDT, IDT, TSS };

const HAS_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
const DEFAULT_BUDGET = 10_000;

/** How a guest departs from a silent board, the 'max' model, and 8 MB. */
export type GuestOptions = Partial<Pick<CpuOptions, 'model' | 'interpreter' | 'translator'>> & {
  readonly board?: Partial<Board>;
  readonly ramBytes?: number;
};

/** What a handler's frame says. */
export interface Delivered {
  readonly vector: number;
  readonly errorCode: number | undefined;
  readonly eip: number;
  readonly cs: number;
  readonly eflags: number;
  /** The interrupted stack, when the privilege level changed. */
  readonly esp: number | undefined;
  readonly ss: number | undefined;
}

/** A machine with a program in it. */
export class Guest {
  readonly mem: PhysMem;
  readonly cpu: Cpu;
  labels: ReadonlyMap<string, number> = new Map();

  constructor({ board, ramBytes = 0x80_0000, ...options }: GuestOptions) {
    this.mem = createPhysMem({ ramBytes });
    const silent: Board = {
      readPort: () => 0xffff_ffff,
      writePort: () => {},
      acknowledgeInterrupt: () => 0x20,
    };
    this.cpu = createCpu({ mem: this.mem, board: { ...silent, ...board }, ...options });
  }

  /** Runs until something stops the CPU; a program that never stops runs out of budget. */
  run(budget = DEFAULT_BUDGET): StopReason {
    return this.cpu.run(budget);
  }

  /** Puts assembled text at a physical address. */
  load(text: string, origin: number, bits: 16 | 32): void {
    const { bytes, labels } = assemble(text, { origin, bits, symbols: SYMBOLS });
    this.mem.writeBytes(origin, bytes);
    this.labels = new Map([...this.labels, ...labels]);
  }

  label(name: string): number {
    const address = this.labels.get(name);
    if (address === undefined) throw new Error(`no label ${name}`);
    return address;
  }

  /** Writes a segment descriptor into the GDT; `attributes` as in a descriptor cache, `limit` unscaled. */
  describe(selector: number, base: number, limit: number, attributes: number): void {
    const at = GDT + (selector & 0xfff8);
    this.mem.write32(at, ((base << 16) | (limit & 0xffff)) >>> 0);
    const high = (base & 0xff00_0000) | ((base >>> 16) & 0xff) | (attributes << 8) | (limit & 0xf_0000);
    this.mem.write32(at + 4, high >>> 0);
  }

  /** Writes a gate: into the GDT by selector, or into the IDT by vector. */
  gate(
    table: number,
    offset: number,
    selector: number,
    target: number,
    attributes: number,
    parameters = 0,
  ): void {
    this.mem.write32(table + offset, ((selector << 16) | (target & 0xffff)) >>> 0);
    this.mem.write32(table + offset + 4, ((target & 0xffff_0000) | (attributes << 8) | parameters) >>> 0);
  }

  /** GDT, IDT, TSS and handlers in memory, and GDTR, IDTR and TR. */
  writeTables(): void {
    const { mem } = this;
    this.describe(KERNEL_CS, 0, 0xf_ffff, 0xc09b);
    this.describe(KERNEL_DS, 0, 0xf_ffff, 0xc093);
    this.describe(USER_CS, 0, 0xf_ffff, 0xc0fb);
    this.describe(USER_DS, 0, 0xf_ffff, 0xc0f3);
    this.describe(TSS_SELECTOR, TSS, 0x67, 0x008b);
    mem.write32(TSS + 4, INNER_STACK_TOP);
    mem.write32(TSS + 8, KERNEL_DS);
    mem.write16(TSS + 0x66, 0x68);
    for (let vector = 0; vector < 256; vector++) {
      const handler = HANDLERS + vector * 8;
      mem.write8(handler, 0xf4);
      this.gate(IDT, vector * 8, KERNEL_CS, handler, 0x8e);
    }
    this.setTableRegisters();
  }

  /** GDTR, IDTR and TR for the tables of {@link writeTables}. */
  setTableRegisters(): void {
    const { cpu } = this;
    cpu.gdtr = { base: GDT, limit: 0x7ff };
    cpu.idtr = { base: IDT, limit: 0x7ff };
    cpu.setSegment(TR, { selector: TSS_SELECTOR, attributes: 0x8b, base: TSS, limit: 0x67 });
  }

  /** The interrupt or exception whose HLT has been reached. */
  delivered(): Delivered {
    const { cpu } = this;
    const vector = (cpu.eip - 1 - HANDLERS) / 8;
    if (!Number.isInteger(vector) || vector < 0 || vector > 255)
      throw new Error(`EIP ${cpu.eip.toString(16)} is in no handler`);
    let at = cpu.esp;
    const pop = () => {
      at += 4;
      return this.mem.read32(at - 4);
    };
    const errorCode = HAS_ERROR_CODE.has(vector) ? pop() : undefined;
    const [eip, cs, eflags] = [pop(), pop(), pop()];
    const isOuter = (cs & 3) !== cpu.cpl;
    const [esp, ss] = isOuter ? [pop(), pop()] : [undefined, undefined];
    return { vector, errorCode, eip, cs, eflags, esp, ss };
  }
}

/** A guest in flat 32-bit protected mode at CPL 0, interrupts off, about to execute the text. */
export function protectedGuest(text: string, options: GuestOptions = {}): Guest {
  const guest = new Guest(options);
  const { cpu } = guest;
  guest.writeTables();
  guest.load(text, CODE, 32);
  cpu.cr0 = 0x11;
  cpu.setSegment(CS, { selector: KERNEL_CS, attributes: 0xc09b, base: 0, limit: 0xffff_ffff });
  for (const index of [ES, SS, DS, FS, GS]) {
    cpu.setSegment(index, { selector: KERNEL_DS, attributes: 0xc093, base: 0, limit: 0xffff_ffff });
  }
  cpu.esp = STACK_TOP;
  cpu.eip = CODE;
  return guest;
}

/** A guest in real mode at 0000:0600 with SS:SP = 0000:8000; vector n's handler is a HLT at 4000 + 8 n. */
export function realGuest(text: string, options: GuestOptions = {}): Guest {
  const guest = new Guest(options);
  const { cpu, mem } = guest;
  for (let vector = 0; vector < 256; vector++) {
    mem.write8(HANDLERS + vector * 8, 0xf4);
    mem.write32(vector * 4, HANDLERS + vector * 8);
  }
  guest.load(text, 0x600, 16);
  cpu.setSegment(CS, { ...cpu.getSegment(CS), selector: 0, base: 0 });
  cpu.eip = 0x600;
  cpu.esp = 0x8000;
  return guest;
}

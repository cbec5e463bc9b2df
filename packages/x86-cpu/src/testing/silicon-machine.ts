/** The machine on which the silicon vectors were recorded: a user task at CPL 3 with a GDT, LDT, IDT and few pages. */
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import { type Cpu, createCpu } from '../cpu.js';
import { decode } from '../decode/decode.js';
import { REP } from '../isa/insn.js';
import { loadSegment } from '../mmu/segment-load.js';
import { CR4_OSFXSR, CR4_OSXMMEXCPT } from '../state/control.js';
import { CS, DS, ES, FS, GS, LDTR, SS, TR } from '../state/layout.js';
import { codeSize, segmentBase } from '../state/segment.js';
import { loadCodeSelector } from './load-code.js';
import { loadFx, type SiliconFx } from './silicon-fx.js';
import {
  FIRST_USER_PAGE,
  fillUser,
  isSame,
  PAGE,
  put,
  SUPERVISOR,
  USER,
  USER_BYTES,
  USER_PAGES,
  userOffset,
} from './silicon-user-pages.js';

/** One line of vectors.jsonl; see test-data/silicon/README.md. */
export interface SiliconVector {
  readonly id: number;
  readonly n: string;
  readonly c: string;
  readonly m: 16 | 32;
  readonly asm: string;
  readonly code: string;
  readonly i: SiliconState;
  readonly o: Omit<SiliconState, 'fx'> & {
    readonly fx?: Partial<SiliconFx>;
    readonly ev: 'ok' | number;
    readonly err?: number;
    readonly cr2?: number;
  };
  readonly fm: number;
  readonly dc?: readonly (readonly [number, number])[];
  readonly amb?: string;
  readonly approx?: number;
  /** Distance allowed to x87 registers, in units of the last place. */
  readonly ulps?: number;
  readonly swm?: number;
}

interface SiliconState {
  readonly r: readonly number[];
  readonly ip: number;
  readonly fl: number;
  readonly seg: readonly number[];
  readonly mem?: readonly (readonly [number, string])[];
  readonly fx?: Partial<SiliconFx>;
}

const DIRECTORY = 0x1000;
const FIRST_TABLE = 0x2000;
/** Up to the end of the page tables; vectors write no page below the user's. */
const LOW_PAGES = 8;
/** The supervisor's tables, mapped where no vector points. */
const SYSTEM_LINEAR = 0xffc0_0000;
const SYSTEM_PAGE = 0x20_0000;
const GDT = 0x0000;
const LDT = 0x0100;
const TSS = 0x0200;
const IDT = 0x1000;
const STACK_TOP = 0x2f00;
const HANDLERS = 0x3000;
const KERNEL_CODE = 0x08;
const KERNEL_DATA = 0x10;
const HAS_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
const MAX_ITERATIONS = 70_000;

/** What one instruction did. */
export interface SiliconOutcome {
  readonly ev: 'ok' | number;
  readonly err: number | undefined;
  readonly r: readonly number[];
  readonly ip: number;
  readonly fl: number;
  readonly seg: readonly number[];
}

/** Runs vectors one after another on one CPU. */
export class SiliconMachine {
  readonly mem: PhysMem = createPhysMem({ ramBytes: 0x40_0000 });
  readonly cpu: Cpu;

  constructor(interpreter: 'fast' | 'reference') {
    const board = { readPort: () => -1, writePort: () => {}, acknowledgeInterrupt: () => 0xff };
    this.cpu = createCpu({ mem: this.mem, board, interpreter });
  }

  /** Executes the vector's instruction, all iterations of a REP. */
  execute(vector: SiliconVector): SiliconOutcome {
    this.#prepare(vector);
    const { cpu } = this;
    const start = cpu.eip;
    const repeats = isRepeated(vector.code, codeSize(cpu.registers));
    for (let i = 0; i < MAX_ITERATIONS; i++) {
      cpu.run(1);
      if (!repeats || cpu.cpl !== 3 || cpu.eip !== start) break;
    }
    // An instruction at the end of its page completed, and the recording shows the fetch of the next one.
    const next = (segmentBase(cpu.registers, CS) + cpu.eip) >>> 0;
    if (cpu.cpl === 3 && vector.o.ev === 14 && vector.o.cr2 === next) cpu.run(1);
    return cpu.cpl === 3 ? this.#completed() : this.#faulted();
  }

  /** Places where user memory differs from what the vector says, as text. */
  memoryDifferences(vector: SiliconVector): string[] {
    const expected = new Uint8Array(USER_BYTES);
    fillUser(expected, vector);
    for (const [laddr, hex] of vector.o.mem ?? []) put(expected, laddr, hex);
    const found = this.mem.readBytes(FIRST_USER_PAGE, USER_BYTES);
    for (const [laddr, count] of vector.dc ?? []) {
      for (let i = 0; i < count; i++) {
        const at = userOffset(laddr + i);
        if (at >= 0) found[at] = expected[at] ?? 0;
      }
    }
    const differences: string[] = [];
    if (isSame(found, expected)) return differences;
    for (let at = 0; at < USER_BYTES; at++) {
      if (found[at] !== expected[at])
        differences.push(`+${at.toString(16)}: ${found[at]}, not ${expected[at]}`);
    }
    return differences;
  }

  #prepare(vector: SiliconVector): void {
    const { cpu, mem } = this;
    mem.fill(0, LOW_PAGES * PAGE, 0);
    mem.fill(SYSTEM_PAGE, 4 * PAGE, 0);
    this.#writePageTables();
    this.#writeTables();
    const user = new Uint8Array(USER_BYTES);
    fillUser(user, vector);
    mem.writeBytes(FIRST_USER_PAGE, user);
    cpu.reset();
    cpu.cr3 = DIRECTORY;
    cpu.cr0 = 0x8005_0033;
    cpu.gdtr = { base: SYSTEM_LINEAR + GDT, limit: 0x7f };
    cpu.idtr = { base: SYSTEM_LINEAR + IDT, limit: 0x7ff };
    const system = { attributes: 0x82, base: SYSTEM_LINEAR + LDT, limit: 12 * 8 - 1 };
    cpu.setSegment(LDTR, { ...system, selector: 0x50 });
    cpu.setSegment(TR, { selector: 0x40, attributes: 0x8b, base: SYSTEM_LINEAR + TSS, limit: 0x67 });
    const [es = 0, cs = 0, ss = 0, ds = 0, fs = 0, gs = 0] = vector.i.seg;
    loadCodeSelector(cpu, cs, 3);
    for (const [index, selector] of [
      [ES, es],
      [SS, ss],
      [DS, ds],
      [FS, fs],
      [GS, gs],
    ] as const) {
      loadSegment(cpu, index, selector);
    }
    [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx, cpu.esp, cpu.ebp, cpu.esi, cpu.edi] = eight(vector.i.r);
    cpu.eip = vector.i.ip;
    cpu.eflags = vector.i.fl;
    cpu.cr2 = 0;
    cpu.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    loadFx(cpu, vector.i.fx);
  }

  #writePageTables(): void {
    let table = FIRST_TABLE;
    let physical = FIRST_USER_PAGE;
    const map = (laddr: number, paddr: number, bits: number) => {
      const directoryEntry = DIRECTORY + (laddr >>> 22) * 4;
      if (this.mem.read32(directoryEntry) === 0) {
        this.mem.write32(directoryEntry, table | USER);
        table += PAGE;
      }
      const entry = (this.mem.read32(directoryEntry) & ~0xfff) + ((laddr >>> 12) & 0x3ff) * 4;
      this.mem.write32(entry, paddr | bits);
    };
    for (const [laddr, pages, bits] of USER_PAGES) {
      for (let i = 0; i < pages; i++, physical += PAGE) map(laddr + i * PAGE, physical, bits);
    }
    for (let i = 0; i < 4; i++) map(SYSTEM_LINEAR + i * PAGE, SYSTEM_PAGE + i * PAGE, SUPERVISOR);
  }

  #writeTables(): void {
    const gdt: [number, number, number, number][] = [
      [KERNEL_CODE, 0, 0xfffff, 0xc09b],
      [KERNEL_DATA, 0, 0xfffff, 0xc093],
      [0x20, 0, 0xfffff, 0xc0fb],
      [0x28, 0, 0xfffff, 0xc0f3],
      [0x40, SYSTEM_LINEAR + TSS, 0x67, 0x008b],
      [0x50, SYSTEM_LINEAR + LDT, 12 * 8 - 1, 0x0082],
    ];
    const ldt: [number, number, number, number][] = [
      [0x00, 0x2000_0000, 0xffff, 0x00fb],
      [0x08, 0x3000_0000, 0x1fff, 0x00f3],
      [0x10, 0x3000_0000, 0x0fff, 0x40f3],
      [0x18, 0x3000_0000, 0x0fff, 0x40f7],
      [0x20, 0x3000_0000, 0x1fff, 0x40f1],
      [0x28, 0x3001_0000, 0x0fff, 0x00f3],
      [0x30, 0x3000_0000, 0x1fff, 0x4073],
      [0x38, 0x2000_0000, 0x1fff, 0x40f9],
      [0x40, 0x3001_0000, 0x0fff, 0x40f3],
      [0x50, 0x3000_0000, 0x07ff, 0x00f7],
      [0x58, 0x2000_0000, 0x1fff, 0x40fb],
    ];
    for (const [offset, base, limit, attributes] of gdt)
      this.#describe(GDT + offset, base, limit, attributes);
    for (const [offset, base, limit, attributes] of ldt)
      this.#describe(LDT + offset, base, limit, attributes);
    this.mem.write32(SYSTEM_PAGE + TSS + 4, SYSTEM_LINEAR + STACK_TOP);
    this.mem.write32(SYSTEM_PAGE + TSS + 8, KERNEL_DATA);
    this.mem.write16(SYSTEM_PAGE + TSS + 0x66, 0x68);
    for (let vector = 0; vector < 256; vector++) {
      const handler = SYSTEM_LINEAR + HANDLERS + vector;
      const dpl = vector === 3 || vector === 4 ? 3 : 0;
      this.mem.write32(SYSTEM_PAGE + IDT + vector * 8, (KERNEL_CODE << 16) | (handler & 0xffff));
      this.mem.write32(SYSTEM_PAGE + IDT + vector * 8 + 4, (handler & 0xffff_0000) | 0x8e00 | (dpl << 13));
    }
  }

  #describe(offset: number, base: number, limit: number, attributes: number): void {
    this.mem.write32(SYSTEM_PAGE + offset, (base << 16) | (limit & 0xffff));
    const high = (base & 0xff00_0000) | ((base >>> 16) & 0xff) | (attributes << 8) | (limit & 0xf_0000);
    this.mem.write32(SYSTEM_PAGE + offset + 4, high);
  }

  #completed(): SiliconOutcome {
    const { cpu } = this;
    const [r, seg] = [this.#general(cpu.esp), this.#selectors()];
    return { ev: 'ok', err: undefined, r, ip: cpu.eip, fl: cpu.eflags, seg };
  }

  #faulted(): SiliconOutcome {
    const { cpu, mem } = this;
    const vector = cpu.eip - SYSTEM_LINEAR - HANDLERS;
    let at = SYSTEM_PAGE + (cpu.esp - SYSTEM_LINEAR);
    const pop = () => {
      at += 4;
      return mem.read32(at - 4);
    };
    const err = HAS_ERROR_CODE.has(vector) ? pop() : undefined;
    const ip = pop();
    const cs = pop();
    const fl = pop();
    const esp = pop();
    const ss = pop();
    const [es = 0, , , ds = 0, fs = 0, gs = 0] = this.#selectors();
    return { ev: vector, err, r: this.#general(esp), ip, fl, seg: [es, cs, ss, ds, fs, gs] };
  }

  #general(esp: number): number[] {
    const { cpu } = this;
    return [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx, esp, cpu.ebp, cpu.esi, cpu.edi];
  }

  #selectors(): number[] {
    return [ES, CS, SS, DS, FS, GS].map((index) => this.cpu.getSegment(index).selector);
  }
}

function isRepeated(code: string, bits: 16 | 32): boolean {
  const bytes = Uint8Array.from(code.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
  const decoded = decode((offset) => bytes[offset] ?? 0, bits);
  return typeof decoded !== 'string' && decoded.rep !== 0 && (decoded.insn.flags & REP) !== 0;
}

type Eight = [number, number, number, number, number, number, number, number];

function eight(words: readonly number[]): Eight {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words;
  return [a, b, c, d, e, f, g, h];
}

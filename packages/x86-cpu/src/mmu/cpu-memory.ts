/** The CPU's exact way to memory: segment check, paging, page crossing, RAM, ROM, MMIO or nothing. */
import type { PhysAddr, PhysMem } from '@kexec/phys-mem';
import type { DebugUnit } from '../debug-unit.js';
import { CpuException, VECTOR } from '../exception.js';
import type { HostBreakpoints } from '../host-breakpoints.js';
import type { Size } from '../semantics/machine.js';
import type { MemoryAccess } from '../semantics/number-machine.js';
import { CR0_AM } from '../state/control.js';
import { AC } from '../state/eflags.js';
import { CPL, CR0, EFLAGS_REST } from '../state/layout.js';
import type { Registers } from '../state/registers.js';
import { ACCESS_FETCH, ACCESS_READ, ACCESS_USER, ACCESS_WRITE, type Paging } from './paging.js';
import { type LinearAddr, linearAddress } from './segmentation.js';
import type { Tlb } from './tlb.js';

type Bytes = 1 | 2 | 4;

const PAGE_OFFSET_MASK = 0xfff;
const LAST_BUS_ADDRESS = 0xffff_ffff;
const QUADWORD_BYTES = 8;
const DOUBLE_EXTENDED_BYTES = 10;

/**
 * Memory by (segment, offset) at the current privilege, and by linear address at a privilege of choice.
 * Breakpoints and alignment concern what the program itself accesses: the former, and stack frames.
 */
export class CpuMemory implements MemoryAccess {
  readonly #registers: Registers;
  readonly #paging: Paging;
  readonly #tlb: Tlb | undefined;
  readonly #mem: PhysMem;
  /** All of the Wasm memory. */
  readonly #view: DataView;
  readonly #debug: DebugUnit;
  readonly #breakpoints: HostBreakpoints;

  /** @param tlb - looked into before a walk; undefined for a machine that keeps no translation */
  constructor(
    registers: Registers,
    paging: Paging,
    mem: PhysMem,
    { debug, breakpoints }: { readonly debug: DebugUnit; readonly breakpoints: HostBreakpoints },
    tlb: Tlb | undefined,
  ) {
    this.#registers = registers;
    this.#paging = paging;
    this.#tlb = tlb;
    this.#view = new DataView(mem.memory.buffer);
    this.#mem = mem;
    this.#debug = debug;
    this.#breakpoints = breakpoints;
  }

  read(segment: number, offset: number, size: Size): number {
    const bytes = bytesOf(size);
    const laddr = linearAddress(this.#registers, segment, offset, bytes, false);
    this.checkAlignment(laddr, bytes);
    const value = this.readLinear(laddr, bytes, this.#currentUser()) | 0;
    this.#debug.noteData(laddr, bytes, false);
    return value;
  }

  write(segment: number, offset: number, value: number, size: Size): void {
    const bytes = bytesOf(size);
    const laddr = linearAddress(this.#registers, segment, offset, bytes, true);
    this.checkAlignment(laddr, bytes);
    this.writeLinear(laddr, bytes, value, this.#currentUser());
    this.#debug.noteData(laddr, bytes, true);
  }

  checkRead(segment: number, offset: number, size: Size): void {
    const bytes = bytesOf(size);
    const laddr = linearAddress(this.#registers, segment, offset, bytes, false);
    this.checkAlignment(laddr, bytes);
    const user = this.#currentUser();
    if (this.#hostOf(laddr, bytes, user, false) !== -1) return;
    this.#paging.translate(laddr, ACCESS_READ | user);
    if (crossesPage(laddr, bytes)) this.#paging.translate(nextPage(laddr), ACCESS_READ | user);
  }

  checkWrite(segment: number, offset: number, size: Size): void {
    const bytes = bytesOf(size);
    const laddr = linearAddress(this.#registers, segment, offset, bytes, true);
    this.checkAlignment(laddr, bytes);
    this.checkLinearWrite(laddr, bytes, this.#currentUser());
  }

  /** Writes a word of a stack frame, which has been checked. */
  writeStack(laddr: LinearAddr, bytes: Bytes, value: number, user: number): void {
    this.writeLinear(laddr, bytes, value, user);
    this.#debug.noteData(laddr, bytes, true);
  }

  /** SDM Vol. 3A, 6.15 "Interrupt 17—Alignment Check Exception (#AC)": AM and AC are set, and CPL is 3. */
  get checksAlignment(): boolean {
    const registers = this.#registers;
    return (
      (registers.get(CR0) & CR0_AM) !== 0 &&
      (registers.get(EFLAGS_REST) & AC) !== 0 &&
      registers.get(CPL) === 3
    );
  }

  /** Throws #AC(0) for a misaligned access while alignment is checked. */
  checkAlignment(laddr: LinearAddr, bytes: number): void {
    if ((laddr & (bytes - 1)) !== 0 && this.checksAlignment) throw new CpuException(VECTOR.AC, 0);
  }

  /**
   * Looks at an operand of the x87, MMX or SSE as a whole, before its pieces go by linear address: #AC(0) for a
   * misaligned one, and breakpoints. SDM Vol. 3A, Table 6-7 "Alignment Requirements by Data Type": 80 bits want
   * 8 bytes, an environment what its fields want; operands of 16 bytes and more have rules of their own.
   */
  beginWideOperand(laddr: LinearAddr, bytes: number, isWrite: boolean): void {
    if (bytes === DOUBLE_EXTENDED_BYTES) this.checkAlignment(laddr, QUADWORD_BYTES);
    else if ((bytes & -bytes) <= QUADWORD_BYTES) this.checkAlignment(laddr, bytes & -bytes);
    this.#debug.noteData(laddr, bytes, isWrite);
  }

  /** Physical address of a code byte at the current privilege, which may lie beyond the bus; throws #PF. */
  fetchAddress(laddr: LinearAddr): PhysAddr {
    return this.#paging.translate(laddr, ACCESS_FETCH | this.#currentUser());
  }

  /** The byte at what fetchAddress() returned. */
  readCode(paddr: PhysAddr): number {
    return this.#readPhysical(paddr, 1);
  }

  /**
   * @param user - ACCESS_USER, or 0 for an access to descriptor tables and the TSS, which is the supervisor's
   * at every CPL (SDM Vol. 3A, 4.6 "Access Rights")
   * @returns uint32
   */
  readLinear(laddr: LinearAddr, bytes: Bytes, user: number): number {
    const host = this.#hostOf(laddr, bytes, user, false);
    if (host !== -1) return this.#readHost(host, bytes);
    const paddr = this.#paging.translate(laddr, ACCESS_READ | user);
    const next = crossesPage(laddr, bytes)
      ? this.#paging.translate(nextPage(laddr), ACCESS_READ | user)
      : undefined;
    this.#breakpoints.note(laddr, bytes, 'read');
    if (next === undefined) return this.#readPhysical(paddr, bytes);
    return this.#readAcross(laddr, paddr, next, bytes);
  }

  /** Writes once both pages of a crossing have been checked. */
  writeLinear(laddr: LinearAddr, bytes: Bytes, value: number, user: number): void {
    const host = this.#hostOf(laddr, bytes, user, true);
    if (host !== -1) {
      this.#writeHost(host, bytes, value);
      return;
    }
    const paddr = this.#paging.translate(laddr, ACCESS_WRITE | user);
    const next = crossesPage(laddr, bytes)
      ? this.#paging.translate(nextPage(laddr), ACCESS_WRITE | user)
      : undefined;
    this.#breakpoints.note(laddr, bytes, 'write');
    if (next === undefined) {
      this.#writePhysical(paddr, bytes, value);
      return;
    }
    for (let i = 0; i < bytes; i++) {
      this.#writePhysical(byteAddress(laddr, i, paddr, next), 1, value >>> (8 * i));
    }
  }

  /** Throws what writeLinear() would throw; writes nothing but A and D bits. */
  checkLinearWrite(laddr: LinearAddr, bytes: Bytes, user: number): void {
    if (this.#hostOf(laddr, bytes, user, true) !== -1) return;
    this.#paging.translate(laddr, ACCESS_WRITE | user);
    if (crossesPage(laddr, bytes)) this.#paging.translate(nextPage(laddr), ACCESS_WRITE | user);
  }

  /** Access bit of the current privilege level. */
  #currentUser(): number {
    return this.#registers.get(CPL) === 3 ? ACCESS_USER : 0;
  }

  #readAcross(laddr: LinearAddr, paddr: PhysAddr, next: PhysAddr, bytes: Bytes): number {
    let value = 0;
    for (let i = 0; i < bytes; i++)
      value |= this.#readPhysical(byteAddress(laddr, i, paddr, next), 1) << (8 * i);
    return value >>> 0;
  }

  #hostOf(laddr: LinearAddr, bytes: Bytes, user: number, isWrite: boolean): number {
    return this.#tlb ? this.#tlb.hostOf(user !== 0, laddr, bytes, isWrite) : -1;
  }

  #readHost(host: number, bytes: Bytes): number {
    if (bytes === 4) return this.#view.getUint32(host, true);
    return bytes === 2 ? this.#view.getUint16(host, true) : this.#view.getUint8(host);
  }

  /** To a page of RAM that holds no code: nobody else must hear of it. */
  #writeHost(host: number, bytes: Bytes, value: number): void {
    if (bytes === 4) this.#view.setUint32(host, value, true);
    else if (bytes === 2) this.#view.setUint16(host, value, true);
    else this.#view.setUint8(host, value);
  }

  #readPhysical(paddr: PhysAddr, bytes: Bytes): number {
    // PAE and PSE-36 can point beyond the 32-bit bus, where nothing answers.
    if (paddr > LAST_BUS_ADDRESS) return 0xffff_ffff >>> (32 - 8 * bytes);
    if (bytes === 4) return this.#mem.read32(paddr);
    return bytes === 2 ? this.#mem.read16(paddr) : this.#mem.read8(paddr);
  }

  #writePhysical(paddr: PhysAddr, bytes: Bytes, value: number): void {
    if (paddr > LAST_BUS_ADDRESS) return;
    if (bytes === 4) this.#mem.write32(paddr, value >>> 0);
    else if (bytes === 2) this.#mem.write16(paddr, value & 0xffff);
    else this.#mem.write8(paddr, value & 0xff);
  }
}

function bytesOf(size: Size): Bytes {
  return (size >>> 3) as Bytes;
}

function crossesPage(laddr: LinearAddr, bytes: Bytes): boolean {
  return (laddr & PAGE_OFFSET_MASK) + bytes > PAGE_OFFSET_MASK + 1;
}

function nextPage(laddr: LinearAddr): LinearAddr {
  return ((laddr | PAGE_OFFSET_MASK) + 1) >>> 0;
}

/** Where byte `i` of a crossing access lies, `next` being the start of the second page. */
function byteAddress(laddr: LinearAddr, i: number, paddr: PhysAddr, next: PhysAddr): PhysAddr {
  const left = PAGE_OFFSET_MASK + 1 - (laddr & PAGE_OFFSET_MASK);
  return i < left ? paddr + i : next + (i - left);
}

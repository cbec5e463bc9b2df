/** A split virtqueue, as the device sees it: takes chains from the available ring, gives them back by the used ring. */
import type { PhysMem } from '@kexec/phys-mem';
import { type DeviceState, loadRegisters, saveRegisters } from '../../device-state.js';
import { type BufferRegion, DescriptorChain } from './descriptor-chain.js';

/*
 * VIRTIO 1.0, 2.4 "Virtqueues"; all little-endian:
 *
 *   descriptor  u64 addr, u32 len, u16 flags, u16 next
 *   available   u16 flags, u16 idx, u16 ring[size]
 *   used        u16 flags, u16 idx, { u32 id, u32 len } ring[size]
 */
const DESCRIPTOR_BYTES = 16;
const RING_HEADER_BYTES = 4;
const IDX_OFFSET = 2;
const AVAILABLE_ENTRY_BYTES = 2;
const USED_ENTRY_BYTES = 8;
const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;
/** 2.4.1: in the legacy layout the used ring begins at the next page. */
const LEGACY_ALIGN = 0x1000;

/** What a queue needs of memory. */
export type QueueMemory = Pick<
  PhysMem,
  'read16' | 'read32' | 'write16' | 'write32' | 'readBytes' | 'writeBytes' | 'ramBytes'
>;

/**
 * The queue. The driver may write anything into its rings at any time: whatever breaks the rules makes the queue
 * broken, and a broken queue gives no chains until it is reset.
 */
export class Virtqueue {
  readonly maxSize: number;
  private readonly mem: QueueMemory;
  private readonly isMaster: () => boolean;
  private readonly registers = {
    size: 0,
    /** Physical addresses, up to 2^53. */
    descriptors: 0,
    available: 0,
    used: 0,
    ready: 0,
    /** The next entries of both rings, counted without end modulo 2^16. */
    nextAvailable: 0,
    nextUsed: 0,
    broken: 0,
    /** A used chain asks for an interrupt. */
    signalled: 0,
  };

  /**
   * @param maxSize - a power of two up to 32768
   * @param isMaster - whether the device may reach memory
   */
  constructor(mem: QueueMemory, maxSize: number, isMaster: () => boolean) {
    this.mem = mem;
    this.isMaster = isMaster;
    this.maxSize = maxSize;
    this.reset();
  }

  get size(): number {
    return this.registers.size;
  }

  /** The driver asks for fewer entries. A size that is no power of two, or too great, is not taken. */
  set size(value: number) {
    if (value > 0 && value <= this.maxSize && (value & (value - 1)) === 0) this.registers.size = value;
  }

  get isReady(): boolean {
    return this.registers.ready === 1;
  }

  /** Turns the queue on or off, at the addresses that it has. */
  set isReady(ready: boolean) {
    this.registers.ready = ready ? 1 : 0;
  }

  get isBroken(): boolean {
    return this.registers.broken === 1;
  }

  /** Where descriptors, available ring and used ring are. */
  get addresses(): { readonly descriptors: number; readonly available: number; readonly used: number } {
    const { descriptors, available, used } = this.registers;
    return { descriptors, available, used };
  }

  /** Moves one or more of the three parts. */
  place(parts: { descriptors?: number; available?: number; used?: number }): void {
    Object.assign(this.registers, parts);
  }

  /** Places all parts one after the other, as the legacy interface has them; at 0 the queue is off. */
  placeLegacy(paddr: number): void {
    const available = paddr + this.size * DESCRIPTOR_BYTES;
    // The available ring ends with a word that the event index would use.
    const end = available + RING_HEADER_BYTES + this.size * AVAILABLE_ENTRY_BYTES + 2;
    this.place({ descriptors: paddr, available, used: Math.ceil(end / LEGACY_ALIGN) * LEGACY_ALIGN });
    Object.assign(this.registers, { nextAvailable: 0, nextUsed: 0, broken: 0, signalled: 0 });
    this.isReady = paddr !== 0;
  }

  /** Back to what it is after the device's reset. */
  reset(): void {
    for (const name of Object.keys(this.registers)) Object.assign(this.registers, { [name]: 0 });
    this.registers.size = this.maxSize;
  }

  /**
   * The chains that are available now, each taken as it is asked for.
   *
   * They are counted once: a device that writes into a buffer over the rings could otherwise be kept at it for ever.
   */
  *chains(): Generator<DescriptorChain> {
    for (let left = this.maxSize; left > 0; left--) {
      const chain = this.pop();
      if (!chain) return;
      yield chain;
    }
  }

  /** The next chain that the driver has made available; undefined when there is none, or the queue is broken. */
  pop(): DescriptorChain | undefined {
    const { registers, mem } = this;
    if (!this.isReady || this.isBroken || !this.isMaster()) return undefined;
    if (!this.areRingsInRam()) return this.breakDown();
    const waiting = (mem.read16(registers.available + IDX_OFFSET) - registers.nextAvailable) & 0xffff;
    if (waiting === 0) return undefined;
    // 2.4.6: there cannot be more chains than descriptors.
    if (waiting > this.size) return this.breakDown();
    const entry = registers.nextAvailable & (this.size - 1);
    const head = mem.read16(registers.available + RING_HEADER_BYTES + entry * AVAILABLE_ENTRY_BYTES);
    const chain = this.chain(head);
    if (chain) registers.nextAvailable = (registers.nextAvailable + 1) & 0xffff;
    return chain ?? this.breakDown();
  }

  /** Gives a chain back. @param written - bytes that the device wrote into it */
  push({ head }: DescriptorChain, written: number): void {
    const { registers, mem } = this;
    const entry = registers.nextUsed & (this.size - 1);
    const paddr = registers.used + RING_HEADER_BYTES + entry * USED_ENTRY_BYTES;
    mem.write32(paddr, head);
    mem.write32(paddr + 4, written);
    registers.nextUsed = (registers.nextUsed + 1) & 0xffff;
    mem.write16(registers.used + IDX_OFFSET, registers.nextUsed);
    if ((mem.read16(registers.available) & AVAIL_F_NO_INTERRUPT) === 0) registers.signalled = 1;
  }

  /** Whether an interrupt is due since the last call. */
  takeSignal(): boolean {
    const signalled = this.registers.signalled === 1;
    this.registers.signalled = 0;
    return signalled;
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  private chain(head: number): DescriptorChain | undefined {
    const readable: BufferRegion[] = [];
    const writable: BufferRegion[] = [];
    let bytes = 0;
    let index = head;
    // A chain has each descriptor once, so it is longer only when it goes in circles.
    for (let length = 0; length < this.size; length++) {
      if (index >= this.size) return undefined;
      const { region, flags, next } = this.descriptor(index);
      bytes += region.bytes;
      // Indirect descriptors were not offered. 2.4.4.2: what the device reads comes before what it writes.
      if (flags & DESC_F_INDIRECT || !this.isInRam(region.paddr, region.bytes)) return undefined;
      if (bytes > this.mem.ramBytes) return undefined;
      if (flags & DESC_F_WRITE) writable.push(region);
      else if (writable.length > 0) return undefined;
      else readable.push(region);
      if ((flags & DESC_F_NEXT) === 0) return new DescriptorChain(this.mem, head, readable, writable);
      index = next;
    }
    return undefined;
  }

  private descriptor(index: number): { region: BufferRegion; flags: number; next: number } {
    const { mem } = this;
    const at = this.registers.descriptors + index * DESCRIPTOR_BYTES;
    const paddr = mem.read32(at) + mem.read32(at + 4) * 2 ** 32;
    return {
      region: { paddr, bytes: mem.read32(at + 8) },
      flags: mem.read16(at + 12),
      next: mem.read16(at + 14),
    };
  }

  private areRingsInRam(): boolean {
    const { descriptors, available, used, size } = this.registers;
    return (
      this.isInRam(descriptors, size * DESCRIPTOR_BYTES) &&
      this.isInRam(available, RING_HEADER_BYTES + size * AVAILABLE_ENTRY_BYTES) &&
      this.isInRam(used, RING_HEADER_BYTES + size * USED_ENTRY_BYTES)
    );
  }

  private isInRam(paddr: number, bytes: number): boolean {
    return paddr + bytes <= this.mem.ramBytes;
  }

  private breakDown(): undefined {
    this.registers.broken = 1;
    return undefined;
  }
}

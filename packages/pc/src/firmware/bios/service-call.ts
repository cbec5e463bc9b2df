/** A BIOS call: the caller's registers, as the ROM has pushed them, and the caller's memory. */
import type { PhysMem } from '@kexec/phys-mem';

/*
 * The frame: es ds edi esi ebp esp ebx edx ecx eax (PUSHAD), the service's number, ip cs flags.
 */
const ES = 0;
const DS = 2;
const EDI = 4;
const ESI = 8;
const EBP = 12;
const EBX = 20;
const EDX = 24;
const ECX = 28;
const EAX = 32;
const SERVICE = 36;
const IP = 38;
const CS = 40;
const FLAGS = 42;
/** Size of the frame. */
export const FRAME_BYTES = 44;

const CF = 0x0001;
const ZF = 0x0040;

/** Memory by linear address, through paging where a virtual-8086 task calls. */
export interface GuestMemory {
  /** Undefined when a page is absent. */
  readLinear(laddr: number, count: number): Uint8Array | undefined;
  /** False, and nothing written, when a page is absent. */
  writeLinear(laddr: number, bytes: Uint8Array): boolean;
}

/** One call. Registers that a service sets are what the caller finds. */
export class ServiceCall {
  readonly mem: PhysMem;
  private readonly frame: DataView;
  private readonly guest: GuestMemory;

  /** @param frame - {@link FRAME_BYTES} of the caller's stack; the ROM pops what it holds in the end */
  constructor(mem: PhysMem, guest: GuestMemory, frame: Uint8Array) {
    this.mem = mem;
    this.guest = guest;
    this.frame = new DataView(frame.buffer, frame.byteOffset, FRAME_BYTES);
  }

  /** INT's number, or one of INNER_SERVICE. */
  get service(): number {
    return this.word(SERVICE);
  }

  get al(): number {
    return this.byte(EAX);
  }
  set al(value: number) {
    this.frame.setUint8(EAX, value);
  }
  get ah(): number {
    return this.byte(EAX + 1);
  }
  set ah(value: number) {
    this.frame.setUint8(EAX + 1, value);
  }
  get ax(): number {
    return this.word(EAX);
  }
  set ax(value: number) {
    this.setWord(EAX, value);
  }
  get eax(): number {
    return this.frame.getUint32(EAX, true);
  }
  set eax(value: number) {
    this.frame.setUint32(EAX, value, true);
  }
  get bl(): number {
    return this.byte(EBX);
  }
  set bl(value: number) {
    this.frame.setUint8(EBX, value);
  }
  get bh(): number {
    return this.byte(EBX + 1);
  }
  set bh(value: number) {
    this.frame.setUint8(EBX + 1, value);
  }
  get bx(): number {
    return this.word(EBX);
  }
  set bx(value: number) {
    this.setWord(EBX, value);
  }
  get ebx(): number {
    return this.frame.getUint32(EBX, true);
  }
  set ebx(value: number) {
    this.frame.setUint32(EBX, value, true);
  }
  get cl(): number {
    return this.byte(ECX);
  }
  set cl(value: number) {
    this.frame.setUint8(ECX, value);
  }
  get ch(): number {
    return this.byte(ECX + 1);
  }
  set ch(value: number) {
    this.frame.setUint8(ECX + 1, value);
  }
  get cx(): number {
    return this.word(ECX);
  }
  set cx(value: number) {
    this.setWord(ECX, value);
  }
  get ecx(): number {
    return this.frame.getUint32(ECX, true);
  }
  set ecx(value: number) {
    this.frame.setUint32(ECX, value, true);
  }
  get dl(): number {
    return this.byte(EDX);
  }
  set dl(value: number) {
    this.frame.setUint8(EDX, value);
  }
  get dh(): number {
    return this.byte(EDX + 1);
  }
  set dh(value: number) {
    this.frame.setUint8(EDX + 1, value);
  }
  get dx(): number {
    return this.word(EDX);
  }
  set dx(value: number) {
    this.setWord(EDX, value);
  }
  get edx(): number {
    return this.frame.getUint32(EDX, true);
  }
  set edx(value: number) {
    this.frame.setUint32(EDX, value, true);
  }
  get si(): number {
    return this.word(ESI);
  }
  get di(): number {
    return this.word(EDI);
  }
  set di(value: number) {
    this.setWord(EDI, value);
  }
  get bp(): number {
    return this.word(EBP);
  }
  set bp(value: number) {
    this.setWord(EBP, value);
  }
  get ds(): number {
    return this.word(DS);
  }
  set ds(value: number) {
    this.setWord(DS, value);
  }
  get es(): number {
    return this.word(ES);
  }
  set es(value: number) {
    this.setWord(ES, value);
  }

  /** CF as the caller will find it. */
  set carry(set: boolean) {
    this.setFlag(CF, set);
  }
  /** ZF as the caller will find it. */
  set zero(set: boolean) {
    this.setFlag(ZF, set);
  }

  /** Ends the call at another place than after its INT. */
  returnTo(segment: number, offset: number): void {
    this.setWord(CS, segment);
    this.setWord(IP, offset);
  }

  /** Bytes at segment:offset; all ones where no page is. The offset does not wrap. */
  readFar(segment: number, offset: number, count: number): Uint8Array {
    return this.guest.readLinear(16 * segment + offset, count) ?? new Uint8Array(count).fill(0xff);
  }

  /** Writes bytes at segment:offset. */
  writeFar(segment: number, offset: number, bytes: Uint8Array): void {
    this.guest.writeLinear(16 * segment + offset, bytes);
  }

  private byte(offset: number): number {
    return this.frame.getUint8(offset);
  }

  private word(offset: number): number {
    return this.frame.getUint16(offset, true);
  }

  private setWord(offset: number, value: number): void {
    this.frame.setUint16(offset, value, true);
  }

  private setFlag(mask: number, set: boolean): void {
    this.setWord(FLAGS, set ? this.word(FLAGS) | mask : this.word(FLAGS) & ~mask);
  }
}

/** A service: what it does with a call. When it returns `'wait'`, it is called again after the next interrupt. */
export type Service = (call: ServiceCall) => unknown;
/** Services by a number in the call, such as AH. */
export type Functions = ReadonlyMap<number, Service>;

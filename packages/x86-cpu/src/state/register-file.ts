/** The registers under their names, as a debugger and the kernel model see them. */
import { readEflags, writeEflags } from './eflags.js';
import { EAX, EBP, EBX, ECX, EDI, EDX, EIP, ESI, ESP } from './layout.js';
import { Registers } from './registers.js';

/** General registers, EIP and EFLAGS as uint32 properties. */
export class RegisterFile {
  readonly registers: Registers;

  constructor(memory: WebAssembly.Memory) {
    this.registers = new Registers(memory);
  }

  get eax(): number {
    return this.registers.getUnsigned(EAX);
  }
  set eax(value: number) {
    this.registers.set(EAX, value);
  }
  get ecx(): number {
    return this.registers.getUnsigned(ECX);
  }
  set ecx(value: number) {
    this.registers.set(ECX, value);
  }
  get edx(): number {
    return this.registers.getUnsigned(EDX);
  }
  set edx(value: number) {
    this.registers.set(EDX, value);
  }
  get ebx(): number {
    return this.registers.getUnsigned(EBX);
  }
  set ebx(value: number) {
    this.registers.set(EBX, value);
  }
  get esp(): number {
    return this.registers.getUnsigned(ESP);
  }
  set esp(value: number) {
    this.registers.set(ESP, value);
  }
  get ebp(): number {
    return this.registers.getUnsigned(EBP);
  }
  set ebp(value: number) {
    this.registers.set(EBP, value);
  }
  get esi(): number {
    return this.registers.getUnsigned(ESI);
  }
  set esi(value: number) {
    this.registers.set(ESI, value);
  }
  get edi(): number {
    return this.registers.getUnsigned(EDI);
  }
  set edi(value: number) {
    this.registers.set(EDI, value);
  }
  get eip(): number {
    return this.registers.getUnsigned(EIP);
  }
  set eip(value: number) {
    this.registers.set(EIP, value);
  }
  get eflags(): number {
    return readEflags(this.registers) >>> 0;
  }
  set eflags(value: number) {
    writeEflags(this.registers, value);
  }
}

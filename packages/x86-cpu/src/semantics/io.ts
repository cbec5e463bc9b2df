/** Port I/O: IN, OUT, INS and OUTS, with the privilege check that all of them make first. */
import type { Cpu } from '../cpu.js';
import { isProtected, isVirtual8086 } from '../state/control.js';
import { DF, hasFlag, iopl } from '../state/eflags.js';
import { ES } from '../state/layout.js';
import type { Size } from './machine.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';
import { checkIoBitmap } from './tss.js';

/** Register indices. */
const ECX = 1;
const EDX = 2;
const ESI = 6;
const EDI = 7;

/** IN accumulator,port. */
export const inp: SystemSemantics = (m, destination, port) => {
  if (destination === undefined || port === undefined) return;
  destination.write(readPort(m.cpu, port.read() & 0xffff, destination.size));
};

/** OUT port,accumulator. */
export const outp: SystemSemantics = (m, port, source) => {
  if (source === undefined || port === undefined) return;
  writePort(m.cpu, port.read() & 0xffff, source.read(), source.size);
};

export const ins8: SystemSemantics = (m) => repeat(m, () => inputString(m, 8));
export const ins: SystemSemantics = (m) => repeat(m, () => inputString(m, m.operandSize));
export const outs8: SystemSemantics = (m) => repeat(m, () => outputString(m, 8));
export const outs: SystemSemantics = (m) => repeat(m, () => outputString(m, m.operandSize));

/** The port is read once the store has been found possible: a device must not be read twice for one INS. */
function inputString(m: SystemMachine, size: Size): void {
  const { registers } = m.cpu;
  const port = registers.readGeneral(EDX, 16);
  checkPort(m.cpu, port, size);
  const offset = registers.readGeneral(EDI, m.addressSize) >>> 0;
  m.cpu.memory.checkWrite(ES, offset, size);
  m.cpu.debug.notePort(port, size / 8);
  m.store(ES, offset, m.cpu.board.readPort(port, portBytes(size)), size);
  advance(m, EDI, size);
}

function outputString(m: SystemMachine, size: Size): void {
  const { registers } = m.cpu;
  const port = registers.readGeneral(EDX, 16);
  checkPort(m.cpu, port, size);
  const value = m.load(m.decoded.dataSegment, registers.readGeneral(ESI, m.addressSize) >>> 0, size);
  m.cpu.debug.notePort(port, size / 8);
  m.cpu.board.writePort(port, portBytes(size), unsigned(value, size));
  advance(m, ESI, size);
}

/** One iteration a time, so that an interrupt may come between two. */
function repeat(m: SystemMachine, iteration: () => void): void {
  if (m.rep === 0) return iteration();
  const { registers } = m.cpu;
  const count = registers.readGeneral(ECX, m.addressSize);
  if (count === 0) return;
  iteration();
  registers.writeGeneral(ECX, count - 1, m.addressSize);
  const left = registers.readGeneral(ECX, m.addressSize);
  if (left !== 0) m.again();
}

function advance(m: SystemMachine, index: number, size: Size): void {
  const { registers } = m.cpu;
  const step = hasFlag(registers, DF) ? -size / 8 : size / 8;
  registers.writeGeneral(index, registers.readGeneral(index, m.addressSize) + step, m.addressSize);
}

function readPort(cpu: Cpu, port: number, size: Size): number {
  checkPort(cpu, port, size);
  cpu.debug.notePort(port, size / 8);
  return cpu.board.readPort(port, portBytes(size));
}

function writePort(cpu: Cpu, port: number, value: number, size: Size): void {
  checkPort(cpu, port, size);
  cpu.debug.notePort(port, size / 8);
  cpu.board.writePort(port, portBytes(size), unsigned(value, size));
}

/** SDM Vol. 1, 19.5 "Protected-Mode I/O": CPL ≤ IOPL, or the bitmap; virtual-8086 mode has the bitmap alone. */
function checkPort(cpu: Cpu, port: number, size: Size): void {
  if (!isProtected(cpu.registers)) return;
  if (isVirtual8086(cpu.registers) || cpu.cpl > iopl(cpu.registers)) checkIoBitmap(cpu, port, size / 8);
}

function portBytes(size: Size): 1 | 2 | 4 {
  return (size >>> 3) as 1 | 2 | 4;
}

function unsigned(value: number, size: Size): number {
  return size === 32 ? value >>> 0 : value & ((1 << size) - 1);
}

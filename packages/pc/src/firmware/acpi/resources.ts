/** ACPI resource descriptors: which ports, interrupts and addresses a device uses, or a bridge passes on. */
import { littleEndian } from '../table-bytes.js';
import { type Aml, buffer } from './aml.js';

/*
 * Small descriptors:  0 type(4) length(3), then the bytes
 * Large descriptors:  1 type(7), length(16), then the bytes
 * @see ACPI 6.4, 6.4.2 "Small Resource Data Type" and 6.4.3 "Large Resource Data Type"
 */
const END_TAG = [0x79, 0x00];

/** Address space descriptor: what kind of addresses. */
const SPACE = { memory: 0, io: 1, bus: 2 } as const;
/** Minimum and maximum are fixed, decoded positively; a producer: the bridge passes the range on. */
const PRODUCER_FLAGS = 0x0c;
const READ_WRITE = 0x01;
/** Read-write and cacheable. */
const CACHEABLE = 0x03;
/** ISA: no ranges that depend on ten-bit decoding. */
const ENTIRE_RANGE = 0x03;

/** `ResourceTemplate () { … }`. */
export function resourceTemplate(...descriptors: readonly Aml[]): Aml {
  return buffer([...descriptors.flat(), ...END_TAG]);
}

/** Ports at a fixed place, all sixteen bits decoded. */
export function io(first: number, ports: number): Aml {
  return [0x47, 0x01, ...littleEndian(first, 2), ...littleEndian(first, 2), 0x01, ports];
}

/** An ISA interrupt: rising edge, exclusive. */
export function irqNoFlags(irq: number): Aml {
  return [0x22, ...littleEndian(1 << irq, 2)];
}

/** Registers in memory, at a fixed place. */
export function memory32Fixed(start: number, bytes: number): Aml {
  return [0x86, ...littleEndian(9, 2), 0x01, ...littleEndian(start, 4), ...littleEndian(bytes, 4)];
}

/** Bus numbers that a bridge passes on. */
export function busNumbers(first: number, last: number): Aml {
  return wordSpace(SPACE.bus, 0, first, last);
}

/** Ports that a bridge passes on. */
export function ioWindow(first: number, last: number): Aml {
  return wordSpace(SPACE.io, ENTIRE_RANGE, first, last);
}

/** Memory that a bridge passes on, by its first and last address. */
export function memoryWindow(first: number, last: number, { cacheable = false } = {}): Aml {
  const flags = cacheable ? CACHEABLE : READ_WRITE;
  return addressSpace(0x87, 4, SPACE.memory, flags, first, last);
}

function wordSpace(type: number, flags: number, first: number, last: number): Aml {
  return addressSpace(0x88, 2, type, flags, first, last);
}

/** Granularity, minimum, maximum, translation offset and length. */
function addressSpace(
  tag: number,
  bytes: 2 | 4,
  type: number,
  flags: number,
  first: number,
  last: number,
): Aml {
  const values = [0, first, last, 0, last - first + 1].flatMap((value) => littleEndian(value, bytes));
  return [tag, ...littleEndian(3 + values.length, 2), type, PRODUCER_FLAGS, flags, ...values];
}

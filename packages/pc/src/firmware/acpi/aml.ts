/** ACPI machine language: the few terms of its grammar that a table of devices needs, each as a function to bytes. */
import { littleEndian } from '../table-bytes.js';

/** Encoded terms. */
export type Aml = readonly number[];

/*
 * PkgLength:   00xxxxxx                        up to 63
 *              nn00llll bbbbbbbb …             nn more bytes of 8 bits above the first's four
 * It counts itself and all that follows it in its term.
 */
const ONE_BYTE_MAX = 0x3f;

/** @see ACPI 6.4, 20.2.4 "Package Length Encoding" */
function packageLength(bytes: number): number[] {
  if (bytes + 1 <= ONE_BYTE_MAX) return [bytes + 1];
  const following = [1, 2, 3].find((count) => bytes + 1 + count < 2 ** (4 + 8 * count)) ?? 3;
  const total = bytes + 1 + following;
  return [(following << 6) | (total & 0xf), ...littleEndian(total >>> 4, following)];
}

/** Opcode, length of what follows, and that. */
function sized(opcode: Aml, ...body: readonly Aml[]): Aml {
  const bytes = body.flat();
  return [...opcode, ...packageLength(bytes.length), ...bytes];
}

/** A NameSeg: up to four letters, filled with `_`; a leading `\` names the root. */
function nameString(text: string): Aml {
  const segment = text.replace(/^\\/, '').padEnd(4, '_');
  return ascii(text.startsWith('\\') ? `\\${segment}` : segment);
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** An integer in its shortest form. @see ACPI 6.4, 20.2.3 "Data Objects Encoding" */
export function integer(value: number): Aml {
  if (value === 0 || value === 1) return [value];
  if (value < 0x100) return [0x0a, value];
  return value < 0x1_0000 ? [0x0b, ...littleEndian(value, 2)] : [0x0c, ...littleEndian(value, 4)];
}

/** `Name (path, object)`. */
export function name(path: string, object: Aml): Aml {
  return [0x08, ...nameString(path), ...object];
}

/** `Scope (path) { … }`. */
export function scope(path: string, ...terms: readonly Aml[]): Aml {
  return sized([0x10], nameString(path), ...terms);
}

/** `Device (path) { … }`. */
export function device(path: string, ...terms: readonly Aml[]): Aml {
  return sized([0x5b, 0x82], nameString(path), ...terms);
}

/** `Package () { … }`, of 255 elements at most. */
export function packageOf(...elements: readonly Aml[]): Aml {
  return sized([0x12], [elements.length], ...elements);
}

/** `Buffer () { … }`. */
export function buffer(bytes: Aml): Aml {
  return sized([0x11], integer(bytes.length), bytes);
}

/** `"…"`. */
export function text(value: string): Aml {
  return [0x0d, ...ascii(value), 0];
}

/**
 * `EisaId ("PNP0A03")`: three letters of five bits, four hexadecimal digits, most significant byte first.
 *
 * @see ACPI 6.4, 19.6.36 "EISAID"
 */
export function eisaId(id: string): Aml {
  const letters = Array.from(id.slice(0, 3), (letter) => letter.charCodeAt(0) - 0x40);
  const vendor = letters.reduce((bits, letter) => (bits << 5) | letter, 0);
  const product = Number.parseInt(id.slice(3), 16);
  return [0x0c, vendor >>> 8, vendor & 0xff, product >>> 8, product & 0xff];
}

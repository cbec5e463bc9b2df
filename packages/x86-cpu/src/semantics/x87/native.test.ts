/** Instructions recorded on silicon with random operands: results, status, tags and memory to the bit. */
/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { createCpu } from '../../cpu.js';
import { CS, DS, SS } from '../../state/layout.js';
import { REAL80 } from './convert.js';
import { FloatContext } from './float-context.js';
import { zero } from './float80.js';

const RECORDS = new URL('../../../test-data/x87/native.bin.gz', import.meta.url);
const RECORD_BYTES = 84;
const VALUE_BYTES = 10;
const CODE = 0x1000;
const MEMORY = 0x8000;
const C1 = 1 << 9;
/** OF SF ZF AF PF CF. */
const ARITHMETIC_FLAGS = 0x8d5;

/** In the order of the recording: name, opcode, ModRM. From f2xm1 on they are transcendental. */
const INSTRUCTIONS =
  `fadd d8c1, fmul d8c9, fsub d8e1, fsubr d8e9, fdiv d8f1, fdivr d8f9, fsqrt d9fa, fprem d9f8,
  fprem1 d9f5, frndint d9fc, fscale d9fd, fxtract d9f4, fcom d8d1, fucom dde1, ftst d9e4, fxam d9e5, fcomi dbf1,
  fucomip dfe9, fld-m32 d907, fld-m64 dd07, fld-m80 db2f, fild-m16 df07, fild-m32 db07, fild-m64 df2f, fbld df27,
  fst-m32 d917, fstp-m64 dd1f, fstp-m80 db3f, fist-m16 df17, fist-m32 db17, fistp-m64 df3f, fbstp df37,
  fadd-m32 d807, fmul-m64 dc0f, fdivr-m32 d83f, fisub-m16 de27, fidiv-m32 da37, fcom-m64 dc17, ficom-m16 de17,
  faddp dec1, fdivp def9, fchs d9e0, fabs d9e1, fxch d9c9, fld1 d9e8, fldl2t d9e9, fldl2e d9ea, fldpi d9eb,
  fldlg2 d9ec, fldln2 d9ed, f2xm1 d9f0, fyl2x d9f1, fptan d9f2, fpatan d9f3, fyl2xp1 d9f9, fsincos d9fb, fsin d9fe,
  fcos d9ff`
    .split(',')
    .map((item) => item.trim().split(' '))
    .map(([name = '', code = '']) => ({
      name,
      code: [code.slice(0, 2), code.slice(2)].map((hex) => parseInt(hex, 16)),
    }));
const FIRST_TRANSCENDENTAL = INSTRUCTIONS.findIndex(({ name }) => name === 'f2xm1');
const TO_EFLAGS = ['fcomi', 'fucomip'];

const data = gunzipSync(readFileSync(RECORDS));
const NO_CONTEXT = new FloatContext(0, 64, 0x3f);
const cpu = flatCpu();

function flatCpu() {
  const mem = createPhysMem({ ramBytes: 1 << 20 });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  const made = createCpu({ mem, board });
  made.cr0 = 0x31;
  made.setSegment(CS, { selector: 8, attributes: 0xc09b, base: 0, limit: 0xffff_ffff });
  for (const index of [DS, SS]) {
    made.setSegment(index, { selector: 16, attributes: 0xc093, base: 0, limit: 0xffff_ffff });
  }
  INSTRUCTIONS.forEach(({ code }, i) => {
    mem.writeBytes(CODE + 16 * i, Uint8Array.from(code));
  });
  return made;
}

describe.each(INSTRUCTIONS.map(({ name }, number) => ({ name, number })))('$name', ({ name, number }) => {
  it('does what silicon did, in every recorded case', () => {
    const records = recordsOf(number);
    expect(records.length).toBeGreaterThan(100);
    const wrong = records.flatMap((record) => differences(record, name, number));
    expect(wrong).toEqual([]);
  });
});

function recordsOf(number: number): Buffer[] {
  const records = Array.from({ length: data.length / RECORD_BYTES }, (_, i) =>
    data.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  );
  return records.filter((record) => record[0] === number);
}

function differences(record: Buffer, name: string, number: number): string[] {
  prepare(record);
  cpu.eip = CODE + 16 * number;
  cpu.run(1);
  const isTranscendental = number >= FIRST_TRANSCENDENTAL;
  const ignored = isTranscendental || TO_EFLAGS.includes(name) ? C1 : 0;
  const list: string[] = [];
  const compare = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected) list.push(`${record.toString('hex')}: ${what} ${found}, not ${expected}`);
  };
  compare('status', cpu.fpu.status & ~ignored, record.readUInt16LE(36) & ~ignored);
  compare('tags', cpu.fpu.actualTags(), record.readUInt16LE(38));
  for (const index of [0, 1, 2]) {
    const found = REAL80.store(NO_CONTEXT, cpu.fpu.read(index));
    const expected = bits(record, 40 + VALUE_BYTES * index);
    const distance = ordinal(found) - ordinal(expected);
    const isNear = isTranscendental && distance * distance <= 1n;
    if (!isNear) compare(`ST(${index})`, found.toString(16), expected.toString(16));
  }
  compare('memory', bits(Buffer.from(cpu.mem.readBytes(MEMORY, VALUE_BYTES)), 0), bits(record, 70));
  if (TO_EFLAGS.includes(name)) {
    compare('eflags', cpu.eflags & ARITHMETIC_FLAGS, record.readUInt32LE(80) & ARITHMETIC_FLAGS);
  }
  return list;
}

function prepare(record: Buffer): void {
  const { fpu, mem } = cpu;
  const top = (record.readUInt16LE(4) >> 11) & 7;
  const occupancy = record.readUInt8(1);
  const tag = (index: number) => 3 << (2 * ((top + index) & 7));
  fpu.initialize();
  fpu.control = record.readUInt16LE(2);
  fpu.status = record.readUInt16LE(4);
  fpu.write(0, REAL80.load(NO_CONTEXT, bits(record, 6)));
  fpu.write(1, REAL80.load(NO_CONTEXT, bits(record, 16)));
  for (let index = 2; index < 8; index++) fpu.write(index, zero(false));
  const tags = occupancy & 1 ? 0 : 0xffff & ~tag(0) & ~tag(1);
  fpu.tags = tags | (occupancy & 2 ? tag(0) : 0) | (occupancy & 4 ? tag(1) : 0);
  mem.writeBytes(MEMORY, Uint8Array.from(record.subarray(26, 36)));
  cpu.edi = MEMORY;
  cpu.eflags = 2;
}

function bits(bytes: Buffer, offset: number): bigint {
  return bytes.readBigUInt64LE(offset) | (BigInt(bytes.readUInt16LE(offset + 8)) << 64n);
}

/** Neighbouring values have neighbouring ordinals. */
function ordinal(value: bigint): bigint {
  const magnitude = (((value >> 64n) & 0x7fffn) << 63n) + (value & ((1n << 63n) - 1n));
  return value >> 79n ? -magnitude : magnitude;
}

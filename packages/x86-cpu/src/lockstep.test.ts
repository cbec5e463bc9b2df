/** The fast interpreter against the reference: the same bytes, the same registers, the same end. */
import { describe, expect, it } from 'vitest';
import { CS, DS, ES, FS, GS, LDTR, SS, TR } from './state/layout.js';
import { CODE, GDT, type Guest, protectedGuest, realGuest, STACK_TOP } from './testing/guest.js';
import { type Random, random } from './testing/random.js';

const PROGRAM_BYTES = 96;
const INSTRUCTIONS = 40;
const PROGRAMS = 150;
const RAM_BYTES = 0x12_0000;
const DATA = 0x1_1000;

function randomBytes(next: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => next() >>> 11);
}

function randomise(guest: Guest, next: Random): void {
  const { cpu, mem } = guest;
  mem.writeBytes(DATA, randomBytes(next, 0x800));
  const word = () => (next() & 1 ? next() : DATA + (next() & 0x7ff));
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx] = [word(), next() & 7, word(), word()];
  [cpu.ebp, cpu.esi, cpu.edi] = [word(), DATA + (next() & 0x7ff), DATA + (next() & 0x7ff)];
  cpu.eflags = (next() & 0xcd5) | 2;
}

/** Everything that a program can tell apart. */
function architecture({ cpu }: Guest) {
  const segments = [ES, CS, SS, DS, FS, GS, LDTR, TR].map((index) => cpu.getSegment(index));
  const general = [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx, cpu.esp, cpu.ebp, cpu.esi, cpu.edi];
  const { eip, eflags, cr0, cr2, cr3, cr4, gdtr, idtr, cpl, icount, isHalted } = cpu;
  return { general, eip, eflags, cr0, cr2, cr3, cr4, gdtr, idtr, cpl, icount, isHalted, segments };
}

type Interpreter = 'fast' | 'reference';

/** Runs one seed on both in uneven slices, and compares registers and all of RAM that a program can reach. */
function compare(seed: number, make: (interpreter: Interpreter) => Guest): void {
  const guests = (['reference', 'fast'] as const).map((interpreter) => {
    const guest = make(interpreter);
    const stops: unknown[] = [];
    for (let left = INSTRUCTIONS; left > 0; left -= 7) stops.push(guest.cpu.run(Math.min(left, 7)).kind);
    return { guest, state: { seed, stops, ...architecture(guest) } };
  });
  const [reference, fast] = guests;
  expect(fast?.state).toEqual(reference?.state);
  expect({ seed, differing: firstDifference(words(reference?.guest), words(fast?.guest)) }).toEqual({
    seed,
    differing: -1,
  });
}

function words(guest: Guest | undefined): Int32Array {
  if (guest === undefined) return new Int32Array(0);
  return new Int32Array(guest.mem.memory.buffer, guest.mem.ramBase, guest.mem.ramBytes / 4);
}

/** Index of the first word that differs, or -1. */
function firstDifference(some: Int32Array, others: Int32Array): number {
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return at;
  return -1;
}

describe('random bytes do the same in both interpreters', () => {
  it('in flat 32-bit protected mode', () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      compare(seed, (interpreter) => {
        const next = random(seed);
        const guest = protectedGuest('nop', { interpreter, ramBytes: RAM_BYTES });
        guest.mem.writeBytes(CODE, randomBytes(next, PROGRAM_BYTES));
        randomise(guest, next);
        return guest;
      });
    }
  });

  it('in real-address mode', () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      compare(seed, (interpreter) => {
        const next = random(seed + 1e6);
        const guest = realGuest('nop', { interpreter, ramBytes: RAM_BYTES });
        guest.mem.writeBytes(0x600, randomBytes(next, PROGRAM_BYTES));
        randomise(guest, next);
        guest.cpu.esp = 0x8000 + (next() & 0xffff_0000);
        return guest;
      });
    }
  });

  it('in ring 3 on pages, some of them absent or read-only', () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      compare(seed, (interpreter) => {
        const next = random(seed + 2e6);
        const guest = protectedGuest('nop', { interpreter, ramBytes: RAM_BYTES });
        const { cpu, mem } = guest;
        mem.writeBytes(CODE, randomBytes(next, PROGRAM_BYTES));
        mem.write32(0x10_0000, 0x10_1000 | 7);
        for (let page = 0; page < 0x400; page++) {
          const rights = page < 0x10 ? 3 : page === 0x10 ? 7 : ([7, 7, 7, 5, 3, 0][next() % 6] ?? 0);
          mem.write32(0x10_1000 + page * 4, (page << 12) | rights);
        }
        randomise(guest, next);
        cpu.cr3 = 0x10_0000;
        cpu.cr0 = 0x8001_0011;
        const user = { base: 0, limit: 0xffff_ffff };
        for (const index of [ES, SS, DS])
          cpu.setSegment(index, { ...user, selector: 0x23, attributes: 0xc0f3 });
        cpu.setSegment(FS, { selector: 0, attributes: 0, base: 0, limit: 0 });
        cpu.setSegment(GS, { ...user, selector: 0x23, attributes: 0x40f3, limit: 0x1_17ff });
        cpu.setSegment(CS, { ...user, selector: 0x1b, attributes: 0xc0fb });
        cpu.esp = DATA + 0x400;
        return guest;
      });
    }
  });

  it('with a 16-bit stack, expand-down data and a short code segment', () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      compare(seed, (interpreter) => {
        const next = random(seed + 3e6);
        const guest = protectedGuest('nop', { interpreter, ramBytes: RAM_BYTES });
        guest.mem.writeBytes(CODE, randomBytes(next, PROGRAM_BYTES));
        randomise(guest, next);
        const { cpu } = guest;
        cpu.setSegment(CS, { selector: 8, attributes: 0x409b, base: CODE, limit: 0x5f });
        cpu.setSegment(SS, { selector: 0x10, attributes: 0x0093, base: 0, limit: 0xffff });
        cpu.setSegment(DS, { selector: 0x10, attributes: 0x4097, base: 0, limit: DATA + 0x3ff });
        cpu.eip = 0;
        cpu.esp = STACK_TOP + (next() & 0xffff_0000);
        expect(guest.mem.read32(GDT)).toBe(0);
        return guest;
      });
    }
  });
});

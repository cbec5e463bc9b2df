/** Random bytes from random states in every mode: what a hostile guest may do to the CPU, in a bounded run. */
import type { CpuModelName } from '../model.js';
import type { StopReason } from '../run-state.js';
import { CR0_AM, CR0_PE, CR0_PG, CR0_WP } from '../state/control.js';
import { AC, IF, IOPL, NT, RF, TF, VIF, VIP, VM } from '../state/eflags.js';
import { CS, DR0, DS, ES, FS, GS, SS } from '../state/layout.js';
import { CODE, type Guest, protectedGuest, STACK_TOP, USER_CS, USER_DS } from './guest.js';

const RAM_BYTES = 0x12_0000;
const PAGE_DIRECTORY = 0x10_0000;
const PAGE_TABLE = 0x10_1000;
const TABLES = { first: 0x1000, bytes: 0x3000 };
const PROGRAM_BYTES = 0x400;
const LOW_CODE = 0x5000;
const DATA_ATTRIBUTES = { 16: 0x0093, 32: 0xc093 } as const;

/** Modes that a state may start in. */
export const ADVERSARY_MODES = ['real', 'protected-16', 'protected-32', 'ring-3', 'virtual-8086'] as const;
export type AdversaryMode = (typeof ADVERSARY_MODES)[number];

const MODELS: readonly CpuModelName[] = ['max', 'max', '386', '486', 'pentium', 'pentium-pro', 'pentium-4'];

/** What a run of random states came to. */
export interface AdversaryReport {
  readonly instructions: number;
  readonly states: number;
  /** How often run() ended in each way. */
  readonly stops: ReadonlyMap<StopReason['kind'], number>;
}

/** A small deterministic generator (xorshift), so that a failing seed can be named. */
export function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e37_79b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Executes at least `instructions`, `each` from one state; whatever escapes from the CPU passes through. */
export function runAdversary(instructions: number, each: number, seed: number): AdversaryReport {
  const stops = new Map<StopReason['kind'], number>();
  const guests = new Map<CpuModelName, Guest>();
  const next = random(seed);
  let executed = 0;
  let states = 0;
  for (; executed < instructions; states++) {
    const model = pick(next, MODELS);
    const guest = guests.get(model) ?? adversary(model, next);
    guests.set(model, guest);
    prepare(guest, pick(next, ADVERSARY_MODES), next);
    const before = guest.cpu.icount;
    const stop = runState(guest, each, next);
    stops.set(stop, (stops.get(stop) ?? 0) + 1);
    // A state that goes nowhere counts too, or the run would not end.
    executed += Math.max(guest.cpu.icount - before, 1);
  }
  return { instructions: executed, states, stops };
}

/** Interrupts, snapshots and slices come in between, as on a board. */
function runState({ cpu }: Guest, budget: number, next: () => number): StopReason['kind'] {
  for (let left = budget; left > 0; ) {
    const slice = Math.min(left, 1 + (next() % 64));
    if (next() % 8 === 0) cpu.setInterruptLine((next() & 1) !== 0);
    if (next() % 32 === 0) cpu.raiseNmi();
    if (next() % 64 === 0) cpu.loadState(cpu.saveState());
    const stop = cpu.run(slice);
    if (stop.kind === 'triple-fault' || (stop.kind === 'halt' && next() % 4 === 0)) return stop.kind;
    left -= slice;
  }
  return 'budget';
}

function adversary(model: CpuModelName, next: () => number): Guest {
  const board = {
    readPort: () => next(),
    writePort: () => {},
    acknowledgeInterrupt: () => next() & 0xff,
  };
  return protectedGuest('nop', { model, ramBytes: RAM_BYTES, board });
}

/** RESET#, then tables, code and registers anew, some of them spoiled. */
function prepare(guest: Guest, mode: AdversaryMode, next: () => number): void {
  const { cpu, mem } = guest;
  cpu.reset();
  cpu.setInterruptLine(false);
  cpu.setA20(next() % 8 !== 0);
  guest.writeTables();
  for (let flaws = next() % 6; flaws > 0; flaws--) {
    mem.write8(TABLES.first + (next() % TABLES.bytes), next() & 0xff);
  }
  const at = mode === 'real' || mode === 'virtual-8086' ? LOW_CODE : CODE;
  mem.writeBytes(
    at,
    Uint8Array.from({ length: PROGRAM_BYTES }, () => next() >>> 11),
  );
  writePages(guest, next);
  enter(guest, mode, next);
  const word = () => (next() & 1 ? next() : next() % RAM_BYTES);
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx] = [word(), next() & 0xff, word(), word()];
  [cpu.ebp, cpu.esi, cpu.edi] = [word(), word(), word()];
  cpu.esp = next() % 4 === 0 ? word() : STACK_TOP;
  if (next() % 4 === 0) for (let index = 0; index < 4; index++) cpu.registers.set(DR0 + index * 4, word());
  if (next() % 4 === 0) cpu.registers.set(DR0 + 7 * 4, next() | 0x400);
  if (next() % 4 === 0) cpu.cr4 = next() & cpu.model.cr4Mask & ~0x20;
}

function enter(guest: Guest, mode: AdversaryMode, next: () => number): void {
  const { cpu } = guest;
  const flags = (next() & (0xcd5 | IF | TF | NT | RF | AC | IOPL | VIF | VIP) & cpu.model.eflagsMask) | 2;
  const limit = next() % 4 === 0 ? next() % RAM_BYTES : 0xffff_ffff;
  if (mode === 'real') {
    cpu.setSegment(CS, { ...cpu.getSegment(CS), selector: 0, base: 0 });
    cpu.idtr = { base: 0, limit: 0x3ff };
    cpu.eip = LOW_CODE;
    cpu.eflags = flags;
    return;
  }
  cpu.cr3 = PAGE_DIRECTORY;
  cpu.cr0 = CR0_PE | (next() & (CR0_AM | CR0_WP)) | (next() & 1 ? CR0_PG : 0);
  cpu.eflags = mode === 'virtual-8086' ? flags | VM : flags;
  const isUser = mode === 'ring-3';
  const size = mode === 'protected-16' ? 16 : 32;
  const dpl = isUser ? 0x60 : 0;
  for (const index of [ES, SS, DS, FS, GS]) {
    const isVirtual = mode === 'virtual-8086';
    const attributes = isVirtual ? 0xf3 : DATA_ATTRIBUTES[size] | dpl;
    const selector = isVirtual ? 0 : isUser ? USER_DS : 0x10;
    cpu.setSegment(index, { selector, base: 0, limit: isVirtual ? 0xffff : limit, attributes });
  }
  const code =
    mode === 'virtual-8086' ? { selector: 0, attributes: 0xf3, limit: 0xffff } : codeSegment(size, isUser);
  cpu.setSegment(CS, { base: 0, ...code });
  cpu.eip = mode === 'virtual-8086' ? LOW_CODE : CODE;
}

function codeSegment(size: 16 | 32, isUser: boolean) {
  const attributes = (size === 32 ? 0xc09b : 0x809b) | (isUser ? 0x60 : 0);
  return { selector: isUser ? USER_CS : 8, attributes, limit: 0xffff_ffff };
}

/** Identity for the first 4 MB, most pages usable, some not. */
function writePages({ mem }: Guest, next: () => number): void {
  mem.write32(PAGE_DIRECTORY, PAGE_TABLE | 7);
  for (let flaws = next() % 4; flaws > 0; flaws--) mem.write32(PAGE_DIRECTORY + 4 * (next() & 0x3ff), next());
  for (let page = 0; page < RAM_BYTES >>> 12; page++) {
    const rights = page < 0x10 ? 7 : ([7, 7, 7, 7, 5, 3, 0][next() % 7] ?? 0);
    mem.write32(PAGE_TABLE + page * 4, (page << 12) | rights);
  }
}

function pick<T>(next: () => number, choices: readonly [T, ...T[]] | readonly T[]): T {
  const choice = choices[next() % choices.length];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
}

/** Oracle 4: the translator beside the interpreter on random loops, with faults, page crossings and changing code. */
import type { Insn } from '../isa/insn.js';
import { type Divergence, type LockstepSide, lockstep } from '../jit/lockstep.js';
import type { RegionReport, TierPolicy, TranslatorChoice } from '../jit/policy.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import { CODE, Guest, HANDLERS, STACK_TOP, USER_CS, USER_DS } from './guest.js';
import { LoopPrograms, type Pointers, TRANSLATED_ROWS } from './loop-program.js';
import { pick, type Random, random } from './random.js';

/*
 * Beside what testing/guest.ts lays out:
 *
 *   5000 what faults lead to   10000 the loop, or at a page's end   20000 its data   60000, 61000 page directory and table
 */
const RAM_BYTES = 0x8_0000;
const FAULTS = 0x5000;
const FAULTS_END = 0x6000;
const DATA = 0x2_0000;
const DATA_BYTES = 0x2000;
/** EBP: the loop's count is there. */
const FRAME = DATA + 0x1800;
const PAGE_DIRECTORY = 0x6_0000;
const PAGE_TABLE = 0x6_1000;
const LAST_PFN = RAM_BYTES >>> 12;
const PAGING = 0x8001_0011;
const FLAT = { base: 0, limit: 0xffff_ffff };
/** Slices of a program, each at most so many instructions a round of its loop. */
const SLICES = 8;
const INSTRUCTIONS_A_ROUND = 6;
/** Each row comes several times before its turn is over: programs have more. */
const ROWS_A_PROGRAM = 5;
const FEWEST_ROUNDS = 20;
const INTERRUPT = 0x40;
const EXCEPTIONS = 32;
const IRETD = 0xcf;
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
const CORNERS = [0, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0x8000, 0x80];
const RIGHTS = [7, 7, 7, 7, 7, 5, 3, 0];

/** Everything that is entered twice is translated at once, and soon dropped for want of room. */
const EAGER: Partial<TierPolicy> = { arrivals: 2, batch: 1, patience: 0, regions: 50 };

/** A page fault makes the page present, writable and the user's, one bit a time; other faults go on some bytes later. */
const FAULTS_TEXT = `
page_fault:
        push eax
        mov eax, cr2
        shr eax, 12
        cmp eax, ${LAST_PFN}
        jae pop_and_skip
        lea eax, [${PAGE_TABLE} + eax*4]
        bts dword [ss:eax], 0
        jnc retry
        bts dword [ss:eax], 1
        jnc retry
        bts dword [ss:eax], 2
        jnc retry
pop_and_skip:
        pop eax
skip:   add esp, 4
        add dword [ss:esp], 3
        iretd
retry:  mov eax, cr2
        invlpg [eax]
        pop eax
        add esp, 4
        iretd`;

/** How long a run is; a seed gives the same programs each time. */
export interface TranslatorLockstepOptions {
  /** At least so many are executed with the translator. */
  readonly instructions: number;
  readonly seed: number;
  /** How often a loop is gone round, at most. */
  readonly rounds: number;
}

/** What a run without a difference came to. */
export interface TranslatorLockstepReport {
  readonly instructions: number;
  readonly programs: number;
  readonly regions: number;
  /** Rows that the translator takes in, and those of them that no region has had in any run yet. */
  readonly rows: number;
  readonly missing: readonly string[];
}

/** A program, by what it is made from. */
interface Choice {
  readonly seed: number;
  /** The row to begin with. */
  readonly turn: number;
  readonly rounds: number;
}

/** Keeps its machines: what was translated of one program must not be executed in the next. */
export class TranslatorLockstep {
  readonly #seen = new Set<Insn>();
  #regions = 0;
  #turn = 0;
  readonly #translated = machine({ ...EAGER, onRegion: (region) => this.#note(region) });
  readonly #interpreted = machine(false);

  /** Throws Error with the program's seed and both states where they differ. */
  run({ instructions, seed, rounds }: TranslatorLockstepOptions): TranslatorLockstepReport {
    const { cpu } = this.#translated;
    const next = random(seed);
    const regions = this.#regions;
    let programs = 0;
    let executed = 0;
    for (; executed < instructions; programs++) {
      const before = cpu.icount;
      this.#runProgram({ seed: next(), turn: this.#turn, rounds });
      this.#turn += ROWS_A_PROGRAM;
      executed += cpu.icount - before;
    }
    const missing = TRANSLATED_ROWS.filter(({ row }) => !this.#seen.has(row)).map(({ row }) => row.text);
    return {
      instructions: executed,
      programs,
      regions: this.#regions - regions,
      rows: TRANSLATED_ROWS.length,
      missing,
    };
  }

  #note({ rows }: RegionReport): void {
    this.#regions++;
    for (const row of rows) this.#seen.add(row);
  }

  #runProgram(choice: Choice): void {
    const { seed, turn, rounds } = choice;
    const sides = [this.#translated, this.#interpreted] as const;
    for (const guest of sides) prepare(guest, random(seed), choice);
    const stride = 1 + (random(~seed)() % (rounds * INSTRUCTIONS_A_ROUND));
    const [first, second] = sides.map((guest) => sideOf(guest, random(seed + 1)));
    if (!first || !second) return;
    const found = lockstep(first, second, { instructions: SLICES * stride, stride, ramStrides: SLICES / 2 });
    if (found) throw new Error(`program ${seed} from row ${turn} on: ${divergenceText(found)}`);
  }
}

function divergenceText({ agreedAt, laddr, listing, first, second }: Divergence): string {
  const differing = first.map((text, i) => (text === second[i] ? '' : `  ${text} ≠ ${second[i]}\n`)).join('');
  return `after ${agreedAt} instructions, from ${laddr.toString(16)} on:\n${differing}${listing.join('\n')}`;
}

/** Interrupts are requested between slices, at the same places on both sides. */
function sideOf({ cpu }: Guest, next: Random): LockstepSide {
  const run = (instructions: number): string => {
    if (next() % 4 === 0) cpu.setInterruptLine(true);
    return cpu.run(instructions).kind;
  };
  return { cpu, run };
}

function machine(translator: TranslatorChoice): Guest {
  const guest: Guest = new Guest({
    translator,
    ramBytes: RAM_BYTES,
    board: {
      acknowledgeInterrupt: () => {
        guest.cpu.setInterruptLine(false);
        return INTERRUPT;
      },
    },
  });
  return guest;
}

/** A program, its data and its registers: at ring 0 or 3, with paging or without. */
function prepare(guest: Guest, next: Random, { turn, rounds }: Choice): void {
  const { cpu, mem } = guest;
  cpu.reset();
  cpu.setInterruptLine(false);
  mem.fill(0, RAM_BYTES, 0);
  mem.writeBytes(0, TABLES);
  guest.setTableRegisters();
  writePages(guest, next);
  const pointers = randomPointers(next);
  const code = new LoopPrograms(next, turn).make(next() % 4 === 0 ? undefined : pointers);
  // One in four is cut by a page's end.
  const at = next() % 4 === 0 ? CODE + 0x1000 - (next() % code.length) : CODE;
  mem.writeBytes(at, Uint8Array.from(code));
  mem.writeBytes(
    DATA,
    Uint8Array.from({ length: DATA_BYTES }, () => next() >>> 9),
  );
  mem.write32(FRAME, FEWEST_ROUNDS + (next() % (rounds - FEWEST_ROUNDS)));
  enter(guest, next, pointers);
  cpu.eip = at;
}

/** One in eight stands at the end of a page, one in sixteen in the program. */
function randomPointers(next: Random): Pointers {
  const pointer = (usual: number) =>
    next() % 8 === 0 ? DATA + 0xfe0 + (next() & 63) : next() % 16 === 0 ? CODE + (next() & 127) : usual;
  return { esp: pointer(DATA + 0x1f00), ebp: FRAME, esi: pointer(DATA + 0x800), edi: pointer(DATA + 0x1400) };
}

function enter({ cpu }: Guest, next: Random, { esp, ebp, esi, edi }: Pointers): void {
  const isUser = next() % 2 === 0;
  const [code, data] = isUser ? [USER_CS, USER_DS] : [0x08, 0x10];
  const level = isUser ? 0x60 : 0;
  cpu.cr3 = PAGE_DIRECTORY;
  cpu.cr0 = next() % 4 === 0 ? 0x11 : PAGING;
  cpu.setSegment(CS, { selector: code, attributes: 0xc09b | level, ...FLAT });
  for (const index of [ES, SS, DS, GS]) {
    cpu.setSegment(index, { selector: data, attributes: 0xc093 | level, ...FLAT });
  }
  cpu.setSegment(FS, { selector: data, attributes: 0x4093 | level, base: 0x100, limit: 0x2_ffff });
  const value = () => (next() % 3 === 0 ? pick(next, CORNERS) : next());
  [cpu.eax, cpu.ecx, cpu.edx, cpu.ebx] = [value(), value(), value(), value()];
  [cpu.esp, cpu.ebp, cpu.esi, cpu.edi] = [esp, ebp, esi, edi];
  cpu.eflags = 2 | (next() & 0xad5) | (isUser ? 0 : next() & 0x400);
}

/** Descriptor tables and handlers, as bytes: below FAULTS_END they are the same for all programs. */
function tables(): Uint8Array {
  const guest = new Guest({ ramBytes: RAM_BYTES, translator: false });
  guest.writeTables();
  guest.load(FAULTS_TEXT, FAULTS, 32);
  const jump = (from: number, to: string) => {
    guest.mem.write8(from, 0xe9);
    guest.mem.write32(from + 1, (guest.label(to) - from - 5) >>> 0);
  };
  for (let vector = 0; vector < 256; vector++) {
    const handler = HANDLERS + vector * 8;
    if (vector >= EXCEPTIONS || vector === 1) guest.mem.write8(handler, IRETD);
    else if (vector === 14) jump(handler, 'page_fault');
    else {
      // PUSH 0 stands for the error code; two NOPs where there is one.
      guest.mem.write16(handler, WITH_ERROR_CODE.has(vector) ? 0x9090 : 0x006a);
      jump(handler + 2, 'skip');
    }
  }
  return guest.mem.readBytes(0, FAULTS_END);
}

const TABLES = tables();

/** Identity; the pages of the program and of its data with rights at random. */
function writePages({ mem }: Guest, next: Random): void {
  mem.write32(PAGE_DIRECTORY, PAGE_TABLE | 7);
  for (let pfn = 0; pfn < LAST_PFN; pfn++) {
    const isRandom = pfn > STACK_TOP >>> 12 && pfn < PAGE_DIRECTORY >>> 12;
    mem.write32(PAGE_TABLE + pfn * 4, (pfn << 12) | (isRandom ? pick(next, RIGHTS) : 7));
  }
}

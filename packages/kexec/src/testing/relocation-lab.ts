/** The relocation stub on a CPU, over images whose pages come in an order of the test's choice. */
import { createPhysMem, GFP_HIGHUSER, PAGE_SIZE, type PhysMem } from '@kexec/phys-mem';
import { type Cpu, CS, createCpu, DS, ES, SS } from '@kexec/x86-cpu';
import { I386_PAGES } from '../arch/i386/limits.js';
import { assembleRelocateKernel } from '../arch/i386/relocate-kernel.js';
import { createKimage, type Kimage, type KimageHost } from '../kimage.js';
import { kimageFree } from '../kimage-alloc.js';
import { kimageLoadSegment, kimageTerminate } from '../kimage-load.js';
import type { KexecSegment } from '../uapi.js';

const RAM_BYTES = 1 << 20;
/** Nobody's page: the stub stands there. */
const CONTROL_PAGE = 0x9_0000;
/** The caller's stack, in the page after it. */
const STACK = 0x9_1100;
/** Where the new kernel would begin: a HLT that nothing overwrites. */
const START = 0x9_2000;
const HLT = 0xf4;
const FLAT_LIMIT = 0xffff_ffff;
/** Instructions and iterations that the longest list here needs, many times over. */
const BUDGET = 10_000_000;

/** A queue of pages in place of the page allocator: what is freed is given next. */
export class PageQueue {
  readonly free: number[];

  constructor(pfns: readonly number[]) {
    this.free = [...pfns];
  }

  getFreePages(gfp: number, order: number): number | undefined {
    if (gfp !== GFP_HIGHUSER || order !== 0) throw new Error('an image asks for single pages of any RAM');
    return this.free.shift();
  }

  freePages(pfn: number): void {
    if (this.free.includes(pfn)) throw new Error(`page frame ${pfn} is freed twice`);
    this.free.unshift(pfn);
  }
}

const pages = new Map<number, Uint32Array>();

/** A page of user data that says where it is meant to go. */
function wordsFor(destination: number): Uint32Array {
  const made = pages.get(destination);
  if (made) return made;
  const words = new Uint32Array(PAGE_SIZE / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(destination + i + 1, 0x9e37_79b1);
  pages.set(destination, words);
  return words;
}

/** What became of a load: the image, or the error after which every page is back. */
export interface Loaded {
  readonly error: number;
  readonly image: Kimage;
}

/** One memory and one CPU for many images. */
export class RelocationLab {
  readonly mem: PhysMem = createPhysMem({ ramBytes: RAM_BYTES });
  readonly #cpu: Cpu;
  readonly #stub = assembleRelocateKernel();

  constructor() {
    const board = { readPort: () => 0xff, writePort: () => {}, acknowledgeInterrupt: () => 0 };
    this.#cpu = createCpu({ mem: this.mem, board });
  }

  /** Loads segments of whole pages of data that name their destination. */
  load(pages: PageQueue, segments: readonly KexecSegment[]): Loaded {
    const host = this.#host(pages);
    const image = createKimage(START, segments);
    for (const segment of segments) {
      const error = kimageLoadSegment(host, image, segment, (to, vaddr) => {
        host.mem.writeBytes(to, new Uint8Array(wordsFor(vaddr).buffer));
        return true;
      });
      if (error === 0) continue;
      kimageFree(host, image);
      return { error, image };
    }
    kimageTerminate(host, image);
    return { error: 0, image };
  }

  /** Frees an image's pages. */
  unload(pages: PageQueue, image: Kimage): void {
    kimageFree(this.#host(pages), image);
  }

  #host(pages: PageQueue): KimageHost {
    return { arch: I386_PAGES, mem: this.mem, crashkRes: { start: 0, end: 0 }, pages };
  }

  /** Lets the CPU execute the stub; throws when it does not arrive at the entry point. */
  relocate(image: Kimage): void {
    const { mem } = this;
    const cpu = this.#cpu;
    mem.writeBytes(CONTROL_PAGE, this.#stub);
    mem.write8(START, HLT);
    const arguments_ = [0, image.head, CONTROL_PAGE, START, 1];
    for (const [i, word] of arguments_.entries()) mem.write32(STACK + 4 * i, word);
    cpu.reset();
    cpu.setA20(true);
    cpu.cr0 = 0x11;
    cpu.setSegment(CS, { selector: 0x60, attributes: 0xc09b, base: 0, limit: FLAT_LIMIT });
    for (const index of [DS, ES, SS])
      cpu.setSegment(index, { selector: 0x68, attributes: 0xc093, base: 0, limit: FLAT_LIMIT });
    cpu.esp = STACK;
    cpu.eip = CONTROL_PAGE;
    const stop = cpu.run(BUDGET);
    if (stop.kind !== 'halt' || cpu.eip !== START + 1) {
      throw new Error(`the stub ended in ${stop.kind} at ${cpu.eip.toString(16)}`);
    }
    const stub = mem.ram.subarray(CONTROL_PAGE, CONTROL_PAGE + this.#stub.length);
    if (stub.some((byte, i) => byte !== this.#stub[i])) throw new Error('the control page was overwritten');
  }

  /** The first destination that does not hold its own data; undefined when all do. */
  firstWrong(segments: readonly KexecSegment[]): number | undefined {
    const { ram } = this.mem;
    for (const { mem, memsz } of segments) {
      for (let page = mem; page < mem + memsz; page += PAGE_SIZE) {
        const found = new Uint32Array(ram.buffer, ram.byteOffset + page, PAGE_SIZE / 4);
        const expected = wordsFor(page);
        for (let i = 0; i < expected.length; i++) if (found[i] !== expected[i]) return page;
      }
    }
    return undefined;
  }
}

/** Segments for destination pages in ascending order: neighbours together. Each reads its data from its own address. */
export function segmentsOf(pages: readonly number[]): KexecSegment[] {
  const segments: { buf: number; bufsz: number; mem: number; memsz: number }[] = [];
  for (const page of pages) {
    const last = segments.at(-1);
    if (last && last.mem + last.memsz === page) {
      last.memsz += PAGE_SIZE;
      last.bufsz += PAGE_SIZE;
    } else {
      segments.push({ buf: page, bufsz: PAGE_SIZE, mem: page, memsz: PAGE_SIZE });
    }
  }
  return segments;
}

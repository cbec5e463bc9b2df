/** A lab that writes down what a caller sees: each call with its result, in words for people. */
import { errnoName } from '@kexec/kernel-core';
import { type KexecEngine, type KexecSegment, loadedHead, pageCopies } from '@kexec/kexec';
import type { MachineStop } from '@kexec/machine';
import { GFP_KERNEL } from '@kexec/phys-mem';
import { dataBytes, ENTRY, type Lab, lab, relocate } from '../historic-lab.js';

export const PAGE = 0x1000;

/** One engine, one process, and the lines so far. */
export class Transcript {
  readonly lab: Lab;
  readonly engine: KexecEngine;
  readonly lines: string[] = [];

  constructor(engine: KexecEngine, memory?: string, cpu?: string) {
    this.engine = engine;
    this.lab = lab(engine, memory, cpu);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  say(line: string): void {
    this.lines.push(line);
  }

  /** kexec_load(2), written down. */
  load(segments: readonly KexecSegment[], nrSegments = segments.length): void {
    const list = segments.length > 3 ? '…' : segments.map(segmentText).join(', ');
    const outcome = this.lab.load(segments, nrSegments);
    this.say(`kexec_load(nr_segments = ${countText(nrSegments)}, {${list}})`);
    this.say(outcome.returned ? `  = ${resultText(outcome.value)}` : `  does not return: ${outcome.why}`);
    if (!outcome.returned) this.lastWords();
  }

  /** A load and an unload, so that the heap has its pages. Nothing is written down. */
  warm(): this {
    this.lab.result([this.segment(0x30_0000)]);
    this.lab.result([]);
    return this;
  }

  /** One page at the entry point, without a line. */
  loadOnePage(): void {
    this.lab.result([this.segment(ENTRY)]);
  }

  /** A segment of the process's data; whole pages unless said otherwise. */
  segment(mem: number, memsz = PAGE, bufsz = memsz, buf = this.lab.data): KexecSegment {
    return { buf, bufsz, mem, memsz };
  }

  /** reboot(LINUX_REBOOT_CMD_KEXEC), written down; then the CPU runs to the entry point or to its end. */
  jump(arg = 0): void {
    this.say(`reboot(LINUX_REBOOT_CMD_KEXEC, ${arg})`);
    const outcome = this.lab.reboot(arg);
    if (outcome.returned) return this.say(`  = ${resultText(outcome.value)}`);
    if (outcome.why === 'panic') return this.lastWords();
    this.runToEntry();
  }

  /** Runs until the first instruction of the new kernel, or as far as it goes. */
  runToEntry(): void {
    const { machine } = this.lab;
    machine.pc.cpu.addHook(ENTRY);
    const stop = machine.run({ instructions: 1_000_000 });
    if (stop.kind === 'hook') return this.say(`  the CPU is at the new kernel's entry, ${hex(ENTRY)}`);
    this.#sayEnd(stop);
  }

  /** Runs on, as far as it goes. */
  runToEnd(): void {
    this.#sayEnd(this.lab.machine.run({ instructions: 1_000_000 }));
  }

  #sayEnd(stop: MachineStop): void {
    this.say(`  the CPU ends: ${stop.kind}`);
    if (stop.kind !== 'triple-fault') return;
    const { eip, disassembly, vectors } = stop.report;
    this.say(`  at ${hex(eip)}  ${disassembly ?? ''}`);
    this.say(`  exceptions: ${vectors.join(' → ')} → shutdown`);
  }

  /** What the modelled kernel said when it went down. */
  lastWords(): void {
    const text = this.lab.machine.kernel.logBuffer.text();
    const line = text.split('\n').find((one) => one.includes('BUG'));
    this.say(`  ${line ?? text.trim().split('\n').at(-1) ?? ''}`);
  }

  /** Copies as the relocation code does, and counts the pages that are not what the process had. */
  sayWrongPages(segments: readonly KexecSegment[]): void {
    relocate(this.lab);
    const pages = segments.flatMap(({ buf, mem, memsz }) =>
      Array.from({ length: memsz / PAGE }, (_, i) => ({
        mem: mem + i * PAGE,
        offset: buf - this.lab.data + i * PAGE,
      })),
    );
    const wrong = pages.filter(({ mem, offset }) => {
      const found = this.lab.machine.pc.mem.readBytes(mem, PAGE);
      return dataBytes(offset, PAGE).some((byte, i) => byte !== found[i]);
    });
    this.say(`after the copies: ${wrong.length} of ${pages.length} pages are wrong`);
  }

  /** The copies that the relocation code will make, in its order. */
  sayCopies(): void {
    const { pc, kexec } = this.lab.machine;
    for (const { source, destination } of pageCopies(pc.mem, loadedHead(kexec) ?? 0))
      this.say(`copy ${hex(source)} → ${hex(destination)}`);
  }

  /** Makes the allocator give these pages next, in this order; they must be free now. */
  allocateInOrder(wanted: readonly number[]): void {
    const { pages } = this.lab.machine.kernel;
    const give = pages.getFreePages.bind(pages);
    const queue = wanted.map((page) => page / PAGE);
    const held = new Set<number>();
    while (!queue.every((pfn) => held.has(pfn))) {
      const pfn = give(GFP_KERNEL, 0);
      if (pfn === undefined) throw new Error('a page that is wanted is not free');
      held.add(pfn);
    }
    for (const pfn of held) if (!queue.includes(pfn)) pages.freePages(pfn, 0);
    pages.getFreePages = (gfp, order) => (order === 0 && queue.length > 0 ? queue.shift() : give(gfp, order));
    this.say(`the allocator gives next: ${wanted.map(hex).join(' ')}`);
  }
}

export function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

function countText(count: number): string {
  return count > 0xffff ? `0x${count.toString(16)}` : `${count}`;
}

function segmentText({ buf, bufsz, mem, memsz }: KexecSegment): string {
  return `{${hex(buf)}, 0x${bufsz.toString(16)}, ${hex(mem)}, 0x${memsz.toString(16)}}`;
}

export function resultText(value: number): string {
  const name = value < 0 ? errnoName(-value) : undefined;
  return name === undefined ? `${value}` : `-${name}`;
}

/** Defects 1 to 6 and 12 to 17, 20 and 21: what kexec_load(2) accepts, answers and loses. */
import { CAP_SYS_BOOT } from '@kexec/kernel-core';
import { __NR_kexec_load, type KexecSegment } from '@kexec/kexec';
import { dataBytes, relocate, returned, soilFreePages } from '../historic-lab.js';
import { hex, PAGE, resultText, type Transcript } from './transcript.js';

type Show = (lab: Transcript) => void;
const UNREADABLE = 0x10;
const PAGE_OFFSET = 0xc000_0000;

/** Each by its number. */
export const LOAD_DEMONSTRATIONS: Readonly<
  Record<number, { readonly memory?: string; readonly show: Show }>
> = {
  1: { show: heapOverrun },
  2: { show: wrappedCount },
  3: { show: positiveResult },
  4: { show: (lab) => lab.load([lab.segment(0x30_0000, PAGE, PAGE, UNREADABLE)]) },
  5: { show: noTerminator },
  6: { show: leak },
  12: { show: unaligned },
  13: { show: (lab) => lab.load([lab.segment(0x30_0000, PAGE, 2 * PAGE)]) },
  14: { show: overlap },
  15: { show: (lab) => loadAndCopies(lab, [lab.segment(0xffff_f000, 2 * PAGE, 0)]) },
  16: { memory: '8M', show: endlessSegment },
  17: { show: (lab) => loadAndCopies(lab, [lab.segment(0xa_0000), lab.segment(0xf000_0000)]) },
  20: { show: quadratic },
  21: { show: capabilities },
};

function heapOverrun(lab: Transcript): void {
  const { machine, data } = lab.lab;
  lab.load([lab.segment(0x30_0000)]);
  const free = machine.kexec.historic?.host.heap.saveState().free.find(([size]) => size === 512)?.[1];
  const array = free?.at(-1);
  const list = Array.from({ length: 33 }, (_, i) => lab.segment(0x30_0000 + i * PAGE, 0, 0));
  if (array === undefined) return lab.load(list);
  const neighbour = array - PAGE_OFFSET + 512;
  machine.pc.mem.write32(neighbour, 0x600d_600d);
  lab.say(`the object behind the array, at ${hex(neighbour)}: ${hex(machine.pc.mem.read32(neighbour))}`);
  lab.load(list);
  const word = machine.pc.mem.read32(neighbour);
  lab.say(`the object behind the array: ${hex(word)}${word === data ? ', the buf of segment 33' : ''}`);
}

function wrappedCount(lab: Transcript): void {
  lab.load([lab.segment(0x30_0000), lab.segment(0x31_0000, PAGE, PAGE, UNREADABLE)]);
  lab.say('and with no array at all:');
  lab.load([], 0x1000_0000);
}

function positiveResult(lab: Transcript): void {
  const { process, machine } = lab.lab;
  const result = returned(process.syscall(__NR_kexec_load, 0x10_0000, 2, UNREADABLE, 0));
  lab.say(`kexec_load(nr_segments = 2, segments = ${hex(UNREADABLE)})`);
  lab.say(`  = ${resultText(result)}`);
  lab.say(`an image is loaded: ${machine.loaded ? 'yes' : 'no'}`);
}

function noTerminator(lab: Transcript): void {
  const { process, machine } = lab.lab;
  const owned = process.mm.pgd;
  soilFreePages(lab.lab, owned | 8);
  lab.say(
    `every free page is full of the word ${hex(owned | 8)}; the process's page directory is at ${hex(owned)}`,
  );
  const free = machine.kernel.pages.nrFreePages();
  lab.load([lab.segment(0x30_0000, PAGE, PAGE, UNREADABLE)]);
  const lost = free - machine.kernel.pages.nrFreePages();
  if (machine.kernel.state === 'running') lab.say(`pages lost: ${lost}`);
}

function leak(lab: Transcript): void {
  lab.warm();
  const { pages } = lab.lab.machine.kernel;
  for (let round = 1; round <= 3; round++) {
    lab.lab.result([lab.segment(0x30_0000)]);
    lab.lab.result([]);
    lab.say(`free pages after load and unload ${round}: ${pages.nrFreePages()}`);
  }
}

function unaligned(lab: Transcript): void {
  lab.load([lab.segment(0x30_0800, 2 * PAGE)]);
  if (!lab.lab.machine.loaded) return;
  relocate(lab.lab);
  const { mem } = lab.lab.machine.pc;
  for (const at of [0x800, 0x1000, 0x1800, 0x2000]) {
    const found = mem.readBytes(0x30_0000 + at, 0x800);
    const isAt = (offset: number) => dataBytes(offset, 0x800).every((byte, i) => byte === found[i]);
    const from = [0, 0x800, 0x1000, 0x1800].find(isAt);
    const what = from === undefined ? 'nothing of it' : `bytes ${hex(from)} and on`;
    lab.say(`at ${hex(0x30_0000 + at)}: ${what}, should be ${hex(at - 0x800)} and on`);
  }
}

function loadAndCopies(lab: Transcript, segments: readonly KexecSegment[]): void {
  lab.load(segments);
  lab.sayCopies();
}

function overlap(lab: Transcript): void {
  const { data, machine } = lab.lab;
  lab.load([lab.segment(0x30_0000, 2 * PAGE), lab.segment(0x30_1000, PAGE, PAGE, data + 4 * PAGE)]);
  if (!machine.loaded) return;
  lab.sayCopies();
  relocate(lab.lab);
  const found = machine.pc.mem.readBytes(0x30_1000, PAGE);
  const owner = [1, 4].findIndex((page) =>
    dataBytes(page * PAGE, PAGE).every((byte, i) => byte === found[i]),
  );
  lab.say(`after the copies, ${hex(0x30_1000)} has the data of segment ${owner + 1}`);
}

function endlessSegment(lab: Transcript): void {
  const { pages } = lab.lab.machine.kernel;
  const take = pages.getFreePages.bind(pages);
  let taken = 0;
  pages.getFreePages = (gfp, order) => {
    taken += 1;
    return take(gfp, order);
  };
  lab.load([lab.segment(0, lab.engine === 'historic' ? 0xffff_fff0 : 0xffff_f000, 0)]);
  lab.say(`pages asked for: ${taken}`);
}

function quadratic(lab: Transcript): void {
  const { mem } = lab.lab.machine.pc;
  const read = mem.read32.bind(mem);
  let reads = 0;
  mem.read32 = (paddr) => {
    reads += 1;
    return read(paddr);
  };
  for (const count of [100, 200, 400]) {
    reads = 0;
    lab.lab.result([lab.segment(0x40_0000, count * PAGE, 0)]);
    lab.say(`${count} pages: ${reads} words of memory read`);
  }
}

function capabilities(lab: Transcript): void {
  const booter = lab.lab.machine.kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
  lab.say('a process with CAP_SYS_BOOT and nothing else:');
  lab.say(
    `kexec_load(nr_segments = 0) = ${resultText(returned(booter.syscall(__NR_kexec_load, 0, 0, 0, 0)))}`,
  );
}

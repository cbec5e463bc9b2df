/** kexec's two steps by image size, beside a plain copy of as many bytes, and the historic engine's curve: it is quadratic. */
import { createElf } from '@kexec/guests';
import { __NR_kexec_load, type KexecEngine, writeSegments } from '@kexec/kexec';
import { planLoad } from '@kexec/loaders';
import type { Machine } from '@kexec/machine';
import { createMachine } from '@kexec/machine';
import { cpuSeconds, spread, spreadText } from './measure.js';

const SIZES_MB = [1, 16, 64, 256, 1024];
/** The image is in the process, in the kernel's pages and at its destination; and at most half of RAM. */
const MEMORY_MB_MIN = 64;
const IMAGES_IN_MEMORY = 2.7;
const PAGES_PER_MB = 256;
const ROUNDS = 3;
const WARM_UP_MB = 64;
/** The engine of 2002 looks at all earlier pages for each: more takes minutes. */
const HISTORIC_SIZES_MB = [1, 2, 4, 8, 16];
const HISTORIC_MEMORY = '800M';

const HOST_PAGE_BYTES = 4096;
/** Bytes that a plain copy moves at least. */
const COPIED_BYTES = 1 << 30;

/** Says that the jump is over, as soon as it is. */
const GUEST = `
entry:  xor eax, eax
        out 0xf4, al
        hlt`;

export function benchKexec(): void {
  console.log(
    '| image | kexec_load, k pages/s | relocation, MB/s | kexec_load / copy | relocation / copy | relocation, instructions |\n|---|---|---|---|---|---|',
  );
  warmUp();
  for (const megabytes of SIZES_MB) {
    const image = createElf(GUEST, filler(megabytes));
    const samples = Array.from({ length: ROUNDS }, () => loadAndJump(image, memoryFor(megabytes)));
    const loads = samples.map(({ loadSeconds }) => (megabytes * PAGES_PER_MB) / 1000 / loadSeconds);
    const jumps = samples.map(({ jumpSeconds }) => megabytes / jumpSeconds);
    console.log(
      `| ${megabytes} MB | ${spreadText(spread(loads))} | ${spreadText(spread(jumps))} | ${ratio(samples, 'loadSeconds')} | ${ratio(samples, 'jumpSeconds')} | ${samples[0]?.instructions} |`,
    );
  }
  benchHistoric();
}

/** The host's compilers have seen everything before the first size is measured. */
function warmUp(): void {
  const image = createElf(GUEST, filler(WARM_UP_MB));
  for (let round = 0; round < ROUNDS; round++) loadAndJump(image, memoryFor(WARM_UP_MB));
}

function memoryFor(megabytes: number): string {
  return `${Math.ceil(IMAGES_IN_MEMORY * megabytes) + MEMORY_MB_MIN}M`;
}

/** Seconds of a step over seconds of the copy, of pairs in one round. */
function ratio(samples: readonly Sample[], step: 'loadSeconds' | 'jumpSeconds'): string {
  return spreadText(spread(samples.map((sample) => sample[step] / sample.copySeconds)), 1);
}

function benchHistoric(): void {
  console.log(
    '\n| image | historic kexec_load, s | fixed, s | seconds over those of half the size |\n|---|---|---|---|',
  );
  let half = Number.NaN;
  for (const megabytes of HISTORIC_SIZES_MB) {
    const image = createElf(GUEST, filler(megabytes));
    const seconds = (engine: KexecEngine) =>
      kexecLoad(createMachine({ memory: HISTORIC_MEMORY, engine }), image);
    const historic = seconds('historic');
    console.log(
      `| ${megabytes} MB | ${historic.toFixed(3)} | ${seconds('fixed').toFixed(3)} | ${Number.isNaN(half) ? '–' : (historic / half).toFixed(1)} |`,
    );
    half = historic;
  }
}

interface Sample {
  readonly loadSeconds: number;
  readonly jumpSeconds: number;
  /** The image's bytes, copied within RAM by the host. */
  readonly copySeconds: number;
  readonly instructions: number;
}

function filler(megabytes: number): Uint8Array {
  const bytes = new Uint8Array(megabytes * 2 ** 20 - 4096);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + (i >>> 12);
  return bytes;
}

function loadAndJump(image: Uint8Array, memory: string): Sample {
  const machine = createMachine({ memory });
  touch(machine.pc.mem.ram);
  const loadSeconds = kexecLoad(machine, image);
  machine.exec();
  const before = machine.pc.cpu.icount;
  let stop = machine.run({ instructions: 0 });
  const jumpSeconds = cpuSeconds(() => {
    stop = machine.run();
  });
  if (stop.kind !== 'exit') throw new Error(`the guest ended with ${stop.kind}`);
  const instructions = machine.pc.cpu.icount - before;
  return { loadSeconds, jumpSeconds, copySeconds: copySeconds(machine, image.length), instructions };
}

/** The host gives a page when it is first touched, which takes longer than to copy it, and is nobody's merit here. */
function touch(ram: Uint8Array): void {
  for (let at = 0; at < ram.length; at += HOST_PAGE_BYTES) ram[at] = ram[at] ?? 0;
}

/** Mean of as many copies as take long enough to be measured. */
function copySeconds({ pc }: Machine, bytes: number): number {
  const { ram } = pc.mem;
  const copies = Math.ceil(COPIED_BYTES / bytes);
  const seconds = cpuSeconds(() => {
    for (let copy = 0; copy < copies; copy++) ram.copyWithin(ram.length - bytes, 0, bytes);
  });
  return seconds / copies;
}

/** CPU seconds of the system call alone: planning, and laying the segments in user memory, come before. */
function kexecLoad({ kernel }: Machine, image: Uint8Array): number {
  const { entry, segments } = planLoad({ image, memoryRanges: kernel.e820 });
  const process = kernel.createProcess({ capabilities: 'all' });
  const copyIn = (bytes: Uint8Array) => {
    const vaddr = process.mmap(bytes.length);
    process.write(vaddr, bytes);
    return vaddr;
  };
  const array = copyIn(
    writeSegments(
      segments.map(({ bytes, mem, memsz }) => ({ buf: copyIn(bytes), bufsz: bytes.length, mem, memsz })),
    ),
  );
  let error = -1;
  const seconds = cpuSeconds(() => {
    const outcome = process.syscall(__NR_kexec_load, entry, segments.length, array, 0);
    if (outcome.returned) error = outcome.value;
  });
  process.exit();
  if (error) throw new Error(`kexec_load returned ${error}`);
  return seconds;
}

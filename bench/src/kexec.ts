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
/** A small image takes less time than what else happens on a machine. */
const SMALL_MB = 16;
const SMALL_ROUNDS = 9;
const ROUNDS = 3;
/** One page: what a load and a jump take whatever the image. */
const PAGE_MB = 1 / PAGES_PER_MB;
const WARM_UP_MB = 64;
/** The engine of 2002 looks at all earlier pages for each: more takes minutes. */
const HISTORIC_SIZES_MB = [1, 2, 4, 8, 16];
const HISTORIC_MEMORY = '800M';

const HOST_PAGE_BYTES = 4096;
/** More than the caches of a host hold. */
const CACHES_BYTES = 64 << 20;

/** Says that the jump is over, as soon as it is. */
const GUEST = `
entry:  xor eax, eax
        out 0xf4, al
        hlt`;

export function benchKexec(): void {
  console.log(
    '| image | copy, ms | kexec_load, ms | relocation, ms | kexec_load / copy | relocation / copy | the same, less those of one page | | relocation, instructions |\n|---|---|---|---|---|---|---|---|---|',
  );
  warmUp();
  const page = measure(PAGE_MB);
  const fixed = { loadSeconds: median(page, 'loadSeconds'), jumpSeconds: median(page, 'jumpSeconds') };
  for (const megabytes of [PAGE_MB, ...SIZES_MB]) {
    const samples = megabytes === PAGE_MB ? page : measure(megabytes);
    const columns = [
      megabytes === PAGE_MB ? '1 page' : `${megabytes} MB`,
      ...(['copySeconds', 'loadSeconds', 'jumpSeconds'] as const).map((step) => milliseconds(samples, step)),
      ratio(samples, 'loadSeconds'),
      ratio(samples, 'jumpSeconds'),
      ratio(samples, 'loadSeconds', fixed.loadSeconds),
      ratio(samples, 'jumpSeconds', fixed.jumpSeconds),
      samples[0]?.instructions,
    ];
    console.log(`| ${columns.join(' | ')} |`);
  }
  benchHistoric();
}

function measure(megabytes: number): Sample[] {
  const image = createElf(GUEST, filler(megabytes));
  const rounds = megabytes <= SMALL_MB ? SMALL_ROUNDS : ROUNDS;
  return Array.from({ length: rounds }, () => loadAndJump(image, memoryFor(megabytes)));
}

type Step = 'loadSeconds' | 'jumpSeconds' | 'copySeconds';

function median(samples: readonly Sample[], step: Step): number {
  return spread(samples.map((sample) => sample[step])).median;
}

function milliseconds(samples: readonly Sample[], step: Step): string {
  return spreadText(spread(samples.map((sample) => 1000 * sample[step])), 2);
}

/** The host's compilers have seen everything before the first size is measured. */
function warmUp(): void {
  const image = createElf(GUEST, filler(WARM_UP_MB));
  for (let round = 0; round < ROUNDS; round++) loadAndJump(image, memoryFor(WARM_UP_MB));
}

function memoryFor(megabytes: number): string {
  return `${Math.ceil(IMAGES_IN_MEMORY * megabytes) + MEMORY_MB_MIN}M`;
}

/** Seconds of a step, less those that every image takes, over seconds of the copy, of pairs in one round. */
function ratio(samples: readonly Sample[], step: Step, fixedSeconds = 0): string {
  return spreadText(spread(samples.map((sample) => (sample[step] - fixedSeconds) / sample.copySeconds)), 1);
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
  const bytes = new Uint8Array(Math.max(0, megabytes * 2 ** 20 - 4096));
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
  emptyCaches();
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

/** One copy of memory that was touched and is in no cache, as before the two steps beside it. */
function copySeconds({ pc }: Machine, bytes: number): number {
  const { ram } = pc.mem;
  emptyCaches();
  return cpuSeconds(() => {
    ram.copyWithin(ram.length - bytes, 0, bytes);
  });
}

const others = new Uint8Array(CACHES_BYTES);

function emptyCaches(): void {
  for (let at = 0; at < others.length; at += 64) others[at] = (others[at] ?? 0) + 1;
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
  emptyCaches();
  const seconds = cpuSeconds(() => {
    const outcome = process.syscall(__NR_kexec_load, entry, segments.length, array, 0);
    if (outcome.returned) error = outcome.value;
  });
  process.exit();
  if (error) throw new Error(`kexec_load returned ${error}`);
  return seconds;
}

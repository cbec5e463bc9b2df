/** kexec's two steps by image size: kexec_load in pages a second, relocation in bytes a second; both should be linear. */
import { createElf } from '@kexec/guests';
import { __NR_kexec_load, writeSegments } from '@kexec/kexec';
import { planLoad } from '@kexec/loaders';
import type { Machine } from '@kexec/machine';
import { createMachine } from '@kexec/machine';
import { cpuSeconds, spread, spreadText } from './measure.js';

const SIZES_MB = [1, 16, 64, 256];
const MEMORY = '800M';
const PAGES_PER_MB = 256;
const ROUNDS = 3;

/** Says that the jump is over, as soon as it is. */
const GUEST = `
entry:  xor eax, eax
        out 0xf4, al
        hlt`;

export function benchKexec(): void {
  console.log(
    '| image | kexec_load, k pages/s | relocation, MB/s | relocation, instructions |\n|---|---|---|---|',
  );
  for (const megabytes of SIZES_MB) {
    const image = createElf(GUEST, filler(megabytes));
    const samples = Array.from({ length: ROUNDS }, () => loadAndJump(image));
    const loads = samples.map(({ loadSeconds }) => (megabytes * PAGES_PER_MB) / 1000 / loadSeconds);
    const jumps = samples.map(({ jumpSeconds }) => megabytes / jumpSeconds);
    console.log(
      `| ${megabytes} MB | ${spreadText(spread(loads))} | ${spreadText(spread(jumps))} | ${samples[0]?.instructions} |`,
    );
  }
}

function filler(megabytes: number): Uint8Array {
  return Uint8Array.from({ length: (megabytes << 20) - 4096 }, (_, i) => i * 31 + (i >>> 12));
}

function loadAndJump(image: Uint8Array) {
  const machine = createMachine({ memory: MEMORY });
  const loadSeconds = kexecLoad(machine, image);
  machine.exec();
  const before = machine.pc.cpu.icount;
  let stop = machine.run({ instructions: 0 });
  const jumpSeconds = cpuSeconds(() => {
    stop = machine.run();
  });
  if (stop.kind !== 'exit') throw new Error(`the guest ended with ${stop.kind}`);
  return { loadSeconds, jumpSeconds, instructions: machine.pc.cpu.icount - before };
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

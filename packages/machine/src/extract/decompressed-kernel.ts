/** A bzImage unpacked by the decompressor that it carries, executed on a machine of ours. */
import { readBzImage } from '@kexec/loaders';
import { KexecError, type PhysAddr } from '@kexec/phys-mem';
import { createMachine, type MachineOptions } from '../machine.js';
import type { MachineStop } from '../machine-stop.js';
import { JumpTrace } from '../trace/jump-trace.js';
import { elfOfMemory } from './elf-of-memory.js';

/** How the decompressor is run. */
export interface DecompressorOptions extends Pick<MachineOptions, 'memory' | 'translator'> {
  /** What it may take. */
  readonly instructions?: number;
}

/** The kernel as it is entered. */
export interface DecompressedKernel {
  /** An ELF executable whose one segment is the kernel's memory. */
  readonly elf: Uint8Array;
  /** Where the decompressor has put it, and jumps to. */
  readonly start: PhysAddr;
  /** Of memory. */
  readonly bytes: number;
  /** Instructions from the kernel's entry to its decompressor's jump. */
  readonly instructions: number;
}

const INSTRUCTIONS = 50e9;

/**
 * Runs a bzImage up to its decompressor's jump, and takes the memory that it then is: all of init_size, so that what
 * follows the kernel's data is whatever the decompressor has left there, as on any PC.
 *
 * @throws LoaderError for a file that is no bzImage; KexecError `NOT_DECOMPRESSED` when there is no such jump
 */
export function runDecompressor(
  image: Uint8Array,
  { instructions = INSTRUCTIONS, ...options }: DecompressorOptions = {},
): DecompressedKernel {
  const { init_size } = readBzImage(image).header;
  let entered: number | undefined;
  let start: PhysAddr | undefined;
  const trace = new JumpTrace((event) => {
    if (event.kind !== 'milestone') return;
    if (event.milestone === 'kernel-entry') entered = event.icount;
    if (event.milestone !== 'decompressed') return;
    start = event.eip;
    machine.pc.requestStop();
  });
  const machine = createMachine({ memory: '256M', ...options });
  // Where it is linked to, and no relocations: so the memory is what the file says.
  const plan = machine.load(image, { append: 'nokaslr', checks: false, type: 'bzImage' });
  trace.exec(machine, plan);
  const stop = trace.run({ instructions });
  const { cpu, mem } = machine.pc;
  if (start === undefined || init_size === undefined) throw notDecompressed(stop);
  const bytes = Math.min(init_size, mem.ramBytes - start);
  return {
    elf: elfOfMemory(mem.readBytes(start, bytes), start),
    start,
    bytes,
    instructions: cpu.icount - (entered ?? 0),
  };
}

function notDecompressed({ kind }: MachineStop): KexecError {
  const end = kind === 'budget' ? 'its instructions are used up' : `the machine stopped: ${kind}`;
  return new KexecError('NOT_DECOMPRESSED', `the kernel's decompressor jumped to no kernel; ${end}`, {
    details: { stop: kind },
    remedy: 'Give the machine more memory, or take the payload by the header.',
  });
}

/** The hand-off to a 32-bit Linux entry: initrd, boot_params with the command line, and the purgatory. */
import type { PhysAddr, Range } from '@kexec/phys-mem';
import { encodeCommandLine, OLD_CMDLINE_SIZE } from '../command-line.js';
import { OLD_INITRD_ADDR_MAX, placeInitrd } from '../initrd.js';
import type { LinuxHandOff, LoadedImage, LoaderOptions } from '../load-plan.js';
import { placeLow, placePurgatory } from '../place-purgatory.js';
import type { Placement } from '../placement.js';
import { BOOT_PARAMS_BYTES, type BootParamsSetup, buildBootParams } from './boot-params.js';
import { e820Overflow } from './setup-data.js';

/** A kernel that has its place. */
export interface PlacedLinux {
  /** Where its setup header is read from. */
  readonly setup: BootParamsSetup;
  /** Its 32-bit entry. */
  readonly entry: PhysAddr;
  /** What it uses before it reads its memory map. */
  readonly memory: Range;
  /** The alignment it has been given; 0 when it is not relocatable. */
  readonly alignment: number;
}

/**
 * Places what a kernel is handed, after the kernel itself.
 *
 * The purgatory lies above boot_params, in the first 640 KB: a kernel runs on the purgatory's GDT until it loads
 * its own, and does not touch that memory before.
 *
 * @throws LoaderError `COMMAND_LINE_TOO_LONG`, `COMMAND_LINE_NUL`, `INITRD_EMPTY`, `TOO_LITTLE_MEMORY`, `NO_HOLE`
 */
export function handOff(
  kernel: PlacedLinux,
  options: LoaderOptions,
  placement: Placement,
): Required<Pick<LoadedImage, 'start' | 'linux'>> & { readonly linux: LinuxHandOff } {
  const { initrd_addr_max = OLD_INITRD_ADDR_MAX, cmdline_size = OLD_CMDLINE_SIZE } = kernel.setup.header;
  const text = encodeCommandLine(options.append ?? '', cmdline_size);
  const initrd = options.initrd && placeInitrd(placement, options.initrd, initrd_addr_max);
  const overflow = e820Overflow(kernel.setup.header, options.memoryRanges);
  const bytes = new Uint8Array(BOOT_PARAMS_BYTES + overflow.length + text.length);
  const bootParams = placeLow(placement, options, 'boot_params', bytes, 'low');
  const purgatory = placePurgatory(placement, options);
  const commandLineOffset = BOOT_PARAMS_BYTES + overflow.length;
  const commandLine = bootParams.mem + commandLineOffset;
  const page = buildBootParams({
    setup: kernel.setup,
    entry: kernel.entry,
    kernelAlignment: kernel.alignment,
    commandLine,
    commandLineOffset,
    initrd: { mem: initrd?.mem ?? 0, size: initrd?.bytes.length ?? 0 },
    memoryRanges: options.memoryRanges,
    setupData: overflow.length > 0 ? bootParams.mem + BOOT_PARAMS_BYTES : 0,
    screenInfo: options.screenInfo,
    acpiRsdp: options.acpiRsdp,
  });
  bytes.set(page);
  bytes.set(overflow, BOOT_PARAMS_BYTES);
  bytes.set(text, commandLineOffset);
  return {
    // boot.rst, "32-bit BOOT PROTOCOL": esi is boot_params; ebp, edi and ebx are zero.
    start: { segment: purgatory, registers: { eip: kernel.entry, esi: bootParams.mem } },
    linux: {
      entry: kernel.entry,
      kernel: kernel.memory,
      bootParams: bootParams.mem,
      commandLine,
      initrd: initrd && { start: initrd.mem, end: initrd.mem + initrd.bytes.length },
      purgatory: purgatory.mem,
    },
  };
}

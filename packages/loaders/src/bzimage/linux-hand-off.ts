/** The hand-off to a 32-bit Linux entry: initrd, boot_params with the command line, and the purgatory. */
import { CONVENTIONAL_END, PAGE_SIZE, type PhysAddr, type Range } from '@kexec/phys-mem';
import { encodeCommandLine, OLD_CMDLINE_SIZE } from '../command-line.js';
import { OLD_INITRD_ADDR_MAX, placeInitrd } from '../initrd.js';
import type { LinuxHandOff, LoaderOptions } from '../load-plan.js';
import type { Placement, Segment } from '../placement.js';
import { linkPurgatory, PURGATORY_BYTES } from '../purgatory.js';
import { BOOT_PARAMS_BYTES, type BootParamsSetup, buildBootParams } from './boot-params.js';

/** Below this lie the interrupt vectors, the BIOS data and what old set-up code uses. */
const LOW_MEMORY: Range = { start: 0x3000, end: CONVENTIONAL_END };
const ANYWHERE: Range = { start: 0, end: 2 ** 32 };

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
export function handOff(kernel: PlacedLinux, options: LoaderOptions, placement: Placement): LinuxHandOff {
  const { initrd_addr_max = OLD_INITRD_ADDR_MAX, cmdline_size = OLD_CMDLINE_SIZE } = kernel.setup.header;
  const text = encodeCommandLine(options.append ?? '', cmdline_size);
  const initrd = options.initrd && placeInitrd(placement, options.initrd, initrd_addr_max);
  // What a crash kernel is handed lies in the reservation with it.
  const window = options.crash ? ANYWHERE : LOW_MEMORY;
  const bootParams = placeIn(placement, window, 'boot_params', BOOT_PARAMS_BYTES + text.length, 'low');
  const purgatory = placeIn(placement, window, 'purgatory', PURGATORY_BYTES, 'high');
  const commandLine = bootParams.mem + BOOT_PARAMS_BYTES;
  const page = buildBootParams({
    setup: kernel.setup,
    entry: kernel.entry,
    kernelAlignment: kernel.alignment,
    commandLine,
    commandLineOffset: BOOT_PARAMS_BYTES,
    initrd: { mem: initrd?.mem ?? 0, size: initrd?.bytes.length ?? 0 },
    memoryRanges: options.memoryRanges,
    screenInfo: options.screenInfo,
    acpiRsdp: options.acpiRsdp,
  });
  bootParams.bytes.set(page);
  bootParams.bytes.set(text, BOOT_PARAMS_BYTES);
  purgatory.bytes.set(
    linkPurgatory({
      mem: purgatory.mem,
      entry: kernel.entry,
      bootParams: bootParams.mem,
      backup: options.backup,
    }),
  );
  return {
    entry: kernel.entry,
    kernel: kernel.memory,
    bootParams: bootParams.mem,
    commandLine,
    initrd: initrd && { start: initrd.mem, end: initrd.mem + initrd.bytes.length },
    purgatory: purgatory.mem,
  };
}

// Both are placed empty and filled in place: each needs the address of the other segments.
function placeIn(
  placement: Placement,
  window: Range,
  name: string,
  size: number,
  from: 'low' | 'high',
): Segment {
  const request = { name, memsz: size, align: PAGE_SIZE, min: window.start, end: window.end, from };
  return placement.locate(request, new Uint8Array(size));
}

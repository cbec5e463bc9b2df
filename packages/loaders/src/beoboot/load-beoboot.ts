/** beoboot-x86: a kernel, its command line and its initrd in one file. @see kexec-tools include/boot/beoboot.h */
import { hexAddress } from '../address-text.js';
import { loadBzImage } from '../bzimage/load-bzimage.js';
import { readBzImage } from '../bzimage/read-bzimage.js';
import { readWord } from '../field.js';
import type { LoadedImage, LoadOptions } from '../load-plan.js';
import { LoaderError } from '../loader-error.js';
import type { Placement } from '../placement.js';

/*
 * The file:
 *
 *   0   "BeoB"
 *   4   architecture: 1 i386, 2 Alpha, 3 PowerPC
 *   5   flags: bit 0, there is an initrd
 *   6   bytes of the command line, with its NUL
 *   8   bytes of the kernel
 *   C   bytes of the initrd
 *  10   command line, kernel, initrd
 */
export const BEOBOOT_MAGIC = 0x426f_6542;
const HEADER_BYTES = 16;
const ARCHITECTURE_I386 = 1;
const INITRD_PRESENT = 1;

/** The parts, as views of the file. */
export interface Beoboot {
  readonly commandLine: string;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array | undefined;
}

/** True when the file starts with the magic. */
export function isBeoboot(image: Uint8Array): boolean {
  return readWord(image, 0, 4) === BEOBOOT_MAGIC;
}

/**
 * Takes the file apart; its kernel must be a bzImage.
 *
 * @throws LoaderError `BAD_MAGIC`, `TRUNCATED`, `WRONG_MACHINE`, and as {@link readBzImage}
 */
export function readBeoboot(image: Uint8Array): Beoboot {
  if (!isBeoboot(image)) {
    throw new LoaderError('BAD_MAGIC', 'the file does not start with "BeoB"', {
      details: { rule: 'magic', offset: 0, found: readWord(image, 0, 4), limit: BEOBOOT_MAGIC },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  const flags = readWord(image, 5, 1);
  const kernelStart = HEADER_BYTES + readWord(image, 6, 2);
  const kernelEnd = kernelStart + readWord(image, 8, 4);
  const hasInitrd = (flags & INITRD_PRESENT) !== 0;
  const end = kernelEnd + (hasInitrd ? readWord(image, 12, 4) : 0);
  if (end > image.length || image.length < HEADER_BYTES) {
    throw new LoaderError(
      'TRUNCATED',
      `the parts end at offset ${hexAddress(end)}, the file has ${image.length} bytes`,
      {
        details: {
          rule: 'cmdline_size, kernel_size, initrd_size',
          offset: 6,
          found: end,
          limit: image.length,
        },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  const architecture = readWord(image, 4, 1);
  if (architecture !== ARCHITECTURE_I386) {
    throw new LoaderError(
      'WRONG_MACHINE',
      `the beoboot image is for architecture ${architecture}, not i386`,
      {
        details: { rule: 'arch', offset: 4, found: architecture, limit: ARCHITECTURE_I386 },
        remedy: 'take the i386 build of the kernel',
      },
    );
  }
  const kernel = image.subarray(kernelStart, kernelEnd);
  readBzImage(kernel);
  return {
    commandLine: commandLineOf(image.subarray(HEADER_BYTES, kernelStart)),
    kernel,
    initrd: hasInitrd ? image.subarray(kernelEnd, end) : undefined,
  };
}

function commandLineOf(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return new TextDecoder().decode(nul < 0 ? bytes : bytes.subarray(0, nul));
}

/**
 * Loads the kernel with what came with it.
 *
 * Departure: kexec-tools ignores a command line that is given; here it replaces the file's.
 *
 * @throws LoaderError
 */
export function loadBeoboot(options: LoadOptions, placement: Placement): LoadedImage {
  const { commandLine, kernel, initrd } = readBeoboot(options.image);
  const append = options.append ?? commandLine;
  const loaded = loadBzImage({ ...options, image: kernel, append, initrd }, placement);
  return {
    ...loaded,
    notes: ['beoboot: the command line and the initrd are the file’s own', ...loaded.notes],
  };
}

/** A bzImage: bytes to header, setup sectors and protected-mode code, every length checked against the file. */
import { hexAddress } from '../address-text.js';
import { LoaderError } from '../loader-error.js';
import {
  BOOT_FLAG,
  HDRS_MAGIC,
  LOADFLAGS,
  protocolText,
  readSetupHeader,
  type SetupHeader,
} from './setup-header.js';

/** A checked file; the arrays are views of the caller's own memory. */
export interface BzImage {
  readonly image: Uint8Array;
  readonly header: SetupHeader;
  /** Boot sector and setup sectors: real-mode code. */
  readonly setup: Uint8Array;
  /** What is loaded at 1 MB or above: the 32-bit code with the compressed kernel. */
  readonly protectedMode: Uint8Array;
  /** The text that `file` prints, such as `6.1.0-9-686 (…) #1 SMP`; undefined when there is none. */
  readonly kernelVersion: string | undefined;
}

const SECTOR_BYTES = 512;
/** The smallest file kexec-tools looks at, and room for every field of the header. */
export const BZIMAGE_BYTES_MIN = 1024;
/** boot.rst, "setup_sects": 0 means 4, for the oldest kernels. */
const SETUP_SECTS_DEFAULT = 4;
/** syssize counts paragraphs. */
const PARAGRAPH_BYTES = 16;

/** True when "HdrS" is where a setup header has it. */
export function hasSetupHeader(image: Uint8Array): boolean {
  return readSetupHeader(image).header === HDRS_MAGIC;
}

/**
 * Reads a bzImage.
 *
 * @throws LoaderError `BAD_MAGIC`, `TRUNCATED`, `OLD_PROTOCOL`, `NOT_LOADED_HIGH`, `BAD_ALIGNMENT`
 */
export function readBzImage(image: Uint8Array): BzImage {
  const header = readSetupHeader(image);
  checkMagic(image, header);
  checkKind(header);
  const setupBytes = ((header.setup_sects || SETUP_SECTS_DEFAULT) + 1) * SECTOR_BYTES;
  if (image.length <= setupBytes) {
    throw new LoaderError(
      'TRUNCATED',
      `setup_sects ${header.setup_sects} says ${setupBytes} bytes of setup, the file has ${image.length} and so no kernel`,
      {
        details: {
          rule: 'setup_sects',
          segment: 'setup',
          offset: 0x1f1,
          found: setupBytes,
          limit: image.length,
        },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  const setup = image.subarray(0, setupBytes);
  const protectedMode = image.subarray(setupBytes);
  checkSyssize(header, protectedMode.length);
  checkPayload(header, protectedMode.length);
  checkAlignment(header);
  return { image, header, setup, protectedMode, kernelVersion: kernelVersion(setup, header) };
}

function checkMagic(image: Uint8Array, header: SetupHeader): void {
  if (header.header !== HDRS_MAGIC) {
    throw new LoaderError('BAD_MAGIC', `no "HdrS" at offset 0x202, found ${hexAddress(header.header)}`, {
      details: { rule: 'header', offset: 0x202, found: header.header, limit: HDRS_MAGIC },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  if (image.length < BZIMAGE_BYTES_MIN) {
    throw new LoaderError(
      'TRUNCATED',
      `boot sector and setup header need ${BZIMAGE_BYTES_MIN} bytes, the file has ${image.length}`,
      {
        details: { rule: 'boot sector and setup header', segment: 'setup', offset: 0, limit: image.length },
        remedy: 'compare the length of the file with the original',
      },
    );
  }
  if (header.boot_flag !== BOOT_FLAG) {
    throw new LoaderError(
      'BAD_MAGIC',
      `boot_flag at offset 0x1fe is ${hexAddress(header.boot_flag)}, must be 0xaa55`,
      {
        details: { rule: 'boot_flag', offset: 0x1fe, found: header.boot_flag, limit: BOOT_FLAG },
        remedy: 'the header is damaged; fetch or build the file again',
      },
    );
  }
}

function checkKind(header: SetupHeader): void {
  if (header.version < 0x0200) {
    throw new LoaderError(
      'OLD_PROTOCOL',
      `the boot protocol is ${protocolText(header.version)}, 2.00 is the oldest with bzImage`,
      {
        details: { rule: 'version', offset: 0x206, found: header.version, limit: 0x0200 },
        remedy: 'use a kernel newer than Linux 1.3.73',
      },
    );
  }
  if ((header.loadflags & LOADFLAGS.LOADED_HIGH) === 0) {
    throw new LoaderError(
      'NOT_LOADED_HIGH',
      `loadflags is ${hexAddress(header.loadflags)}: LOADED_HIGH is clear, this is a zImage`,
      {
        details: { rule: 'loadflags', offset: 0x211, found: header.loadflags, limit: LOADFLAGS.LOADED_HIGH },
        remedy: 'build the kernel with "make bzImage"',
      },
    );
  }
}

// boot.rst, "syssize": the size in paragraphs, trusted from 2.04 on. It is rounded up, and some builders do not
// pad the file to it; signatures may follow it.
function checkSyssize(header: SetupHeader, have: number): void {
  const want = (header.syssize ?? 0) * PARAGRAPH_BYTES;
  if (have > want - PARAGRAPH_BYTES) return;
  throw new LoaderError(
    'TRUNCATED',
    `syssize says ${want} bytes of protected-mode code, the file has ${have}`,
    {
      details: { rule: 'syssize', segment: 'kernel', offset: 0x1f4, found: want, limit: have },
      remedy: 'compare the length of the file with the original',
    },
  );
}

function checkPayload(header: SetupHeader, have: number): void {
  const end = (header.payload_offset ?? 0) + (header.payload_length ?? 0);
  if (end <= have) return;
  throw new LoaderError(
    'TRUNCATED',
    `the payload ends at offset ${hexAddress(end)} of the protected-mode code, the file has ${hexAddress(have)} bytes of it`,
    {
      details: {
        rule: 'payload_offset + payload_length',
        segment: 'kernel',
        offset: 0x248,
        found: end,
        limit: have,
      },
      remedy: 'compare the length of the file with the original',
    },
  );
}

function checkAlignment(header: SetupHeader): void {
  if (!header.relocatable_kernel) return;
  const align = header.kernel_alignment ?? 0;
  const smallest = 2 ** (header.min_alignment ?? 0);
  if (align > 0 && (align & (align - 1)) === 0 && smallest <= align) return;
  throw new LoaderError(
    'BAD_ALIGNMENT',
    `kernel_alignment is ${hexAddress(align)} and min_alignment 2^${header.min_alignment ?? 0}`,
    {
      details: {
        rule: 'kernel_alignment',
        offset: 0x230,
        found: align,
        limit: 'a power of two, not below 2^min_alignment',
      },
      remedy: 'the header is damaged; fetch or build the file again',
    },
  );
}

// boot.rst, "kernel_version": 0x200 less than the file offset of a zero-terminated string; 0 for none.
function kernelVersion(setup: Uint8Array, header: SetupHeader): string | undefined {
  if (header.kernel_version === 0) return undefined;
  const text = setup.subarray(header.kernel_version + 0x200);
  const end = text.indexOf(0);
  if (end <= 0) return undefined;
  return String.fromCharCode(...text.subarray(0, Math.min(end, SECTOR_BYTES)));
}

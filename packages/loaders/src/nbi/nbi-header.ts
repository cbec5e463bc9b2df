/** The header of a network boot image: 512 bytes that say where the rest goes. @see "Draft Net Boot Image Proposal" 0.3 */
import type { PhysAddr } from '@kexec/phys-mem';
import { hexAddress } from '../address-text.js';
import { readWord } from '../field.js';
import { LoaderError } from '../loader-error.js';

/*
 * The image header, then segment headers from (length + vendor length) × 4 on:
 *
 *   0   magic     1B031336         segment   0   length in dwords (4), vendor length << 4
 *   4   length    in dwords (4),             1   vendor's tag
 *       bits 7-4 vendor length,              3   flags: bits 1-0 how to load, bit 2 last
 *       bit 8 the program returns,           4   load address
 *       bit 31 the entry is 32-bit           8   bytes in the image
 *   8   where the header goes, bx:ds         C   bytes in memory
 *   C   entry, ip:cs or linear
 */
export const NBI_MAGIC = 0x1b03_1336;
/** The header, and the first bytes of the file. */
export const NBI_HEADER_BYTES = 512;
const IMAGE_HEADER_DWORDS = 4;
const SEGMENT_HEADER_DWORDS = 4;
const FLAG_RETURNS = 0x100;
const FLAG_ENTRY32 = 0x8000_0000;
const RESERVED_MASK = 0x7fff_fe00;
const LAST_SEGMENT = 4;
const SEGMENT_RESERVED_MASK = 0xf8;

/** How a segment's address is meant; from the end of memory (2) no loader can know. */
const HOW = { ABSOLUTE: 0, AFTER_LAST: 1, FROM_END_OF_MEMORY: 2, BEFORE_LAST: 3 } as const;

/** One part of the file and its place. */
export interface NbiSegment {
  readonly offset: number;
  readonly imglength: number;
  readonly memlength: number;
  readonly mem: PhysAddr;
}

/** A checked header. */
export interface NbiHeader {
  /** Where the header's own 512 bytes go. */
  readonly location: PhysAddr;
  readonly entry:
    | { readonly bits: 32; readonly eip: PhysAddr }
    | { readonly bits: 16; cs: number; ip: number };
  readonly segments: readonly NbiSegment[];
}

/** True when the file starts with the magic. */
export function isNbi(image: Uint8Array): boolean {
  return readWord(image, 0, 4) === NBI_MAGIC;
}

/**
 * Reads the header.
 *
 * @throws LoaderError `BAD_MAGIC`, `TRUNCATED`, `BAD_NBI_HEADER`
 */
export function readNbiHeader(image: Uint8Array): NbiHeader {
  if (!isNbi(image)) {
    throw new LoaderError('BAD_MAGIC', 'the file does not start with 36 13 03 1b', {
      details: { rule: 'magic', offset: 0, found: readWord(image, 0, 4), limit: NBI_MAGIC },
      remedy: 'leave the type out to let the probes decide',
    });
  }
  if (image.length < NBI_HEADER_BYTES) throw truncated(0, NBI_HEADER_BYTES, image.length);
  const length = readWord(image, 4, 4);
  if ((length & 15) !== IMAGE_HEADER_DWORDS) throw badHeader(4, 'the header has four dwords', length & 15);
  if ((length & RESERVED_MASK) !== 0) throw badHeader(4, 'reserved flags are clear', length);
  if ((length & FLAG_RETURNS) !== 0) {
    throw badHeader(4, 'the program does not return: nobody would be left to return to', length);
  }
  const location = farPointer(image, 8);
  const entry = {
    32: { bits: 32, eip: readWord(image, 12, 4) },
    16: { bits: 16, ip: readWord(image, 12, 2), cs: readWord(image, 14, 2) },
  } as const;
  const first = ((length & 15) + ((length >>> 4) & 15)) * 4;
  return {
    location,
    entry: length >= FLAG_ENTRY32 ? entry[32] : entry[16],
    segments: readSegments(image, first, location),
  };
}

function readSegments(image: Uint8Array, first: number, location: PhysAddr): NbiSegment[] {
  const segments: NbiSegment[] = [];
  let last = { start: location, end: location + NBI_HEADER_BYTES };
  let fileOffset = NBI_HEADER_BYTES;
  for (let at = first; ; ) {
    if (at + 4 * SEGMENT_HEADER_DWORDS > NBI_HEADER_BYTES) {
      throw badHeader(at, 'the last segment header is within the first 512 bytes', at);
    }
    const lengths = readWord(image, at, 1);
    const flags = readWord(image, at + 3, 1);
    if ((lengths & 15) !== SEGMENT_HEADER_DWORDS)
      throw badHeader(at, 'a segment header has four dwords', lengths);
    if ((flags & SEGMENT_RESERVED_MASK) !== 0) throw badHeader(at + 3, 'reserved flags are clear', flags);
    const [loadaddr, imglength, memlength] = [4, 8, 12].map((more) => readWord(image, at + more, 4));
    const segment = {
      offset: fileOffset,
      imglength: imglength ?? 0,
      memlength: memlength ?? 0,
      mem: place(at, flags & 3, loadaddr ?? 0, last),
    };
    checkSegment(segment, at, image.length);
    segments.push(segment);
    fileOffset += segment.imglength;
    last = { start: segment.mem, end: segment.mem + segment.memlength };
    if ((flags & LAST_SEGMENT) !== 0) return segments;
    at += ((lengths & 15) + (lengths >>> 4)) * 4;
  }
}

function place(at: number, how: number, loadaddr: number, last: { start: number; end: number }): PhysAddr {
  if (how === HOW.FROM_END_OF_MEMORY)
    throw badHeader(at + 3, 'no segment is loaded from the end of memory', how);
  if (how === HOW.ABSOLUTE) return loadaddr;
  return how === HOW.AFTER_LAST ? last.end + loadaddr : last.start - loadaddr;
}

function checkSegment(
  { offset, imglength, memlength, mem }: NbiSegment,
  at: number,
  fileBytes: number,
): void {
  if (imglength > memlength) {
    throw new LoaderError(
      'FILESZ_GT_MEMSZ',
      `a segment has ${hexAddress(imglength)} bytes in the image and ${hexAddress(memlength)} in memory`,
      {
        details: { rule: 'imglength <= memlength', offset: at, found: imglength, limit: memlength },
        remedy: 'the header is damaged; fetch or build the file again',
      },
    );
  }
  if (offset + imglength > fileBytes) throw truncated(at, offset + imglength, fileBytes);
  if (mem < 0 || mem + memlength > 2 ** 32) {
    throw new LoaderError('ADDRESS_WRAP', `a segment lies at ${mem} and has ${memlength} bytes`, {
      details: { rule: 'loadaddr + memlength <= 2^32', offset: at, found: mem + memlength, limit: 2 ** 32 },
      remedy: 'link the program to a lower address',
    });
  }
}

const farPointer = (image: Uint8Array, offset: number): PhysAddr =>
  readWord(image, offset + 2, 2) * 16 + readWord(image, offset, 2);

function truncated(offset: number, want: number, have: number): LoaderError {
  return new LoaderError(
    'TRUNCATED',
    `the image has parts up to offset ${want}, the file has ${have} bytes`,
    {
      details: { rule: 'imglength', offset, found: want, limit: have },
      remedy: 'compare the length of the file with the original',
    },
  );
}

function badHeader(offset: number, rule: string, found: number): LoaderError {
  return new LoaderError(
    'BAD_NBI_HEADER',
    `the network boot image breaks the rule "${rule}" at offset ${hexAddress(offset)}: ${hexAddress(found >>> 0)}`,
    { details: { rule, offset, found }, remedy: 'build the image again with mknbi, without the rule broken' },
  );
}

/** Segmentation: from (segment, offset, bytes) to a linear address, or the fault that the access deserves. */
import { CpuException, VECTOR } from '../exception.js';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENTS,
  SS,
} from '../state/layout.js';
import type { Registers } from '../state/registers.js';
import { ATTRIBUTE_DB, isExpandDown, isReadable, isWritable } from '../state/segment.js';

export type LinearAddr = number;

/**
 * Checks an access of `bytes` bytes and gives its linear address. Throws #SS(0) for SS, else #GP(0).
 *
 * @param offset - taken modulo 2**32
 * @see SDM Vol. 3A, 5.3 "Limit Checking" and 5.4 "Type Checking"
 */
export function linearAddress(
  registers: Registers,
  segment: number,
  offset: number,
  bytes: number,
  isWrite: boolean,
): LinearAddr {
  const field = SEGMENTS + segment * SEGMENT_BYTES;
  const attributes = registers.get(field + SEGMENT_ATTRIBUTES);
  const limit = registers.getUnsigned(field + SEGMENT_LIMIT);
  const isAllowed = isWrite ? isWritable(attributes) : isReadable(attributes);
  if (!isAllowed || !isWithinLimit(attributes, limit, offset >>> 0, bytes)) {
    throw new CpuException(segment === SS ? VECTOR.SS : VECTOR.GP, 0);
  }
  return (registers.get(field + SEGMENT_BASE) + offset) >>> 0;
}

/**
 * Whether offset … offset + bytes - 1 lies in a segment.
 *
 * With a limit of FFFFFFFF an access wraps to offset 0; SDM Vol. 3A, 5.3 leaves the outcome to the implementation.
 */
export function isWithinLimit(attributes: number, limit: number, offset: number, bytes: number): boolean {
  const last = offset + bytes - 1;
  if (!isExpandDown(attributes)) return last <= limit || limit === 0xffff_ffff;
  // SDM Vol. 3A, 5.3: the offsets of an expand-down segment run from limit + 1 to FFFFFFFF or, with B = 0, FFFF.
  return offset > limit && last <= (attributes & ATTRIBUTE_DB ? 0xffff_ffff : 0xffff);
}

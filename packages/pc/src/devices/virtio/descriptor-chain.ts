/** A descriptor chain: the buffers of one request, first those that the device reads, then those that it writes. */
import type { PhysMem } from '@kexec/phys-mem';

/** A buffer in RAM. */
export interface BufferRegion {
  readonly paddr: number;
  readonly bytes: number;
}

/** The chain. All of its regions lie in RAM: who makes it has looked. */
export class DescriptorChain {
  /** Index of its first descriptor: how it is given back. */
  readonly head: number;
  /** Bytes that the device may read, and may write. */
  readonly readableBytes: number;
  readonly writableBytes: number;
  private readonly mem: Pick<PhysMem, 'readBytes' | 'writeBytes'>;
  private readonly readable: readonly BufferRegion[];
  private readonly writable: readonly BufferRegion[];

  constructor(
    mem: Pick<PhysMem, 'readBytes' | 'writeBytes'>,
    head: number,
    readable: readonly BufferRegion[],
    writable: readonly BufferRegion[],
  ) {
    this.mem = mem;
    this.head = head;
    this.readable = readable;
    this.writable = writable;
    this.readableBytes = total(readable);
    this.writableBytes = total(writable);
  }

  /** A copy of what the driver wrote, from `offset` on; shorter when it wrote less. */
  read(offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(count, this.readableBytes - offset)));
    visit(this.readable, offset, bytes.length, (paddr, part, done) =>
      bytes.set(this.mem.readBytes(paddr, part), done),
    );
    return bytes;
  }

  /** Writes from `offset` on, as far as there is room. @returns how many bytes */
  write(offset: number, bytes: Uint8Array): number {
    const count = Math.max(0, Math.min(bytes.length, this.writableBytes - offset));
    visit(this.writable, offset, count, (paddr, part, done) =>
      this.mem.writeBytes(paddr, bytes.subarray(done, done + part)),
    );
    return count;
  }
}

function total(regions: readonly BufferRegion[]): number {
  return regions.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Calls `step` for each piece of `count` bytes from `offset` on. */
function visit(
  regions: readonly BufferRegion[],
  offset: number,
  count: number,
  step: (paddr: number, part: number, done: number) => void,
): void {
  let skip = offset;
  let done = 0;
  for (const { paddr, bytes } of regions) {
    const part = Math.min(bytes - skip, count - done);
    if (part > 0) {
      step(paddr + skip, part, done);
      done += part;
    }
    skip = Math.max(0, skip - bytes);
  }
}

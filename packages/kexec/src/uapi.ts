/** The kexec ABI of i386: constants and `struct kexec_segment` as user space lays them out. */

/** Number of `kexec_load(2)` on i386. @see arch/x86/entry/syscalls/syscall_32.tbl */
export const __NR_kexec_load = 283;
/** Its number in the patch for 2.5.48, taken by another call since. @see include/asm-i386/unistd.h of the patch */
export const __NR_kexec_load_2_5_48 = 259;

/** Flags in bits 15–0, architecture in bits 31–16. @see include/uapi/linux/kexec.h */
export const KEXEC_ON_CRASH = 0x00000001;
export const KEXEC_PRESERVE_CONTEXT = 0x00000002;
export const KEXEC_ARCH_MASK = 0xffff0000;
export const KEXEC_ARCH_DEFAULT = 0 << 16;
export const KEXEC_ARCH_386 = 3 << 16;

/** The most segments that one image may have. */
export const KEXEC_SEGMENT_MAX = 16;

/*
 * struct kexec_segment, i386:
 *
 *   +0 buf    user address of the data
 *   +4 bufsz  bytes of data
 *   +8 mem    destination, physical
 *   +c memsz  bytes at the destination; those past bufsz become zero
 */
export const KEXEC_SEGMENT_BYTES = 16;

/** One segment as user space describes it; all fields uint32. */
export interface KexecSegment {
  readonly buf: number;
  readonly bufsz: number;
  readonly mem: number;
  readonly memsz: number;
}

/** Reads an array of `struct kexec_segment`. */
export function readSegments(bytes: Uint8Array): KexecSegment[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / KEXEC_SEGMENT_BYTES) }, (_, i) => {
    const at = i * KEXEC_SEGMENT_BYTES;
    const field = (offset: number) => view.getUint32(at + offset, true);
    return { buf: field(0), bufsz: field(4), mem: field(8), memsz: field(12) };
  });
}

/** Lays out segments as an array of `struct kexec_segment`. */
export function writeSegments(segments: readonly KexecSegment[]): Uint8Array {
  const bytes = new Uint8Array(segments.length * KEXEC_SEGMENT_BYTES);
  const view = new DataView(bytes.buffer);
  segments.forEach(({ buf, bufsz, mem, memsz }, i) => {
    const at = i * KEXEC_SEGMENT_BYTES;
    [buf, bufsz, mem, memsz].forEach((word, field) => {
      view.setUint32(at + 4 * field, word, true);
    });
  });
  return bytes;
}

/** Memory by linear address, as a debugger may look at it: no fault, no accessed bits, no device's registers. */
import type { Pc } from '@kexec/pc';
import { PAGE_SHIFT, PAGE_SIZE } from '@kexec/phys-mem';

/**
 * Reads as far as memory is mapped. Reading the registers of a device may change it: there memory ends, too.
 *
 * @returns up to `count` bytes
 */
export function readGuestMemory(pc: Pc, laddr: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  const end = eachPage(pc, laddr, count, (at, part, done) => {
    bytes.set(pc.mem.readBytes(at, part), done);
  });
  return bytes.subarray(0, end);
}

/** Writes all or nothing, read-only pages included. @returns whether memory is mapped there, and is RAM */
export function writeGuestMemory(pc: Pc, laddr: number, bytes: Uint8Array): boolean {
  const isWritable = (paddr: number) => pc.mem.pageKind(paddr >>> PAGE_SHIFT) === 'ram';
  let canWrite = true;
  const end = eachPage(pc, laddr, bytes.length, (at) => {
    canWrite &&= isWritable(at);
  });
  if (!canWrite || end < bytes.length) return false;
  eachPage(pc, laddr, bytes.length, (at, part, done) => {
    pc.mem.writeBytes(at, bytes.subarray(done, done + part));
  });
  return true;
}

/** Visits the pieces of a range, page by page. @returns how many bytes of it can be reached */
function eachPage(
  { cpu, mem }: Pc,
  laddr: number,
  count: number,
  visit: (paddr: number, part: number, done: number) => void,
): number {
  for (let done = 0; done < count; ) {
    const at = (laddr + done) >>> 0;
    const part = Math.min(count - done, PAGE_SIZE - (at % PAGE_SIZE));
    const paddr = cpu.translate(at);
    if (paddr === undefined || mem.pageKind(paddr >>> PAGE_SHIFT) === 'mmio') return done;
    visit(paddr, part, done);
    done += part;
  }
  return count;
}

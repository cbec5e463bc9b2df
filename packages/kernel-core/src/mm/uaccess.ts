/** Copies between kernel and user space, page by page through the process's page tables. */
import { PAGE_MASK, PAGE_SIZE, type PhysAddr, type PhysMem } from '@kexec/phys-mem';
import { TASK_SIZE } from './mm-struct.js';
import { _PAGE_RW, _PAGE_USER, type LinearAddr, walk } from './pgtable.js';

/** Whose memory: the page directory and the RAM behind it. */
export interface UserSpace {
  readonly mem: PhysMem;
  readonly pgd: PhysAddr;
}

/** True when the range is in user space, mapped or not. @see arch/x86/include/asm/uaccess.h access_ok() */
export function accessOk(vaddr: LinearAddr, count: number): boolean {
  return vaddr + count <= TASK_SIZE;
}

/** Copies from user space; undefined when a byte of it cannot be read (`-EFAULT`). @see lib/usercopy.c copy_from_user() */
export function copyFromUser(user: UserSpace, vaddr: LinearAddr, count: number): Uint8Array | undefined {
  // The pages are looked at before the buffer is made: a wild count must not cost memory.
  const pieces = userPieces(user, vaddr, count, _PAGE_USER);
  if (!pieces) return undefined;
  const bytes = new Uint8Array(count);
  let done = 0;
  for (const piece of pieces) {
    bytes.set(user.mem.readBytes(piece.paddr, piece.count), done);
    done += piece.count;
  }
  return bytes;
}

/** Copies from user space straight to physical memory; false (`-EFAULT`) when a byte cannot be read: nothing is copied then. */
export function copyFromUserToPaddr(
  user: UserSpace,
  paddr: PhysAddr,
  vaddr: LinearAddr,
  count: number,
): boolean {
  if (!isReadable(user, vaddr, count)) return false;
  for (let done = 0; done < count; ) {
    const at = vaddr + done;
    const part = Math.min(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
    user.mem.copy(paddr + done, walk(user.mem, user.pgd, at)?.paddr ?? 0, part);
    done += part;
  }
  return true;
}

/** Looked at page by page, with nothing made for each: a load of a large image asks once for every page. */
function isReadable({ mem, pgd }: UserSpace, vaddr: LinearAddr, count: number): boolean {
  if (count === 0) return true;
  if (!accessOk(vaddr, count)) return false;
  for (let at = vaddr; at < vaddr + count; at += PAGE_SIZE - (at & ~PAGE_MASK)) {
    if (!((walk(mem, pgd, at)?.flags ?? 0) & _PAGE_USER)) return false;
  }
  return true;
}

/** Copies to user space; false (`-EFAULT`) when a byte of it cannot be written: nothing is copied then. @see lib/usercopy.c copy_to_user() */
export function copyToUser(user: UserSpace, vaddr: LinearAddr, bytes: Uint8Array): boolean {
  const pieces = userPieces(user, vaddr, bytes.length, _PAGE_USER | _PAGE_RW);
  if (!pieces) return false;
  let done = 0;
  for (const piece of pieces) {
    user.mem.writeBytes(piece.paddr, bytes.subarray(done, done + piece.count));
    done += piece.count;
  }
  return true;
}

/** Copies a C string of at most `count` bytes with its NUL; undefined for a fault. @see lib/strncpy_from_user.c */
export function strncpyFromUser(user: UserSpace, vaddr: LinearAddr, count: number): string | undefined {
  let text = '';
  for (let i = 0; i < count; i++) {
    const byte = copyFromUser(user, vaddr + i, 1)?.[0];
    if (byte === undefined) return undefined;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

interface Piece {
  readonly paddr: PhysAddr;
  readonly count: number;
}

function userPieces(
  { mem, pgd }: UserSpace,
  vaddr: LinearAddr,
  count: number,
  need: number,
): Piece[] | undefined {
  // As in Linux, nothing is copied from or to anywhere without a fault.
  if (count === 0) return [];
  if (!accessOk(vaddr, count)) return undefined;
  const pieces: Piece[] = [];
  for (let done = 0; done < count; ) {
    const at = vaddr + done;
    const page = walk(mem, pgd, at);
    if (!page || (page.flags & need) !== need) return undefined;
    const part = Math.min(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
    pieces.push({ paddr: page.paddr, count: part });
    done += part;
  }
  return pieces;
}

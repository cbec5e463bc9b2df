/** Copies to and from user space: page by page, all or nothing. */
import { describe, expect, it } from 'vitest';
import { runningMachine } from '../fixture.js';
import { USER_TEXT } from '../process.js';
import { __va, clearPte, PAGE_KERNEL, setPte } from './pgtable.js';

function process() {
  const { kernel, mem } = runningMachine();
  const owner = kernel.createProcess();
  const first = owner.mmap(4096);
  const between = owner.mmap(4096);
  const second = owner.mmap(4096);
  return { kernel, mem, owner, first, between, second };
}

describe('copy_from_user', () => {
  it('crosses pages that are apart in physical memory', () => {
    const { kernel, mem, owner, first, second } = process();
    owner.munmap(first + 4096, 4096);
    const [far] = [kernel.pages.allocPage(0) ?? 0];
    setPte(kernel, owner.mm.pgd, first + 4096, (far << 12) | 0x27);
    mem.write8(far << 12, 0xbb);
    owner.write(first + 4095, Uint8Array.of(0xaa));
    expect(kernel.copyFromUser(owner, first + 4095, 2)).toEqual(Uint8Array.of(0xaa, 0xbb));
    expect(kernel.copyFromUserToPaddr(owner, 0x7_0000, first + 4095, 2)).toBe(true);
    expect(mem.read16(0x7_0000)).toBe(0xbbaa);
    expect(second).toBe(first + 8192);
  });

  it('faults on the first byte that is not there, even the last of many', () => {
    const { kernel, mem, owner, first, between } = process();
    clearPte(mem, owner.mm.pgd, between);
    expect(kernel.copyFromUser(owner, first, 4096)).toHaveLength(4096);
    expect(kernel.copyFromUser(owner, first, 4097)).toBeUndefined();
    expect(kernel.copyFromUserToPaddr(owner, 0x7_0000, first, 4097)).toBe(false);
    expect(kernel.copyFromUser(owner, between, 0)).toHaveLength(0);
  });

  it('does not reach the kernel: by address, by page, or round the end', () => {
    const { kernel, owner, between } = process();
    setPte(kernel, owner.mm.pgd, between, 0x10_0000 | PAGE_KERNEL);
    expect(kernel.copyFromUser(owner, between, 1)).toBeUndefined();
    expect(kernel.copyFromUser(owner, __va(0x10_0000), 1)).toBeUndefined();
    expect(kernel.copyFromUser(owner, 0xbfff_ffff, 1)).toHaveLength(1);
    expect(kernel.copyFromUser(owner, 0xbfff_ffff, 2)).toBeUndefined();
    expect(kernel.copyFromUser(owner, 0xffff_ffff, 0xffff_ffff)).toBeUndefined();
  });
});

describe('copy_to_user', () => {
  it('needs every page writable, and writes nothing otherwise', () => {
    const { kernel, mem, owner, first, between } = process();
    expect(kernel.copyToUser(owner, USER_TEXT, Uint8Array.of(1))).toBe(false);
    clearPte(mem, owner.mm.pgd, between);
    expect(kernel.copyToUser(owner, first + 4095, Uint8Array.of(1, 2))).toBe(false);
    expect(owner.read(first + 4095, 1)).toEqual(Uint8Array.of(0));
    expect(kernel.copyToUser(owner, first + 4095, Uint8Array.of(1))).toBe(true);
    expect(owner.read(first + 4095, 1)).toEqual(Uint8Array.of(1));
  });
});

describe('strncpy_from_user', () => {
  it('ends at the NUL or the limit, and faults where the string does', () => {
    const { kernel, mem, owner, first, between } = process();
    clearPte(mem, owner.mm.pgd, between);
    const text = Uint8Array.from('kexec\0', (char) => char.charCodeAt(0));
    owner.write(first + 4090, text);
    expect(kernel.strncpyFromUser(owner, first + 4090, 100)).toBe('kexec');
    expect(kernel.strncpyFromUser(owner, first + 4090, 3)).toBe('kex');
    owner.write(first + 4095, Uint8Array.of(33));
    expect(kernel.strncpyFromUser(owner, first + 4090, 100)).toBeUndefined();
    expect(kernel.strncpyFromUser(owner, first + 4090, 6)).toBe('kexec!');
  });
});

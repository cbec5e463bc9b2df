/** C-struct views: offsets, sizeof, live fields, nesting. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { array, at, bytes, defineStruct, u8, u16, u32, u64 } from './struct.js';

// ACPI "System Address Map Interfaces": base 8 bytes, length 8 bytes, type 4 bytes, packed.
const boot_e820_entry = defineStruct('boot_e820_entry', { addr: u64, size: u64, type: u32 });

describe('defineStruct', () => {
  it('lays fields out packed, little-endian', () => {
    expect(boot_e820_entry.sizeof).toBe(20);
    expect(boot_e820_entry.offsetof).toEqual({ addr: 0, size: 8, type: 16 });
    const encoded = boot_e820_entry.encode({ addr: 0x10_0000n, size: 0x123n, type: 1 });
    expect([...encoded]).toEqual([0, 0, 16, 0, 0, 0, 0, 0, 0x23, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('views the bytes themselves: a store is seen in them and theirs in it', () => {
    const memory = new Uint8Array(64).subarray(8);
    const view = boot_e820_entry.view(memory, 4);
    expectTypeOf(view.addr).toEqualTypeOf<bigint>();
    view.type = 0x0102;
    expect(memory[4 + 16]).toBe(2);
    memory[4 + 17] = 0;
    expect(view.type).toBe(2);
  });

  it('places a field at its offset and what follows after it', () => {
    const header = defineStruct('setup_header', { setup_sects: at(0x1f1, u8), root_flags: u16 }, 0x400);
    expect(header.offsetof).toEqual({ setup_sects: 0x1f1, root_flags: 0x1f2 });
    expect(header.sizeof).toBe(0x400);
  });

  it('holds arrays, bytes and other structs', () => {
    const table = defineStruct('table', { name: bytes(4), pair: array(u16, 2), first: boot_e820_entry });
    const memory = new Uint8Array(table.sizeof);
    const view = table.view(memory);
    view.name = Uint8Array.of(65, 66);
    view.pair = [1, 2];
    view.first = { addr: 1n, size: 2n, type: 3 };
    expect(table.sizeof).toBe(28);
    expect([...view.name]).toEqual([65, 66, 0, 0]);
    expect([...memory.subarray(0, 9)]).toEqual([65, 66, 0, 0, 1, 0, 2, 0, 1]);
    expect(view.pair).toEqual([1, 2]);
    expect(view.first).toEqual({ addr: 1n, size: 2n, type: 3 });
  });

  it('keeps bytes and arrays to their length, wherever their struct lies', () => {
    const outer = defineStruct('outer', { before: u32, name: bytes(2), pair: array(u8, 2), after: u16 });
    const memory = new Uint8Array(32).subarray(3);
    const view = outer.view(memory, 5);
    view.after = 0x5555;
    view.name = Uint8Array.of(1, 2);
    view.pair = [3, 4, 5];
    expect([...memory.subarray(9, 15)]).toEqual([1, 2, 3, 4, 0x55, 0x55]);
    expect([...view.name]).toEqual([1, 2]);
  });

  it('refuses bytes that are too few', () => {
    expect(() => boot_e820_entry.view(new Uint8Array(19))).toThrow(/20 bytes at 0, there are 19/);
    expect(() => boot_e820_entry.view(new Uint8Array(20), 1)).toThrow(/boot_e820_entry/);
  });
});

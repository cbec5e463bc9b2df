/** Firmware tables: found where an operating system searches, each summing up to zero. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { createPc } from '../pc.js';
import { checksum } from './table-bytes.js';
import { FACS_PADDR } from './tables.js';

const RAM_BYTES = 64 << 20;

function setUp(model: '686' | '486' = '686') {
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const pc = createPc({ mem, model });
  const table = (paddr: number) => mem.readBytes(paddr, mem.read32(paddr + 4));
  const rsdp = search(mem.readBytes(0xe_0000, 0x2_0000), 'RSD PTR ') + 0xe_0000;
  const rsdt = table(mem.read32(rsdp + 16));
  const view = new DataView(rsdt.buffer);
  const tables = new Map<string, Uint8Array>([['RSDT', rsdt]]);
  for (let at = 36; at < rsdt.length; at += 4) {
    const found = table(view.getUint32(at, true));
    tables.set(text(found, 0, 4), found);
  }
  const fadt = tables.get('FACP');
  if (fadt) tables.set('DSDT', table(new DataView(fadt.buffer).getUint32(40, true)));
  return { mem, pc, rsdp, tables };
}

/** The first paragraph that begins so. */
function search(bytes: Uint8Array, signature: string): number {
  for (let at = 0; at < bytes.length; at += 16)
    if (text(bytes, at, signature.length) === signature) return at;
  throw new Error(`no ${signature}`);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

describe('ACPI tables', () => {
  it('are found by the search of E0000–FFFFF, and each sums up to zero', () => {
    const { mem, pc, rsdp, tables } = setUp();
    expect(rsdp).toBe(pc.rsdpPaddr);
    expect(checksum(mem.readBytes(rsdp, 20))).toBe(0);
    expect([...tables.keys()]).toEqual(['RSDT', 'FACP', 'APIC', 'HPET', 'DSDT']);
    for (const [name, bytes] of tables) expect([name, checksum(bytes)]).toEqual([name, 0]);
  });

  it('have the FACS in RAM, aligned to 64 bytes', () => {
    const { mem, tables } = setUp();
    const fadt = tables.get('FACP') ?? new Uint8Array();
    expect(new DataView(fadt.buffer).getUint32(36, true)).toBe(FACS_PADDR);
    expect([FACS_PADDR % 64, text(mem.readBytes(FACS_PADDR, 4), 0, 4)]).toEqual([0, 'FACS']);
    mem.write32(FACS_PADDR + 16, 1);
    expect(mem.read32(FACS_PADDR + 16)).toBe(1);
  });

  it('tell of no APIC where the processor has none', () => {
    expect([...setUp('486').tables.keys()]).toEqual(['RSDT', 'FACP', 'HPET', 'DSDT']);
  });
});

/** The ACPI tables in a PC's memory, read by ACPICA's own disassembler. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPc } from '@kexec/pc';
import { createPhysMem, type PhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';

/** What the RSDT and the FADT point to, by signature. */
function acpiTables(mem: PhysMem, rsdp: number): [name: string, bytes: Uint8Array][] {
  const rsdt = mem.read32(rsdp + 16);
  const count = (mem.read32(rsdt + 4) - 36) / 4;
  const listed = Array.from({ length: count }, (_, i) => mem.read32(rsdt + 36 + 4 * i));
  const fadt = listed[0] ?? 0;
  return [rsdt, ...listed, mem.read32(fadt + 40)].map((paddr) => {
    const bytes = mem.readBytes(paddr, mem.read32(paddr + 4));
    return [String.fromCharCode(...bytes.subarray(0, 4)), bytes];
  });
}

const IASL = 'iasl';
const hasIasl = spawnSync(IASL, ['-v']).status === 0;
if (!hasIasl) console.warn('SKIPPED: iasl is not there; Debian has it in acpica-tools');

describe.skipIf(!hasIasl)('iasl', () => {
  /** The tables, disassembled: file name to text, and what iasl said. */
  function disassemble() {
    const folder = mkdtempSync(join(tmpdir(), 'kexec-acpi-'));
    const mem = createPhysMem({ ramBytes: 64 << 20 });
    const { rsdpPaddr } = createPc({ mem });
    try {
      return acpiTables(mem, rsdpPaddr).map(([name, bytes]) => {
        writeFileSync(join(folder, `${name}.aml`), bytes);
        const { status, stdout, stderr } = spawnSync(IASL, ['-d', `${name}.aml`], {
          cwd: folder,
          encoding: 'utf8',
        });
        return {
          name,
          status,
          said: stdout + stderr,
          dsl: readFileSync(join(folder, `${name}.dsl`), 'utf8'),
        };
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('disassembles every table without a complaint', () => {
    const all = disassemble();
    for (const { name, status, said } of all) {
      expect([name, status]).toEqual([name, 0]);
      expect(said).not.toMatch(/error|warning|invalid/i);
    }
    const dsdt = all.find(({ name }) => name === 'DSDT')?.dsl ?? '';
    expect(dsdt).toMatch(/Name \(\\_S5, Package \(0x04\)/);
    expect(dsdt).toContain('Name (_HID, EisaId ("PNP0A03")');
    // Slot 3, INTA#: (3 + 1 - 1) & 3 is PIRQD#, IRQ 11.
    expect(dsdt.replace(/\s+/g, ' ')).toContain('Package (0x04) { 0x0003FFFF, Zero, Zero, 0x0B }');
  });
});

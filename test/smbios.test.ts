/** The SMBIOS tables in a PC's memory, read by dmidecode. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPc } from '@kexec/pc';
import { createPhysMem } from '@kexec/phys-mem';
import { expect, it } from 'vitest';

const DMIDECODE = 'dmidecode';
const hasDmidecode = spawnSync(DMIDECODE, ['--version']).status === 0;
if (!hasDmidecode) console.warn('SKIPPED: dmidecode is not there; Debian has it in a package of that name');

it.skipIf(!hasDmidecode)('dmidecode finds nine structures and no fault in them', () => {
  const mem = createPhysMem({ ramBytes: 256 << 20 });
  createPc({ mem });
  const folder = mkdtempSync(join(tmpdir(), 'kexec-smbios-'));
  try {
    const dump = join(folder, 'dump');
    writeFileSync(dump, dumpOf(mem.readBytes(0xf_0000, 0x1_0000)));
    const { stdout, stderr } = spawnSync(DMIDECODE, ['--from-dump', dump], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toContain('SMBIOS 2.8 present.\n9 structures occupying');
    expect(stdout).not.toMatch(/invalid|bad|wrong|out of spec|truncated/i);
    expect(stdout).toContain('Product Name: Virtual PC (i440FX)');
    expect(stdout).toContain('Size: 256 MB');
    expect(stdout).toContain('Range Size: 256 MB');
    expect(stdout).toContain('Number Of Devices: 1');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What --from-dump wants: the entry point, and at offset 32 the structures, to which its address is changed. */
function dumpOf(rom: Uint8Array): Uint8Array {
  const view = new DataView(rom.buffer);
  let at = 0;
  while (String.fromCharCode(...rom.subarray(at, at + 4)) !== '_SM_') at += 16;
  const length = view.getUint16(at + 22, true);
  const start = view.getUint32(at + 24, true) - 0xf_0000;
  const dump = new Uint8Array(32 + length);
  dump.set(rom.subarray(at, at + 31));
  dump.set(rom.subarray(start, start + length), 32);
  new DataView(dump.buffer).setUint32(24, 32, true);
  // The intermediate checksum covers the address; the whole's stays right.
  const sum = (from: number, to: number) => dump.subarray(from, to).reduce((total, byte) => total + byte, 0);
  dump[21] = ((dump[21] ?? 0) - sum(16, 31)) & 0xff;
  dump[4] = ((dump[4] ?? 0) - sum(0, 31)) & 0xff;
  return dump;
}

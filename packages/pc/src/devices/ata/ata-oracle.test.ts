/** The same guest on our drive and on QEMU's: PIO, multiple sectors, CHS, DMA, errors, the diagnostic. */
import { createPhysMem } from '@kexec/phys-mem';
import { assemble, CS, DS, ES, SS } from '@kexec/x86-cpu';
import { expect, test } from 'vitest';
import { MemoryBlocks } from '../../block/block-backend.js';
import { createPc } from '../../pc.js';
import { IDE_GUEST, IDE_GUEST_LOADER, IDE_GUEST_ORIGIN } from '../../testing/ide-guest.js';
import { numberedBytes } from '../../testing/ide-rig.js';

const SECTORS = 2048;
const LOADER_ORIGIN = 0x7c00;

/**
 * What QEMU 7.2.22 wrote for this disk: `-M pc,acpi=off -drive file=disk.img,format=raw,if=ide -net none
 * -debugcon file:out.txt -device isa-debug-exit,iobase=0xf4`.
 */
const QEMU = `
  G0101010000 S4800 S4000 S4800 Db24d S4800 D46e2 S4000 S4104 S4000 S4104 S4000 S4800 S4800 S4000 S4104 S4800 Da69d
  S4800 S4800 S4000 S4000 B0404 S4000 D6def D6def B0504 S4000 S0000 G0101010000 .
`
  .trim()
  .split(/\s+/);

/** Beyond the last sector QEMU aborts; ATA/ATAPI-7 Volume 1, "READ SECTOR(S)", error outputs: IDNF for an address that is not there. */
const BEYOND_THE_END = { line: 8, qemu: 'S4104', ours: 'S4110' };

function image(program: Uint8Array): Uint8Array {
  const bytes = numberedBytes(SECTORS);
  bytes.set(assemble(IDE_GUEST_LOADER, { origin: LOADER_ORIGIN, bits: 16 }).bytes);
  bytes.set(program, 512);
  return bytes;
}

test('Our IDE drive shows a guest what QEMU shows it', () => {
  const program = assemble(IDE_GUEST, { origin: IDE_GUEST_ORIGIN, bits: 16 }).bytes;
  const mem = createPhysMem({ ramBytes: 2 << 20 });
  const written: number[] = [];
  const pc = createPc({
    mem,
    onDebug: (byte) => written.push(byte),
    disks: [{ backend: new MemoryBlocks(image(program)), interface: 'ide' }],
  });
  mem.writeBytes(IDE_GUEST_ORIGIN, program);
  for (const segment of [CS, DS, ES, SS]) {
    pc.cpu.setSegment(segment, { selector: 0, attributes: 0x93, base: 0, limit: 0xffff });
  }
  pc.cpu.esp = LOADER_ORIGIN;
  pc.cpu.eip = IDE_GUEST_ORIGIN;
  expect(pc.run({ instructions: 1_000_000 }).kind).toBe('exit');
  const lines = String.fromCharCode(...written)
    .trim()
    .split('\n');
  const { line, qemu, ours } = BEYOND_THE_END;
  expect(QEMU[line]).toBe(qemu);
  expect(lines).toEqual(QEMU.with(line, ours));
});

/** Machines that are turned on: Debian's SeaBIOS from the reset vector, and our own. */
import { existsSync, readFileSync } from 'node:fs';
import { type BiosMachineOptions, createBiosMachine } from '@kexec/machine';
import { describe, expect, test } from 'vitest';

const SEABIOS = '/usr/share/seabios/bios.bin';
const SEABIOS_256K = '/usr/share/seabios/bios-256k.bin';
const isThere = existsSync(SEABIOS) && existsSync(SEABIOS_256K);
if (!isThere) console.warn(`SKIPPED: ${SEABIOS} is not there; it is in Debian's package seabios`);

function debugged(options: BiosMachineOptions) {
  const bytes: number[] = [];
  const machine = createBiosMachine({ memory: '32M', onDebug: (byte) => bytes.push(byte), ...options });
  return { machine, text: () => String.fromCharCode(...bytes) };
}

describe.skipIf(!isThere)('SeaBIOS', () => {
  test.each([SEABIOS, SEABIOS_256K])('%s finds the memory and the board, and no bootable device', (path) => {
    const { machine, text } = debugged({ bios: readFileSync(path) });
    expect(machine.run({ instructions: 8_000_000 })).toMatchObject({ kind: 'reset' });
    expect(text()).toContain('SeaBIOS (version ');
    expect(text()).toContain('RamSize: 0x02000000 [cmos]');
    expect(text()).toContain('PCI: init bdf=00:00.0 id=8086:1237');
    expect(text()).toContain('PS2 keyboard initialized');
    expect(text()).toContain('0000000000100000 - 0000000002000000 = 1 RAM');
    expect(text()).toContain('No bootable device.  Retrying in 60 seconds.');
    // It asked for the reset itself, and starts again from its ROM, although it has run from the RAM beneath.
    machine.pc.reset();
    machine.run({ instructions: 1_000_000 });
    expect(text().split('SeaBIOS (version ').length).toBeGreaterThan(3);
  });

  test('a BIOS that is no ROM image is refused', () => {
    const bios = new Uint8Array(1000);
    expect(() => createBiosMachine({ bios })).toThrowError(expect.objectContaining({ code: 'BIOS_SIZE' }));
  });
});

test('our own BIOS, turned on without a disk, says so on the screen', () => {
  const machine = createBiosMachine({ memory: '4M' });
  expect(machine.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
  expect(machine.pc.devices.vga.text().trim()).toBe('No bootable device.');
});

/** Machines that are turned on: Debian's SeaBIOS from the reset vector, and our own. */
import { existsSync, readFileSync } from 'node:fs';
import { type BiosMachineOptions, createBiosMachine } from '@kexec/machine';
import { assemble } from '@kexec/x86-cpu';
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
    expect(machine.run({ instructions: 60_000_000 })).toMatchObject({ kind: 'reset' });
    expect(text()).toContain('SeaBIOS (version ');
    expect(text()).toContain('RamSize: 0x02000000 [cmos]');
    expect(text()).toContain('PCI: init bdf=00:00.0 id=8086:1237');
    expect(text()).toContain('PS2 keyboard initialized');
    // Its own tables take the end of RAM.
    expect(text()).toMatch(/0000000000100000 - 0000000001f[0-9a-f]{5} = 1 RAM/);
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

/** A boot sector that reads the sector after it by INT 13 and prints what is there on COM1. */
function bootDisk(): Uint8Array {
  const { bytes } = assemble(
    `
bits 16
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, 0x0201          ; one sector
        mov bx, 0x7e00
        mov cx, 0x0002          ; cylinder 0, sector 2
        mov dh, 0               ; head 0 of the disk in DL
        int 0x13
        mov si, 0x7e00
next:   lodsb
        test al, al
        jz done
        mov dx, 0x3f8
        out dx, al
        jmp next
done:   cli
        hlt
        times 510 - $ db 0
        dw 0xaa55
        db "read from sector 2", 0
        times 1024 - $ db 0`,
    { bits: 16 },
  );
  const disk = new Uint8Array(1 << 20);
  disk.set(bytes);
  return disk;
}

describe('a disk is booted', () => {
  test.each(['ide', 'virtio'] as const)('by our own BIOS, from %s', (name) => {
    const serial: number[] = [];
    const machine = createBiosMachine({
      memory: '4M',
      disks: [{ image: bootDisk(), interface: name }],
      onSerial: (byte) => serial.push(byte),
    });
    expect(machine.run({ instructions: 1_000_000 })).toEqual({ kind: 'halted-forever' });
    expect(String.fromCharCode(...serial)).toBe('read from sector 2');
  });

  test.skipIf(!isThere)('by SeaBIOS, through the ATA registers', () => {
    const serial: number[] = [];
    const machine = createBiosMachine({
      memory: '32M',
      bios: readFileSync(SEABIOS),
      disks: [{ image: bootDisk() }],
      onSerial: (byte) => serial.push(byte),
    });
    expect(machine.run({ instructions: 100_000_000 })).toEqual({ kind: 'halted-forever' });
    expect(String.fromCharCode(...serial)).toBe('read from sector 2');
  });
});

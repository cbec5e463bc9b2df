/** INT 13: by cylinder, head and sector, and by LBA. */
import { KexecError } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { BUFFER, biosCaller } from '../../testing/bios-call.js';
import { type MemoryDisk, memoryDisk } from '../../testing/memory-disk.js';
import { geometryOf } from './disk-services.js';

const DISK = 0x13;
/** 20 cylinders of 16 heads of 63 sectors. */
const SECTORS = 20 * 16 * 63;

function withDisk(disk: MemoryDisk = memoryDisk(SECTORS)) {
  const { pc, call } = biosCaller({ disks: [{ backend: disk, interface: 'ide' }] });
  const packet = (count: number, lba: number) => {
    pc.mem.writeBytes(0x700, Uint8Array.of(0x10, 0, count, 0, BUFFER & 0xff, BUFFER >> 8, 0, 0));
    pc.mem.write32(0x708, lba);
    pc.mem.write32(0x70c, 0);
  };
  return { pc, call, disk, packet };
}

describe('INT 13', () => {
  it('02 reads: cylinder 3, head 2, sector 5 is LBA (3 × 16 + 2) × 63 + 4', () => {
    const { pc, call } = withDisk();
    expect(call(DISK, { eax: 0x0202, ebx: BUFFER, ecx: 0x0305, edx: 0x0280 })).toMatchObject({
      ax: 0x0002,
      carry: false,
    });
    expect([pc.mem.read32(BUFFER), pc.mem.read32(BUFFER + 512)]).toEqual([3154, 3155]);
  });

  it('03 writes, and 04 verifies', () => {
    const { pc, call, disk } = withDisk();
    pc.mem.write32(BUFFER, 0xdeadbeef);
    expect(call(DISK, { eax: 0x0301, ebx: BUFFER, ecx: 0x0002, edx: 0x0080 }).carry).toBe(false);
    expect([...disk.bytes.subarray(512, 516)]).toEqual([0xef, 0xbe, 0xad, 0xde]);
    expect(call(DISK, { eax: 0x0401, ecx: 0x0002, edx: 0x0080 }).carry).toBe(false);
  });

  it('08 tells the last cylinder, head and sector, and how many disks there are', () => {
    const { call } = withDisk();
    expect(call(DISK, { eax: 0x0800, edx: 0x80 })).toMatchObject({
      ax: 0,
      cx: 0x133f,
      dx: 0x0f01,
      carry: false,
    });
  });

  it('15 tells a fixed disk and its sectors, and no disk at 81', () => {
    const { call } = withDisk();
    expect(call(DISK, { eax: 0x1500, edx: 0x80 })).toMatchObject({
      ax: 0x0300,
      cx: 0,
      dx: SECTORS,
      carry: false,
    });
    expect(call(DISK, { eax: 0x1500, edx: 0x81 })).toMatchObject({ ax: 0, cx: 0, dx: 0, carry: false });
  });

  it('refuses a drive that is not there, a sector 0, a head too many and a call that it does not know', () => {
    const { call } = withDisk();
    const bad = { ax: 0x0101, carry: true };
    expect(call(DISK, { eax: 0x0201, ebx: BUFFER, ecx: 1, edx: 0x81 })).toMatchObject(bad);
    expect(call(DISK, { eax: 0x0201, ebx: BUFFER, ecx: 0, edx: 0x80 })).toMatchObject(bad);
    expect(call(DISK, { eax: 0x0201, ebx: BUFFER, ecx: 1, edx: 0x1080 })).toMatchObject(bad);
    expect(call(DISK, { eax: 0x6001, edx: 0x80 })).toMatchObject(bad);
    expect(call(DISK, { eax: 0x0200, ebx: BUFFER, ecx: 1, edx: 0x00 })).toMatchObject({
      ax: 0x0100,
      carry: true,
    });
  });

  it('01 tells how the last call ended; 00 resets', () => {
    const { call } = withDisk();
    call(DISK, { eax: 0x0201, ebx: BUFFER, ecx: 0xff01, edx: 0x0080 });
    expect(call(DISK, { eax: 0x0100, edx: 0x80 })).toMatchObject({ ax: 0x0400, carry: true });
    expect(call(DISK, { eax: 0x0000, edx: 0x80 })).toMatchObject({ ax: 0, carry: false });
    expect(call(DISK, { eax: 0x0100, edx: 0x80 }).carry).toBe(false);
  });

  it('41 answers AA55 with the version and the packet calls', () => {
    const { call } = withDisk();
    expect(call(DISK, { eax: 0x4100, ebx: 0x55aa, edx: 0x80 })).toMatchObject({
      ax: 0x3000,
      bx: 0xaa55,
      cx: 0x0005,
      carry: false,
    });
    expect(call(DISK, { eax: 0x4100, ebx: 0x55aa, edx: 0x81 }).carry).toBe(true);
  });

  it('42 and 43 read and write by LBA, up to the last sector', () => {
    const { pc, call, disk, packet } = withDisk();
    packet(2, SECTORS - 2);
    expect(call(DISK, { eax: 0x4200, edx: 0x80, esi: 0x700 })).toMatchObject({ ax: 0, carry: false });
    expect(pc.mem.read32(BUFFER + 512)).toBe(SECTORS - 1);
    packet(2, SECTORS - 1);
    expect(call(DISK, { eax: 0x4200, edx: 0x80, esi: 0x700 })).toMatchObject({ ax: 0x0400, carry: true });
    pc.mem.write32(BUFFER, 0x11223344);
    packet(1, 7);
    call(DISK, { eax: 0x4300, edx: 0x80, esi: 0x700 });
    expect(disk.bytes[7 * 512]).toBe(0x44);
  });

  it('tells 10 for a sector that cannot be read, and CC for one that cannot be written', () => {
    const fail = () => {
      throw new KexecError('MEDIUM', 'no sector found');
    };
    const { call } = withDisk({ ...memoryDisk(SECTORS), read: fail, write: fail });
    const at = { ebx: BUFFER, ecx: 1, edx: 0x80 };
    expect(call(DISK, { eax: 0x0201, ...at })).toMatchObject({ ax: 0x1001, carry: true });
    expect(call(DISK, { eax: 0x0301, ...at })).toMatchObject({ ax: 0xcc01, carry: true });
  });

  it('48 tells sectors and geometry', () => {
    const { pc, call } = withDisk();
    pc.mem.write16(0x700, 0x1a);
    expect(call(DISK, { eax: 0x4800, edx: 0x80, esi: 0x700 }).carry).toBe(false);
    const words = [0x702, 0x704, 0x708, 0x70c, 0x710].map((paddr) => pc.mem.read16(paddr));
    expect([...words, pc.mem.read16(0x718)]).toEqual([2, 20, 16, 63, SECTORS, 512]);
  });
});

describe('the geometry', () => {
  it('takes as many heads as keep the cylinders at 1024', () => {
    const disk = { read: () => undefined, write: () => undefined };
    expect(geometryOf({ ...disk, sectors: 1024 * 16 * 63 })).toEqual({
      cylinders: 1024,
      heads: 16,
      sectors: 63,
    });
    expect(geometryOf({ ...disk, sectors: 1024 * 16 * 63 + 1 })).toEqual({
      cylinders: 512,
      heads: 32,
      sectors: 63,
    });
    expect(geometryOf({ ...disk, sectors: 2 ** 33 })).toEqual({ cylinders: 1024, heads: 255, sectors: 63 });
  });
});

describe('booting', () => {
  it('loads the boot sector of disk 80 at 0000:7C00 and enters it with DL = 80', () => {
    const disk = memoryDisk(SECTORS);
    // mov [0x500], dl; cli; hlt
    disk.bytes.set([0x88, 0x16, 0x00, 0x05, 0xfa, 0xf4]);
    disk.bytes.set([0x55, 0xaa], 0x1fe);
    const { pc } = withDisk(disk);
    pc.reset();
    expect(pc.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
    expect([pc.mem.read8(0x500), pc.cpu.eip, pc.mem.read8(0x475)]).toEqual([0x80, 0x7c06, 1]);
  });

  it('says so when the disk has no boot sector', () => {
    const { pc } = withDisk();
    pc.reset();
    expect(pc.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
    expect(pc.devices.vga.text()).toContain('No bootable device.');
  });
});

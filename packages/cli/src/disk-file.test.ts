/** --disk and the image file behind it. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockError } from '@kexec/machine';
import { afterAll, describe, expect, it } from 'vitest';
import { FileBlocks, openDisks, parseDisk } from './disk-file.js';

const folder = mkdtempSync(join(tmpdir(), 'kexec-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(bytes: number): string {
  const path = join(folder, `${bytes}.img`);
  writeFileSync(path, new Uint8Array(bytes).fill(1));
  return path;
}

describe('--disk', () => {
  it('is an IDE disk unless it says otherwise, and may be given more than once', () => {
    const first = parseDisk('a.img');
    expect(parseDisk('b.img,cow,if=virtio', first)).toEqual([
      { path: 'a.img', interface: 'ide', copyOnWrite: false },
      { path: 'b.img', interface: 'virtio', copyOnWrite: true },
    ]);
  });

  it('refuses settings that do not exist, and no name', () => {
    expect(() => parseDisk('a.img,if=scsi')).toThrow('if=scsi');
    expect(() => parseDisk(',cow')).toThrow('image file');
  });

  it('refuses what is no file of whole sectors', () => {
    const flag = (path: string) => [{ path, interface: 'ide', copyOnWrite: false } as const];
    expect(() => openDisks(flag(join(folder, 'none')))).toThrow('ENOENT');
    expect(() => openDisks(flag(file(1000)))).toThrow('1000 bytes');
  });
});

describe('An image file', () => {
  it('is read and written at the place of the sector', () => {
    const path = file(2048);
    const disk = new FileBlocks(path);
    disk.write(2, new Uint8Array(512).fill(7));
    disk.flush();
    const bytes = new Uint8Array(1024);
    disk.read(1, bytes);
    disk.close();
    expect([disk.sectors, bytes[511], bytes[512]]).toEqual([4, 1, 7]);
    expect([...readFileSync(path)].indexOf(7)).toBe(1024);
  });

  it('that the host cuts short is a medium that fails', () => {
    const path = file(1536);
    const disk = new FileBlocks(path, true);
    truncateSync(path, 512);
    expect(() => disk.read(0, new Uint8Array(1024))).toThrow(BlockError);
    expect(() => disk.write(0, new Uint8Array(512))).toThrow(BlockError);
    disk.close();
  });
});

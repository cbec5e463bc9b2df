/** Debian from a disk, by ATA and by virtio: to a login, a file written, powered off, and the file system whole. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BlockBackend, createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../.cache/debian', import.meta.url));
const isBuilt = ['disk.img', 'vmlinuz', 'initrd.img'].every((name) => existsSync(join(folder, name)));
if (!isBuilt) console.warn('SKIPPED: no Debian disk; "node scripts/build-debian-disk.mjs" builds it');

const SLICE = 20_000_000;
const LIMIT = 30_000_000_000;

/** What is typed when the text since the last line ends so. */
const DIALOGUE = [
  { after: /login: $/, type: 'root\n' },
  { after: /# $/, type: 'echo written by the guest > /root/written; md5sum /bin/bash; poweroff\n' },
] as const;

/** A disk over the image's bytes, written in place. */
function diskOf(bytes: Uint8Array): BlockBackend {
  return {
    sectors: bytes.length / 512,
    read: (lba, into) => into.set(bytes.subarray(lba * 512, lba * 512 + into.length)),
    write: (lba, from) => bytes.set(from, lba * 512),
    flush: () => undefined,
  };
}

function boot(name: 'ide' | 'virtio', image: Uint8Array) {
  let text = '';
  const machine = createMachine({
    memory: '256M',
    onSerial: (byte) => {
      text += String.fromCharCode(byte);
    },
    disks: [{ image: diskOf(image), interface: name }],
  });
  machine.load(readFileSync(join(folder, 'vmlinuz')), {
    append: `root=/dev/${name === 'ide' ? 'sda' : 'vda'} rw console=ttyS0,115200 cryptomgr.notests`,
    initrd: readFileSync(join(folder, 'initrd.img')),
  });
  machine.exec();
  let step = 0;
  let from = 0;
  for (let left = LIMIT; left > 0; left -= SLICE) {
    const stop = machine.run({ instructions: SLICE });
    const next = DIALOGUE[step];
    if (next?.after.test(text.slice(from))) {
      from = text.length;
      step++;
      machine.input(new TextEncoder().encode(next.type));
    } else if (stop.kind !== 'budget') return { text, stop };
  }
  return { text, stop: undefined };
}

/** What debugfs and e2fsck say of an image. */
function examine(image: Uint8Array) {
  const scratch = mkdtempSync(join(tmpdir(), 'kexec-disk-'));
  const env = { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` };
  try {
    const path = join(scratch, 'disk.img');
    writeFileSync(path, image);
    const written = spawnSync('debugfs', ['-R', 'cat /root/written', path], { env, encoding: 'utf8' }).stdout;
    const bash = spawnSync('debugfs', ['-R', 'cat /bin/bash', path], { env, maxBuffer: 1 << 26 }).stdout;
    const fsck = spawnSync('e2fsck', ['-fn', path], { env, encoding: 'utf8' });
    const md5 = spawnSync('md5sum', { input: bash, encoding: 'utf8' }).stdout.slice(0, 32);
    return { written, md5, fsck: fsck.status, said: fsck.stdout };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

for (const name of ['ide', 'virtio'] as const) {
  test.skipIf(!isBuilt)(
    `Debian boots from a disk by ${name} to a login, writes and powers off, and e2fsck finds nothing`,
    () => {
      const image = Uint8Array.from(readFileSync(join(folder, 'disk.img')));
      const { text, stop } = boot(name, image);
      const { written, md5, fsck, said } = examine(image);
      expect(stop?.kind, text.slice(-2000)).toBe('power-off');
      expect(written).toBe('written by the guest\n');
      expect(text).toContain(`${md5}  /bin/bash`);
      expect([fsck, said]).toEqual([0, expect.any(String)]);
    },
    3_600_000,
  );
}

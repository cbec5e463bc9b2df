/** An initramfs of Debian's busybox and kexec-tools, with an /init and files of the test's own; made from a fixture. */
import { gunzipSync } from 'node:zlib';
import { fixture } from './fixture.js';
import { readArchive, writeArchive } from './newc.js';

const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** What is done before the test's own part of /init. */
const PREPARE = `#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
dmesg -n 1
`;

/**
 * kexec and vmcore-dmesg with their libraries, busybox, and `/test/NAME` for each of `files`; undefined without the
 * fixture.
 *
 * @param init - goes on where /proc and /dev are mounted, and busybox has its names
 */
export function debianUserland(
  init: string,
  files: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array | undefined {
  const archive = fixture('kexec.gz');
  if (!archive) return undefined;
  const system = readArchive(gunzipSync(archive)).filter(({ path }) => !/^(boot|init$)/.test(path));
  return writeArchive([
    ...system,
    { path: 'init', mode: S_IFREG | 0o755, bytes: Buffer.from(PREPARE + init) },
    { path: 'test', mode: S_IFDIR | 0o755 },
    ...Object.entries(files).map(([name, bytes]) => ({ path: `test/${name}`, mode: S_IFREG | 0o755, bytes })),
  ]);
}

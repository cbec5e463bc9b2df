/** Builds an initramfs that is Debian's static busybox and an /init: the same bytes whenever and wherever it is built. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('../.cache/fixtures', import.meta.url));

/** Where the fixtures have it, beside the busybox that it is made of. */
export const INITRAMFS_NAME = 'initramfs.gz';

/**
 * The first process. A word `run=…` of the kernel's command line is a variable of its environment: it is executed
 * before the shell, and `run=poweroff` leaves no shell to come to. ttyS0 becomes the shell's controlling terminal.
 *
 * @see Documentation/admin-guide/kernel-parameters.rst: what the kernel does not know goes to init's environment
 */
const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
echo "init: user space at $(cut -d ' ' -f 1 /proc/uptime) s"
case "$run" in
  poweroff | reboot | halt) "$run" -f ;;
  ?*) eval "$run" ;;
esac
while true; do setsid cttyhack sh; done
`;

const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/**
 * @typedef {{ path: string, mode: number, bytes?: Uint8Array, device?: readonly [major: number, minor: number] }} Entry
 * One file; the mode has its type. A link's bytes are its target.
 */

/**
 * @param {Uint8Array} busybox
 * @param {string} [init] the text of /init
 * @returns {Entry[]} parents before what lies in them
 */
export function entries(busybox, init = INIT) {
  return [
    ...['bin', 'dev', 'proc', 'sys', 'tmp', 'root'].map((path) => ({ path, mode: S_IFDIR | 0o755 })),
    { path: 'bin/busybox', mode: S_IFREG | 0o755, bytes: busybox },
    ...['sh', 'mount'].map((name) => link(`bin/${name}`, 'busybox')),
    // The kernel opens it for init before devtmpfs is mounted.
    { path: 'dev/console', mode: S_IFCHR | 0o600, device: [5, 1] },
    { path: 'init', mode: S_IFREG | 0o755, bytes: Buffer.from(init) },
  ];
}

/** @param {string} path @param {string} target @returns {Entry} */
function link(path, target) {
  return { path, mode: S_IFLNK | 0o777, bytes: Buffer.from(target) };
}

/**
 * An archive of the format "newc": headers of thirteen 8-digit hexadecimal numbers, names and contents padded to 4.
 *
 * @param {readonly Entry[]} files
 * @returns {Buffer}
 * @see Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function cpio(files) {
  const all = [...files, { path: 'TRAILER!!!', mode: 0 }];
  return Buffer.concat(all.flatMap((entry, index) => member(entry, index)));
}

/** @param {Entry} entry @param {number} index @returns {Uint8Array[]} */
function member({ path, mode, bytes = new Uint8Array(0), device: [major, minor] = [0, 0] }, index) {
  const name = Buffer.from(`${path}\0`);
  //             ino   mode uid gid nlink mtime filesize     devmajor, -minor, rdevmajor, -minor, namesize, check
  const numbers = [index, mode, 0, 0, 1, 0, bytes.length, 0, 0, major, minor, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)];
}

/** @param {Uint8Array} bytes */
function padded(bytes) {
  return Buffer.concat([bytes, new Uint8Array(-bytes.length & 3)]);
}

/**
 * An archive, gzipped: the same bytes on every host.
 *
 * @param {readonly Entry[]} files
 * @param {number} [level]
 * @returns {Buffer}
 */
export function packed(files, level = 9) {
  const zipped = gzipSync(cpio(files), { level });
  // RFC 1952, 2.3.1, "OS": zlib writes its host's; 255 is "unknown".
  zipped[9] = 0xff;
  return zipped;
}

/** @param {Uint8Array} busybox @returns {Buffer} the archive, gzipped */
export function buildInitramfs(busybox) {
  return packed(entries(busybox));
}

/** `node scripts/build-initramfs.mjs [busybox [out]]` */
function main() {
  const [busybox = join(folder, 'busybox'), out = join(folder, INITRAMFS_NAME)] = process.argv.slice(2);
  if (!existsSync(busybox)) {
    console.error(`initramfs: ${busybox} is not there; "pnpm fixtures" fetches it`);
    process.exitCode = 1;
    return;
  }
  const bytes = buildInitramfs(readFileSync(busybox));
  writeFileSync(out, bytes);
  console.log(`initramfs: ${bytes.length} bytes in ${resolve(out)}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();

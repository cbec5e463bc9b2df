/** Builds an initramfs with Debian's disk and virtio modules, whose /init loads them and runs what the command line says. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packed } from './build-initramfs.mjs';
import { filesUnder, withFilesOf } from './debian-packages.mjs';

const folder = fileURLToPath(new URL('../.cache/fixtures', import.meta.url));
/** Where the fixtures have it, beside the kernel that its modules are for. */
const TARGET = join(folder, 'drivers.gz');

/** In the order in which they can be loaded. `depmod` would tell; the package comes without its answer. */
const MODULES = [
  ...['scsi_common', 'scsi_mod', 'libata', 'ata_piix'],
  ...['crc64', 'crc64-rocksoft', 'crct10dif_common', 'crc-t10dif', 't10-pi', 'sd_mod'],
  ...['virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_ring', 'virtio', 'virtio_pci'],
  ...['virtio_blk', 'failover', 'net_failover', 'virtio_net', 'virtio-rng', 'virtio_console'],
];

/** `virtio_pci=…` and `run=…` of the kernel's command line are variables of init's environment. */
const INIT = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for name in ${MODULES.join(' ')}; do
  case $name in
    virtio_pci) insmod /lib/$name.ko $virtio_pci ;;
    *) insmod /lib/$name.ko ;;
  esac
done
echo "init: modules loaded"
eval "$run"
poweroff -f
`;

const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** @param {string} name @param {Map<string, string>} paths @returns {import('./build-initramfs.mjs').Entry} */
function moduleEntry(name, paths) {
  const path = paths.get(`${name}.ko`);
  if (path === undefined) throw new Error(`the kernel's package has no ${name}.ko`);
  return { path: `lib/${name}.ko`, mode: S_IFREG | 0o644, bytes: readFileSync(path) };
}

/** @param {string} packageFolder where the kernel's package was extracted @param {Uint8Array} busybox @returns {import("./build-initramfs.mjs").Entry[]} */
function archive(packageFolder, busybox) {
  const paths = new Map(filesUnder(packageFolder).map((path) => [basename(path), path]));
  return [
    ...['bin', 'dev', 'lib', 'proc', 'sys'].map((path) => ({ path, mode: S_IFDIR | 0o755 })),
    { path: 'bin/busybox', mode: S_IFREG | 0o755, bytes: busybox },
    { path: 'bin/sh', mode: S_IFLNK | 0o777, bytes: Buffer.from('busybox') },
    { path: 'dev/console', mode: S_IFCHR | 0o600, device: [5, 1] },
    ...MODULES.map((name) => moduleEntry(name, paths)),
    { path: 'init', mode: S_IFREG | 0o755, bytes: Buffer.from(INIT) },
  ];
}

/** The package of the kernel that is in the fixtures. @returns {string} */
function kernelPackage() {
  const record = JSON.parse(readFileSync(join(folder, 'fixtures.json'), 'utf8'));
  return `${record.vmlinuz.package}=${record.vmlinuz.version}`;
}

/** `node scripts/build-driver-initramfs.mjs`, after `pnpm fixtures` */
function main() {
  const busybox = join(folder, 'busybox');
  if (!existsSync(busybox) || !existsSync(join(folder, 'vmlinuz'))) {
    console.error(`drivers: kernel or busybox is not in ${folder}; "pnpm fixtures" fetches them`);
    process.exitCode = 1;
    return;
  }
  const zipped = withFilesOf([kernelPackage()], (files) => packed(archive(files, readFileSync(busybox))));
  writeFileSync(TARGET, zipped);
  console.log(`drivers: ${zipped.length} bytes in ${TARGET}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();

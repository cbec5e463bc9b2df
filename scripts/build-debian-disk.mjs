/** Builds a Debian root on a disk: an ext4 image that logs in on ttyS0, and the kernel and initrd that start it. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * .cache/debian/disk.img    the whole disk is one file system: root=/dev/sda or root=/dev/vda
 *                vmlinuz    Debian's kernel for i386 without PAE
 *                initrd.img Debian's own initrd, with the drivers of both kinds of disk
 */
const folder = fileURLToPath(new URL('../.cache/debian', import.meta.url));
const MIRROR = 'http://deb.debian.org/debian';
const SUITE = 'bookworm';
const PACKAGES = [
  'linux-image-686',
  'sysvinit-core',
  'initscripts',
  'udev',
  'kmod',
  'e2fsprogs',
  'iputils-ping',
];
const DISK_SIZE = '640M';
/** 2002-11-17: all files are as old as Linux 2.5.48, so that builds of the same packages are alike. */
const EPOCH = '1037491200';
const UUID = '6b657865-632d-4465-6269-616e20313200';

/** Programs that must be there. mmdebstrap asks for arch-test itself. */
const TOOLS = ['mmdebstrap', 'arch-test', 'mke2fs'];

/** /etc/inittab: sysvinit's run levels, and one terminal. */
const INITTAB = `id:2:initdefault:
si::sysinit:/etc/init.d/rcS
~~:S:wait:/sbin/sulogin
l0:0:wait:/etc/init.d/rc 0
l1:1:wait:/etc/init.d/rc 1
l2:2:wait:/etc/init.d/rc 2
l6:6:wait:/etc/init.d/rc 6
ca:12345:ctrlaltdel:/sbin/shutdown -t1 -a -r now
S0:23:respawn:/sbin/getty -L ttyS0 115200 vt100
`;

/** Files of ours in the root. */
const FILES = [
  ['etc/inittab', INITTAB],
  ['etc/hostname', 'kexec\n'],
  ['etc/fstab', `UUID=${UUID} / ext4 errors=remount-ro 0 1\n`],
  ['etc/initramfs-tools/conf.d/kexec', 'MODULES=list\nCOMPRESS=gzip\n'],
  ['etc/initramfs-tools/modules', 'ata_piix\nsd_mod\nvirtio_pci\nvirtio_blk\next4\n'],
];

/** Shell commands that mmdebstrap runs when all packages are there; "$1" is the root. */
function hooks() {
  return [
    ...FILES.map(([path, text]) => `printf '%s' '${text}' > "$1/${path}"`),
    // root logs in without a password.
    'chroot "$1" passwd -d root',
    'chroot "$1" update-initramfs -u -k all',
    'rm -rf "$1"/var/log/*.log "$1"/var/log/apt',
  ];
}

/** Shell commands that make the image of the tar archive, as root or as what looks like root. */
const IMAGE_STEPS = [
  'set -e',
  'mkdir root',
  'tar --extract --preserve-permissions --file root.tar --directory root',
  'cp root/boot/vmlinuz-* vmlinuz',
  'cp root/boot/initrd.img-* initrd.img',
  'rm -rf root/boot/*',
  `mke2fs -q -t ext4 -d root -U ${UUID} -E hash_seed=${UUID},lazy_itable_init=0 -L debian disk.img ${DISK_SIZE}`,
  'rm -rf root root.tar',
];

/** @returns {string[]} */
function mmdebstrapArguments() {
  return [
    `--mode=${process.getuid?.() === 0 ? 'root' : 'unshare'}`,
    '--architectures=i386',
    '--variant=minbase',
    '--components=main',
    '--format=tar',
    '--aptopt=Acquire::Languages "none"',
    ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${PACKAGES.join(',')}`,
    ...hooks().map((hook) => `--customize-hook=${hook}`),
    SUITE,
    join(folder, 'root.tar'),
    MIRROR,
  ];
}

/** @param {string} tool */
function isThere(tool) {
  return spawnSync('sh', ['-c', `PATH="$PATH:/sbin:/usr/sbin" command -v ${tool}`]).status === 0;
}

/** @param {string} command @param {string[]} args @returns {boolean} whether it succeeded; what it said is in build.log */
function run(command, args) {
  const env = {
    ...process.env,
    SOURCE_DATE_EPOCH: EPOCH,
    E2FSPROGS_FAKE_TIME: EPOCH,
    PATH: `${process.env.PATH}:/sbin:/usr/sbin`,
  };
  const done = spawnSync(command, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const log = join(folder, 'build.log');
  appendFileSync(log, done.stderr);
  if (done.status !== 0) console.error(`debian: ${command} ended with ${done.status}; ${log} says why`);
  return done.status === 0;
}

/** `node scripts/build-debian-disk.mjs` */
function main() {
  const missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length > 0) {
    console.error(`debian: ${missing.join(', ')} missing; apt-get install mmdebstrap arch-test e2fsprogs`);
    process.exitCode = 1;
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const image = ['sh', '-c', IMAGE_STEPS.join('\n')];
  // Without root, a user namespace in which every file can have its owner.
  const asRoot = process.getuid?.() === 0 ? image : ['unshare', '--map-root-user', '--map-auto', ...image];
  if (!run('mmdebstrap', mmdebstrapArguments()) || !run(asRoot[0] ?? '', asRoot.slice(1))) {
    process.exitCode = 1;
    return;
  }
  console.log(`debian: ${folder}/disk.img, vmlinuz and initrd.img`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();

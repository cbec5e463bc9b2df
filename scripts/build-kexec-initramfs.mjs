/** Builds an initramfs in which Debian's own kexec starts Debian's kernel again: kexec, its libraries, kernels, and itself. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entries, packed } from './build-initramfs.mjs';
import { withFilesOf } from './debian-packages.mjs';

const folder = fileURLToPath(new URL('../.cache/fixtures', import.meta.url));
/** Where the fixtures have it. */
const TARGET = join(folder, 'kexec.gz');

const PACKAGES = ['kexec-tools', 'libc6', 'zlib1g', 'liblzma5'];
/** What kexec and vmcore-dmesg want of them; both are linked to these alone. */
const LIBRARIES = /\/(ld-linux\.so\.2|libc\.so\.6|libz\.so\.1|liblzma\.so\.5)$/;

/**
 * `next` is on the command line what to do after this boot: kernels by name, the first of them is started with the
 * rest; with none left the machine is turned off. `crash` loads a crash kernel and panics; in the crash kernel the
 * message of that panic is read from the old memory. Sleeping lets the terminal send what it holds: neither a
 * panic nor power off waits for that.
 */
const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
# What waits to be sent is lost with the power: 4 KB, at 9600 baud.
off() { sleep 5; poweroff -f; }
echo "init: $(uname -r), next: $next"
if [ -s /proc/vmcore ]; then
  echo "init: vmcore of $(wc -c < /proc/vmcore) bytes"
  vmcore-dmesg /proc/vmcore | tail -n 50
  off
fi
append="console=ttyS0 $extra"
case "$next" in
  '') off ;;
  crash*)
    kexec -p "/boot/\${next#crash,}" --initrd=/boot/crash.gz --append="$append irqpoll nr_cpus=1 reset_devices" || off
    echo "init: crash kernel loaded: $(cat /sys/kernel/kexec_crash_loaded)"
    sleep 1
    echo "init: about to crash" > /dev/kmsg
    echo c > /proc/sysrq-trigger ;;
  test) kexec -l /boot/kexec_test --type=elf-x86 --args-none || off ;;
  *)
    first="\${next%%,*}"
    rest="\${next#$first}"
    kexec -l "/boot/$first" --initrd=/boot/again.gz --append="$append next=\${rest#,}" || off ;;
esac
echo "init: kexec_loaded $(cat /sys/kernel/kexec_loaded)"
kexec -e
off
`;

/** Kernels that can be started one from the other. */
const GENERATIONS = 3;
/** What is in it is compressed already. */
const FAST = 1;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** @param {string} path @param {Uint8Array} bytes @param {number} [mode] */
const fileEntry = (path, bytes, mode = 0o755) => ({ path, mode: S_IFREG | mode, bytes });

/** @param {string} from where packages were extracted @param {(name: string) => Uint8Array} fixture */
function archive(from, fixture) {
  const files = namedFiles(from);
  const programs = files.filter((path) => /\/sbin\/(kexec|vmcore-dmesg)$/.test(path));
  const libraries = files.filter((path) => LIBRARIES.test(path));
  if (programs.length < 2 || libraries.length < 4)
    throw new Error('the packages hold other files than kexec needs');
  const system = [
    ...entries(fixture('busybox'), INIT),
    ...['lib', 'boot'].map((path) => ({ path, mode: S_IFDIR | 0o755 })),
    ...programs.map((path) => fileEntry(`bin/${basename(path)}`, readFileSync(path))),
    ...libraries.map((path) => fileEntry(`lib/${basename(path)}`, readFileSync(path))),
  ];
  const kernels = [
    fileEntry('boot/686', fixture('vmlinuz'), 0o644),
    fileEntry('boot/686-pae', fixture('vmlinuz-pae'), 0o644),
    fileEntry('boot/kexec_test', fixture('kexec_test.static')),
  ];
  // Each carries what the next is started with; the last has no kernel to start. A crash kernel has little room.
  const last = packed(system, FAST);
  const crash = fileEntry('boot/crash.gz', last, 0o644);
  let archive = last;
  for (let generation = 0; generation < GENERATIONS; generation++) {
    archive = packed([...system, ...kernels, crash, fileEntry('boot/again.gz', archive, 0o644)], FAST);
  }
  return archive;
}

/** @param {string} root @returns {string[]} files and links to files: a library is found by the name of its link */
function namedFiles(root) {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => join(root, path))
    .filter((path) => existsSync(path) && statSync(path).isFile());
}

/** Fetches the packages and writes the archive. @returns {number} its bytes */
function buildKexecInitramfs() {
  const names = PACKAGES.map((name) => `${name}:i386`);
  const bytes = withFilesOf(names, (files) => archive(files, (name) => readFileSync(join(folder, name))));
  writeFileSync(TARGET, bytes);
  return bytes.length;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  console.log(`initramfs: ${buildKexecInitramfs()} bytes in ${TARGET}`);
}

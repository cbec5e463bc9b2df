/** Boots Debian's kernel here and in QEMU, and lists the lines that only one of the two has: `compare-qemu.mjs [kernel [append …]]`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
const logs = join(root, '.cache/boots');
const command = process.env.KEXEC_COMMAND ?? join(root, 'packages/cli/dist/main.js');
const MEGABYTES = 256;
const QEMU = 'qemu-system-i386';
/** QEMU's machine has a wall clock. */
const QEMU_TIMEOUT_MS = 600_000;

/** @param {string} kernel @param {string} append @returns {string} the serial line */
function bootQemu(kernel, append) {
  const { stdout, error } = spawnSync(
    QEMU,
    [
      ...['-M', 'pc', '-m', `${MEGABYTES}`, '-nographic', '-no-reboot', '-nic', 'none'],
      ...['-kernel', join(fixtures, kernel), '-initrd', join(fixtures, INITRAMFS_NAME), '-append', append],
    ],
    { encoding: 'latin1', input: '', timeout: QEMU_TIMEOUT_MS, maxBuffer: 64 << 20 },
  );
  if (error) throw new Error(`${QEMU}: ${error.message}; Debian has it in qemu-system-x86`);
  return stdout;
}

/** @param {string} kernel @param {string} append @returns {string} the serial line */
function bootHere(kernel, append) {
  const { stderr } = spawnSync(
    process.execPath,
    [
      ...[command, join(fixtures, kernel), '--memory', `${MEGABYTES}M`, '--json'],
      ...['--initrd', join(fixtures, INITRAMFS_NAME), '--append', append, '--icount-limit', '30000000000'],
    ],
    { encoding: 'latin1', input: '', maxBuffer: 64 << 20 },
  );
  return stderr;
}

/**
 * The kernel's lines from its first on, without what differs from run to run: time stamps, and every number.
 *
 * @param {string} text
 * @returns {{ line: string, key: string }[]}
 */
function kernelLines(text) {
  const lines = text.replace(/\r/g, '').split('\n');
  const first = lines.findLastIndex((line) => /\] Linux version /.test(line));
  return lines
    .slice(first)
    .map((line) => line.replace(/^.*?\[ *\d+\.\d+\] /, ''))
    .filter((line) => line.trim() !== '')
    .map((line) => ({ line, key: line.replace(/0x[\da-f]+|\b[\da-f]{8,}\b|[\d.]+/g, '#') }));
}

/** What matters most in a line that QEMU does not have. */
const COMPLAINT =
  /warn|error|fail|unexpected|bug|broken|unstable|spurious|nobody cared|call trace|not responding/i;

/** @param {ReturnType<typeof kernelLines>} lines @param {ReturnType<typeof kernelLines>} others */
function onlyIn(lines, others) {
  const left = new Map();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return lines.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

function main() {
  const [kernel = 'vmlinuz', ...words] = process.argv.slice(2);
  if (!existsSync(join(fixtures, kernel))) throw new Error(`no ${kernel}; run "pnpm fixtures"`);
  const append = ['console=ttyS0', 'run=poweroff', ...words].join(' ');
  mkdirSync(logs, { recursive: true });
  const texts = { qemu: bootQemu(kernel, append), here: bootHere(kernel, append) };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(logs, `compare-${name}.log`), text);
  const qemu = kernelLines(texts.qemu);
  const here = kernelLines(texts.here);
  const extra = onlyIn(here, qemu);
  console.log(`only in QEMU (of ${qemu.length} lines):`);
  for (const { line } of onlyIn(qemu, here)) console.log(`  - ${line}`);
  console.log(`only here (of ${here.length} lines):`);
  for (const { line } of extra) console.log(`  + ${line}`);
  const complaints = extra.filter(({ line }) => COMPLAINT.test(line));
  for (const { line } of complaints) console.log(`COMPLAINT: ${line}`);
  console.log(`${extra.length - complaints.length} passed, ${complaints.length} failed`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}

main();

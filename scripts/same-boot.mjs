/** The same boot of Debian twice, and once more with a snapshot in the middle: one state to the byte, one count: `same-boot.mjs [kernel]`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
const command = process.env.KEXEC_COMMAND ?? join(root, 'packages/cli/dist/main.js');
/** A boot takes 6.4 thousand million instructions; the middle lies in the kernel proper, behind the decompressor. */
const MIDDLE = 4e9;
const LIMIT = 30e9;
const folder = mkdtempSync(join(tmpdir(), 'kexec-same-'));

const boot = [
  ...[join(fixtures, process.argv[2] ?? 'vmlinuz'), '--memory', '256M'],
  ...['--initrd', join(fixtures, INITRAMFS_NAME), '--append', 'console=ttyS0 run=poweroff'],
];

/** @param {string} name @param {string[]} args @param {number} [limit] */
function run(name, args, limit = LIMIT) {
  const path = join(folder, 'snapshot');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [command, ...args, '--json', '--icount-limit', `${limit}`, '--snapshot-save', path],
    { encoding: 'latin1', input: '', maxBuffer: 64 << 20 },
  );
  const { stop, instructions } = JSON.parse(stdout || '{}');
  if (!stop) throw new Error(`${name}:\n${stderr}`);
  const snapshot = readFileSync(path);
  const hash = createHash('sha256').update(snapshot).digest('hex');
  console.log(
    `${name}: ${stop.kind} after ${instructions} instructions, ${snapshot.length} bytes, SHA-256 ${hash}`,
  );
  // With --json the serial line goes to stderr.
  return { path, hash, instructions, stop: stop.kind, serial: stderr };
}

try {
  const atOnce = run('at once', boot);
  const again = run('again', boot);
  const first = run('to the middle', boot, MIDDLE);
  const second = run('from the middle', ['--snapshot-load', first.path]);
  const results = [
    atOnce.stop === 'power-off',
    again.hash === atOnce.hash && again.instructions === atOnce.instructions,
    second.hash === atOnce.hash && first.instructions + second.instructions === atOnce.instructions,
    again.serial === atOnce.serial && first.serial + second.serial === atOnce.serial,
  ];
  const failed = results.filter((result) => !result).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Boots Debian's kernels to user space and off again, with every mix of options that must work: `boot-matrix.mjs [word …]`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
/** The command, bundled: scripts/bundle-cli.mjs makes it. */
const command = process.env.KEXEC_COMMAND ?? join(root, 'packages/cli/dist/main.js');
/** Where each boot's serial line is kept. */
const logs = join(root, '.cache/boots');

/** @typedef {{ kernel: string, memory: string, append: string, run: 'poweroff' | 'reboot' | 'halt' }} Boot */

const KERNELS = ['vmlinuz', 'vmlinuz-pae'];

/** @type {Boot[]} */
const BOOTS = KERNELS.flatMap((kernel) => [
  boot(kernel, '256M', ''),
  boot(kernel, '256M', 'acpi=off'),
  boot(kernel, '256M', 'noapic'),
  boot(kernel, '256M', 'nolapic'),
  boot(kernel, '64M', ''),
  boot(kernel, '2G', ''),
  boot(kernel, '256M', '', 'reboot'),
  boot(kernel, '256M', 'acpi=off', 'reboot'),
]);

/** @param {string} kernel @param {string} memory @param {string} append @param {Boot['run']} [run] @returns {Boot} */
function boot(kernel, memory, append, run = 'poweroff') {
  return { kernel, memory, append, run };
}

/** Lines that no boot should have. */
const COMPLAINTS =
  /warn|error|fail|unexpected|bug|broken|unstable|spurious|not responding|nobody cared|call trace/i;
/** Such words in lines that say the opposite, or that every machine of this kind has; QEMU's has them too. */
const HARMLESS =
  /^mce: Unable to init MCE device|fail to add MMCONFIG|report a bug|Debian|debug|DEBUG|errors=/;
const INSTRUCTION_LIMIT = 30e9;

/** @param {Boot} row */
function nameOf({ kernel, memory, append, run }) {
  return [kernel, memory, append, run].filter(Boolean).join(' ');
}

/** @param {Boot} row */
function start(row) {
  const began = performance.now();
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      command,
      join(fixtures, row.kernel),
      ...['--memory', row.memory, '--initrd', join(fixtures, INITRAMFS_NAME), '--json'],
      ...['--append', `console=ttyS0 run=${row.run} ${row.append}`.trim()],
      ...['--icount-limit', `${INSTRUCTION_LIMIT}`],
    ],
    { encoding: 'utf8', input: '', maxBuffer: 64 << 20 },
  );
  const seconds = (performance.now() - began) / 1000;
  // With --json the serial line goes to stderr.
  writeFileSync(join(logs, `${nameOf(row).replace(/\W+/g, '-')}.log`), stderr);
  return { row, seconds, result: JSON.parse(stdout || '{}'), lines: stderr.split(/\r?\n/) };
}

/** @param {ReturnType<typeof start>} done @returns {string[]} what is wrong */
function faults({ row, result, lines }) {
  const expected = { poweroff: 'power-off', reboot: 'reset', halt: 'halted-forever' }[row.run];
  // Without ACPI nothing can turn the power off: the kernel halts.
  const stop = row.append.includes('acpi=off') && row.run === 'poweroff' ? 'halted-forever' : expected;
  const text = lines.map((line) => line.replace(/^\[ *[\d.]+\] /, ''));
  return [
    ...(result.stop?.kind === stop ? [] : [`stopped by ${result.stop?.kind}, not ${stop}`]),
    ...(text.some((line) => line.startsWith('init: user space')) ? [] : ['no user space']),
    ...text.filter((line) => COMPLAINTS.test(line) && !HARMLESS.test(line)),
  ];
}

function main() {
  const words = process.argv.slice(2);
  const wanted = BOOTS.filter((row) => words.every((word) => nameOf(row).split(' ').includes(word)));
  if (!existsSync(join(fixtures, INITRAMFS_NAME))) {
    console.error('boot-matrix: no initramfs; run "pnpm fixtures"');
    process.exitCode = 1;
    return;
  }
  mkdirSync(logs, { recursive: true });
  let bad = 0;
  console.log('| boot | end | M instructions | s | complaints |\n|---|---|---|---|---|');
  for (const row of wanted) {
    const done = start(row);
    const found = faults(done);
    if (found.length > 0) bad++;
    const { stop, instructions } = done.result;
    const cells = [
      nameOf(row),
      stop?.kind,
      Math.round(instructions / 1e6),
      done.seconds.toFixed(0),
      found.length,
    ];
    console.log(`| ${cells.join(' | ')} |`);
    for (const line of found) console.log(`    ${line}`);
  }
  console.log(`${wanted.length - bad} passed, ${bad} failed`);
  process.exitCode = bad === 0 ? 0 : 1;
}

main();

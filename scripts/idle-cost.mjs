/** What a guest that idles costs the host: Debian's shell in a terminal, some seconds of nothing: `idle-cost.mjs [option …]`. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
const command = process.env.KEXEC_COMMAND ?? join(root, 'packages/cli/dist/main.js');

/** The shell settles, then this long is measured. */
const SETTLE_MS = 5_000;
const MEASURED_MS = 20_000;
const BOOT_MS = 600_000;
const ANSWER_MS = 10_000;
/** Ticks of /proc/PID/stat in a second: sysconf(_SC_CLK_TCK) is 100 on every Linux. */
const TICKS_HZ = 100;
/** The most that a core may spend on it, in percent. */
const LIMIT_PERCENT = 5;

/** The shell's prompt; busybox then asks the terminal where its cursor is. */
const PROMPT = /# (.\[6n)?$/;

/** script(1) gives the command a terminal. */
const line = [
  ...[process.execPath, command, join(fixtures, 'vmlinuz'), '--initrd', join(fixtures, INITRAMFS_NAME)],
  ...['--append', 'console=ttyS0', ...process.argv.slice(2)],
];
const terminal = spawn('script', ['-qfec', `exec ${line.map((word) => `'${word}'`).join(' ')}`, '/dev/null']);
let text = '';
terminal.stdout.on('data', (chunk) => {
  text += chunk.toString('latin1');
});

/** @param {RegExp} wanted @param {number} limit @returns {Promise<number>} milliseconds until it was there */
async function appears(wanted, limit) {
  const began = performance.now();
  while (!wanted.test(text)) {
    if (performance.now() - began > limit) throw new Error(`${wanted} did not come in ${limit} ms:\n${text}`);
    await delay(5);
  }
  return performance.now() - began;
}

/** The command's own process: a child of script(1)'s. */
function machineProcess() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
      if (Number(rest.split(' ')[1]) === terminal.pid) return pid;
    } catch {
      // It has ended since.
    }
  }
  throw new Error('script(1) has no child');
}

/** @param {string} pid @returns {number} seconds of CPU that it has used, in user and in system mode */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_HZ;
}

try {
  const bootMs = await appears(PROMPT, BOOT_MS);
  const pid = machineProcess();
  const bootCpu = cpuSeconds(pid);
  await delay(SETTLE_MS);
  const before = cpuSeconds(pid);
  await delay(MEASURED_MS);
  const percent = ((cpuSeconds(pid) - before) / (MEASURED_MS / 1000)) * 100;
  text = '';
  terminal.stdin.write('echo $((6*7))\r');
  const answerMs = await appears(/\n42\r/, ANSWER_MS);
  terminal.stdin.write('\x01x');
  const status = await new Promise((resolve) => terminal.on('exit', resolve));
  const rows = [
    ['boot to the prompt', `${(bootMs / 1000).toFixed(1)} s, ${bootCpu.toFixed(1)} s of CPU`],
    ['idle at the prompt', `${percent.toFixed(2)} % of a core`],
    ['a command and its answer', `${answerMs.toFixed(0)} ms`],
    ['exit code after Ctrl-A x', `${status}`],
  ];
  for (const [name, figure] of rows) console.log(`${name}: ${figure}`);
  process.exitCode = percent < LIMIT_PERCENT && status === 0 ? 0 : 1;
} finally {
  terminal.kill();
}

/** A full pass of memtest86+ over 64 MB: `memtest-pass.mjs [--real-mode] [--qemu]`; the screen at its end, and QEMU's. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const memtest = join(root, '.cache/fixtures/memtest86+ia32.bin');
/** More than a pass takes. */
const INSTRUCTIONS_MAX = 400e9;
const bundle = join(root, '.cache/memtest-pass.mjs');

/** VGA text memory: 25 rows of 80 characters, each with its attribute. */
const VGA = { address: 0xb8000, columns: 80, rows: 25 };
const POLL_MS = 2_000;
/** Before the file is whole. */
const SAVE_MS = 500;
/** QEMU's machine has a wall clock. */
const QEMU_POLLS = 900;

/** Code page 437 as far as memtest86+ draws with it. */
const BOX_DRAWING = new Map([
  [0xb3, '│'],
  [0xc1, '┴'],
  [0xc2, '┬'],
  [0xc4, '─'],
  [0xf8, '°'],
]);

/** @param {Buffer} bytes of VGA text memory @returns {string} */
function textOf(bytes) {
  const cell = (/** @type {number} */ at) => {
    const code = bytes[2 * at] ?? 0;
    return BOX_DRAWING.get(code) ?? (code === 0 ? ' ' : String.fromCharCode(code));
  };
  const row = (/** @type {number} */ y) =>
    Array.from({ length: VGA.columns }, (_, x) => cell(y * VGA.columns + x)).join('');
  return Array.from({ length: VGA.rows }, (_, y) => row(y).trimEnd()).join('\n');
}

/** @returns {Promise<string>} QEMU's screen when it says that a pass is complete */
async function screenOfQemu() {
  const folder = mkdtempSync(join(tmpdir(), 'memtest-'));
  const file = join(folder, 'vga');
  const qemu = spawn('qemu-system-i386', [
    ...['-M', 'pc', '-m', '64', '-accel', 'tcg', '-nic', 'none', '-kernel', memtest],
    ...['-display', 'none', '-serial', 'none', '-monitor', 'stdio'],
  ]);
  try {
    for (let poll = 0; poll < QEMU_POLLS; poll++) {
      await delay(POLL_MS);
      qemu.stdin.write(`pmemsave ${VGA.address} ${2 * VGA.columns * VGA.rows} "${file}"\n`);
      await delay(SAVE_MS);
      const screen = textOf(readFileSync(file));
      if (/Pass:\s*[1-9]/.test(screen)) return screen;
    }
    throw new Error(`QEMU completed no pass in ${(QEMU_POLLS * POLL_MS) / 1000} s`);
  } finally {
    qemu.kill();
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} here @param {string} there @returns {string[]} the rows that differ, ours above QEMU's */
function differingRows(here, there) {
  const theirs = there.split('\n');
  return here.split('\n').flatMap((row, at) => {
    const other = theirs[at] ?? '';
    return row.trimEnd() === other ? [] : [`  + ${row.trimEnd()}`, `  - ${other}`];
  });
}

await build({
  entryPoints: [join(root, 'test/memtest-pass.ts')],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const { runMemtest } = await import(pathToFileURL(bundle).href);
const { isPassed, screen } = runMemtest(memtest, process.argv.includes('--real-mode'), INSTRUCTIONS_MAX);
process.exitCode = isPassed ? 0 : 1;
if (process.argv.includes('--qemu')) {
  const theirs = await screenOfQemu();
  console.log(`QEMU's screen:\n${theirs}\nrows that differ (+ here, - in QEMU):`);
  for (const row of differingRows(screen, theirs)) console.log(row);
}

/** Boots Debian in process after process: whole, interpreted, and from snapshots at random points; one trace hash: `trace-hash.mjs [points [seed]]`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kernel = join(root, '.cache/fixtures/vmlinuz');
const initrd = join(root, '.cache/fixtures', INITRAMFS_NAME);
const [points = 3, seed = 1] = process.argv.slice(2).map(Number);
const node = process.env.KEXEC_NODE ?? process.execPath;

const folder = mkdtempSync(join(tmpdir(), 'kexec-trace-'));
const program = join(folder, 'trace.mjs');
const snapshot = join(folder, 'machine.snapshot');

/** @param {string} name @param {string[]} args @returns {{ stop: string, instructions: number, hash: string }} */
function run(name, args) {
  const began = performance.now();
  const { stdout, stderr, status } = spawnSync(node, [program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const end = JSON.parse(stdout);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${end.hash}  ${end.instructions} instructions, ${end.stop}, ${seconds} s: ${name}\n`);
  return end;
}

try {
  const bundle = await build({
    stdin: {
      contents: `import { traceBoot } from './test/trace-boot.js'; console.log(JSON.stringify(traceBoot(process.argv.slice(2))));`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  writeFileSync(program, bundle.outputFiles[0]?.contents ?? '');
  const whole = run('whole', ['whole', kernel, initrd]);
  const ends = [run('whole, again', ['whole', kernel, initrd])];
  ends.push(run('interpreted', ['whole', kernel, initrd, '--no-jit']));
  // A linear congruential generator: the points are the same each time.
  let random = seed >>> 0;
  for (let i = 0; i < points; i++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const at = 1 + Math.floor((random / 2 ** 32) * (whole.instructions - 1));
    run(`saved at ${at}`, ['until', `${at}`, snapshot, kernel, initrd]);
    ends.push(run(`from ${at}`, ['from', snapshot]));
  }
  const wrong = ends.filter(
    ({ hash, instructions }) => hash !== whole.hash || instructions !== whole.instructions,
  );
  process.stdout.write(`${ends.length - wrong.length} of ${ends.length} ended as the first did\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

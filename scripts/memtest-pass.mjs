/** A full pass of memtest86+ over 64 MB, by its 32-bit entry or with --real-mode; bundles test/memtest-pass.ts. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** More than a pass takes. */
const INSTRUCTIONS_MAX = 400e9;
const bundle = join(root, '.cache/memtest-pass.mjs');
const realMode = process.argv.includes('--real-mode');

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
const isPassed = runMemtest(join(root, '.cache/fixtures/memtest86+ia32.bin'), realMode, INSTRUCTIONS_MAX);
process.exitCode = isPassed ? 0 : 1;

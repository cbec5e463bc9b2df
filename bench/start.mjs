/** Bundles the benchmarks from the sources and runs them: `pnpm bench [name …]`. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildSuite } from './suite.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: {
    bench: file('src/main.ts'),
    'v86-worker': file('src/v86/worker.ts'),
    'linux-worker': file('src/linux/linux-worker.ts'),
  },
  outdir: file('dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['v86'],
  logLevel: 'warning',
});
// Only when it is asked for by name: it takes minutes a round.
const [name, rounds, ...programs] = process.argv.slice(2).filter((word) => word !== '--');
const { benchLinux } = await import(pathToFileURL(file('dist/bench.mjs')).href);
if (name === 'linux') await benchLinux(buildSuite(programs), Number(rounds ?? 5));

/** Bundles the benchmarks from the sources and runs them: `pnpm bench [name …]`. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: { bench: file('src/main.ts'), 'v86-worker': file('src/v86/worker.ts') },
  outdir: file('dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['v86'],
  logLevel: 'warning',
});
await import(pathToFileURL(file('dist/bench.mjs')).href);

/** Bundles the benchmarks from the sources and runs them: `pnpm bench [name …]`. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = file('dist/bench.mjs');

await build({
  entryPoints: [file('src/main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile).href);

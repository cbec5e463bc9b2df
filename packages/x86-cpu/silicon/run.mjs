/** Bundles a program of this folder from the sources and runs it: `node run.mjs generate`, `node run.mjs check`. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const [program = 'check', ...rest] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));

await build({
  config: false,
  entry: { [program]: `${here}${program}.ts` },
  outDir: `${here}dist`,
  format: 'esm',
  platform: 'node',
  outExtension: () => ({ js: '.js' }),
  target: 'node20',
  noExternal: [/^@kexec\//],
  silent: true,
});
const { status } = spawnSync(process.execPath, [`${here}dist/${program}.js`, here, ...rest], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

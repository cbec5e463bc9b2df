/** `pnpm example FILE.ts [arguments]`: a program of one file that imports the packages, from the sources. */
import { resolve } from 'node:path';
import { runBundled } from './run-bundled.mjs';

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('pnpm example FILE.ts [arguments]\n');
  process.exitCode = 2;
} else {
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  process.argv.splice(1, Number.POSITIVE_INFINITY, path, ...rest);
  await runBundled(`import ${JSON.stringify(path)};`);
}

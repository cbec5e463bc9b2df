/** Bundles the command line and the whole machine into packages/cli/dist/main.js; `--if-stale` only when a source is newer. */
import { chmodSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = join(root, 'packages/cli/src/main.ts');

/** Where the bundle stands: beside the package, so that its dependencies resolve. */
export const bundlePath = join(root, 'packages/cli/dist/main.js');

/** Builds the bundle if it is missing or older than a source file, a manifest, or this script. */
export async function bundleIfStale() {
  if (isStale()) await bundle();
}

/** The setup of tests that run the command. */
export { bundleIfStale as setup };

/**
 * Builds the bundle. It appears under its name only when it is whole, so runs side by side are safe.
 *
 * @throws Error without details: esbuild has printed them
 */
export async function bundle() {
  // Imported here: a warm start need not load a bundler.
  const { build } = await import('esbuild');
  const unfinished = `${bundlePath}.${process.pid}`;
  await build({
    entryPoints: [entry],
    outfile: unfinished,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: '#!/usr/bin/env node' },
    external: ['commander', 'picocolors', 'yaml'],
    logLevel: 'warning',
  }).catch(() => {
    throw new Error('packages/cli/src/main.ts could not be bundled');
  });
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, bundlePath);
}

function isStale() {
  const built = statSync(bundlePath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return built === 0 || newest(sourceFolders()) >= built;
}

function sourceFolders() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [...packages, join(root, 'guests')]
    .flatMap((folder) => [join(folder, 'src'), join(folder, 'package.json')])
    .concat(fileURLToPath(import.meta.url));
}

/** @param {string[]} paths @returns {number} the latest modification under any of them, in milliseconds */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    latest = Math.max(latest, found.mtimeMs);
    // A folder's own time tells of files that went away.
    if (found.isDirectory())
      latest = Math.max(latest, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return latest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('--if-stale') ? bundleIfStale() : bundle());
}

/** Runs TypeScript that imports the packages: bundled from the sources, in this very process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} contents a module's text; its relative imports are the repository's */
export async function runBundled(contents) {
  const folder = mkdtempSync(join(tmpdir(), 'kexec-run-'));
  try {
    const program = join(folder, 'program.mjs');
    const bundle = await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      // Every package of the repository is linked there.
      nodePaths: [join(root, 'test/node_modules')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'warning',
    });
    writeFileSync(program, bundle.outputFiles[0]?.contents ?? '');
    // Paths on the command line are the caller's.
    process.chdir(process.env.INIT_CWD ?? '.');
    await import(pathToFileURL(program).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

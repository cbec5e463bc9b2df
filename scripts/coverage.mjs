/** Coverage of a package by its own tests: `pnpm coverage <package> [vitest option …]`; below 95 % of lines or 90 % of branches it fails. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [name, ...options] = process.argv.slice(2).filter((word) => word !== '--');
if (!name) throw new Error('usage: pnpm coverage <package>');
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    ...['--config', 'scripts/coverage.vitest.mjs'],
    '--coverage',
    `--coverage.include=packages/${name}/src/**`,
    '--coverage.exclude=**/testing/**',
    '--coverage.exclude=**/*-vectors.ts',
    '--coverage.reporter=text',
    '--coverage.reportsDirectory=.cache/coverage',
    '--coverage.thresholds.lines=95',
    '--coverage.thresholds.branches=90',
    ...options,
  ],
  {
    env: { ...process.env, KEXEC_COVERAGE: name },
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;

/** Test projects: one for each package, one for what crosses packages. */
import { defineConfig } from 'vitest/config';
import { FiguresReporter } from './scripts/figures-reporter.mjs';

const packages = ['phys-mem', 'x86-cpu', 'pc', 'kernel-core', 'kexec', 'loaders', 'machine', 'cli'];

export default defineConfig({
  test: {
    // CI counts what was passed, failed and skipped from the last report.
    reporters: [
      'default',
      new FiguresReporter(),
      ...(process.env.CI ? [['json', { outputFile: '.cache/vitest.json' }] as const] : []),
    ],
    projects: [
      ...packages.map((name) => ({
        test: { name, include: [`packages/${name}/src/**/*.test.ts`], testTimeout: 60_000 },
      })),
      { test: { name: 'docs', include: ['apps/docs/src/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'guests', include: ['guests/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          // Tests of the command run its bundle.
          globalSetup: 'scripts/bundle-cli.mjs',
        },
      },
    ],
  },
});

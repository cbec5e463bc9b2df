/** Mutation score of a package: `pnpm mutate <package> [file …]`, files below its src. Results are kept from run to run. */
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';

const [name, ...files] = process.argv.slice(2).filter((word) => word !== '--');
if (!name) throw new Error('usage: pnpm mutate <package> [file …]');
const source = `packages/${name}/src`;
// The tests' configuration, which the runner's processes read, asks for it.
process.env.KEXEC_MUTATE = name;

const results = await new Stryker({
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  testRunner: 'vitest',
  vitest: { configFile: 'scripts/mutate.vitest.mjs', related: false },
  mutate: [
    ...(files.length > 0 ? files.map((file) => `${source}/${file}`) : [`${source}/**/*.ts`]),
    '!**/*.test.ts',
    '!**/testing/**',
  ],
  coverageAnalysis: 'perTest',
  // What runs once at import would need all tests anew for each mutant.
  ignoreStatic: true,
  ignorePatterns: ['.cache', 'apps', '**/dist', '**/.tsc'],
  concurrency: 2,
  // Beyond what the tests take: a busy machine is not to make a mutant look like a loop without end.
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: `.cache/mutation/${name}.incremental.json`,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false },
  jsonReporter: { fileName: `.cache/mutation/${name}.json` },
  tempDirName: `.cache/mutation/sandbox-${name}`,
  thresholds: { high: 90, low: 80, break: 80 },
  disableTypeChecks: true,
}).runMutationTest();
console.log(`${results.length} mutants`);

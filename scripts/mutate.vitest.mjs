/** The tests that mutants have to pass: those of the package that is mutated. */
import { defineConfig } from 'vitest/config';
import { testsOf } from './package-tests.mjs';

const { KEXEC_MUTATE: name = '' } = process.env;

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration so.
export default defineConfig({
  test: { include: testsOf(name), testTimeout: 60_000 },
  // Packages are those of the copy that is mutated; node_modules has the others.
  resolve: {
    alias: [{ find: /^@kexec\/([^/]+)$/, replacement: `${process.cwd()}/packages/$1/src/index.ts` }],
  },
});

/** The tests whose coverage of a package counts. */
import { defineConfig } from 'vitest/config';
import { testsOf } from './package-tests.mjs';

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration so.
export default defineConfig({
  test: { include: testsOf(process.env.KEXEC_COVERAGE ?? ''), testTimeout: 120_000 },
});

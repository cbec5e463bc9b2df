/** The tests of the built site in Debian's Chromium: `pnpm --filter docs test:browser`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'site',
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // One browser at a time: the figures that are printed are a machine's, not a queue's.
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});

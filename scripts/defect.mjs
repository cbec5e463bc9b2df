/** `pnpm defect [N] [--engine fixed|historic]`: a defect of the patch of 2002, shown on the machine. */
import { runBundled } from './run-bundled.mjs';

await runBundled(
  `import { main } from './test/defects/show-defect.js'; process.exitCode = main(process.argv.slice(2));`,
);

/** Assembles the purgatory after a change of its source: rewrites src/purgatory/purgatory.bytes.ts. */
import { spawnSync } from 'node:child_process';

// The test that compares the bytes with the source is also what writes them, when snapshots are updated (-u).
const root = new URL('../../../', import.meta.url);
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'whole', 'test/purgatory.test.ts', '-u'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

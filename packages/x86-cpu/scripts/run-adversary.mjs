/** The adversarial run at full length: node scripts/run-adversary.mjs [instructions] [seed]. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [instructions = '100000000', seed = '1'] = process.argv.slice(2);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'x86-cpu', 'adversary'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ADVERSARY_INSTRUCTIONS: instructions, ADVERSARY_SEED: seed },
});
process.exitCode = status ?? 1;

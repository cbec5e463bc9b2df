/** The comparison with iced-x86 at full length: node scripts/compare-iced.mjs [strings]. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [strings = '10000000'] = process.argv.slice(2);
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'x86-cpu', 'disasm/iced'], {
  cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, ICED_STRINGS: strings },
});
process.exitCode = status ?? 1;

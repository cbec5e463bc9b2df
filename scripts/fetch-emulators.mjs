/** Fetches QEMU and Bochs out of Debian's packages into .cache/emulators, installing nothing; no network is loud, never fatal. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../.cache/emulators');
/** Stands there once everything has been unpacked. */
const donePath = join(folder, 'packages.txt');
/** Binaries and what they read: BIOSes, and bochs-term because bochs wants one display of several. */
const PACKAGES = ['qemu-system-x86', 'seabios', 'bochs', 'bochs-term', 'bochsbios', 'vgabios'];

/** A step that could not be done, with the words of the tool that refused. */
class FetchError extends Error {}

main();

function main() {
  if (existsSync(donePath)) return console.log(`emulators: they are there (${folder})`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const packages = fetchOrUpdate();
    writeFileSync(donePath, `${packages.join('\n')}\n`);
    console.log(`emulators: ${packages.length} packages unpacked into ${folder}`);
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    rmSync(folder, { recursive: true, force: true });
    const line = '!'.repeat(80);
    console.error(`${line}\nemulators: MISSING; the comparison with QEMU and Bochs will be skipped.`);
    console.error(
      `  ${error.message}\nMend the network or apt, then run: npx -y pnpm@10.34.9 emulators\n${line}`,
    );
  }
}

/** Lists that are older than the archive name packages that are gone. */
function fetchOrUpdate() {
  try {
    return fetchAll();
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    if (process.getuid?.() === 0) run('apt-get', ['update', '-q']);
    else run('sudo', ['-n', 'apt-get', 'update', '-q']);
    return fetchAll();
  }
}

/** Downloads the packages and those that they depend on and the machine lacks; `name_version` of each. */
function fetchAll() {
  const scratch = mkdtempSync(join(tmpdir(), 'kexec-emulators-'));
  try {
    // The user _apt may not write here; apt warns and downloads as the caller, which is what we want.
    run('apt-get', ['download', '-q', ...new Set([...PACKAGES, ...missingDependencies()])], scratch);
    const debs = readdirSync(scratch).filter((file) => file.endsWith('.deb'));
    for (const deb of debs) run('dpkg-deb', ['--extract', deb, folder], scratch);
    return debs.map((deb) => deb.replace(/_[^_]*$/, ''));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What apt would install with them. */
function missingDependencies() {
  const plan = run('apt-get', ['install', '--simulate', '-q', '--no-install-recommends', ...PACKAGES]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
}

/** @param {string} command @param {string[]} args @param {string} [cwd] @returns {string} its stdout */
function run(command, args, cwd) {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000, maxBuffer: 64 << 20 });
  const said = `${command} ${args.join(' ')}`;
  if (done.error) throw new FetchError(`${said}: ${done.error.message}`);
  if (done.status !== 0)
    throw new FetchError(`${said}: ${done.stderr.trim().split('\n').at(-1) || `ended with ${done.status}`}`);
  return done.stdout;
}

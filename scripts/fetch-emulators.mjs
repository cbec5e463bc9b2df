/** Fetches QEMU and Bochs out of Debian's packages into .cache/emulators, installing nothing; no network is loud, never fatal. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FetchError, run, updateLists, withDebs } from './debian-packages.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../.cache/emulators');
/** Stands there once everything has been unpacked. */
const donePath = join(folder, 'packages.txt');
/** Binaries and what they read: BIOSes, and bochs-term because bochs wants one display of several. */
const PACKAGES = ['qemu-system-x86', 'seabios', 'bochs', 'bochs-term', 'bochsbios', 'vgabios'];

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

/** Asks the archive for its lists where ours name packages that are gone. */
function fetchOrUpdate() {
  try {
    return fetchAll();
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    updateLists();
    return fetchAll();
  }
}

/** Downloads the packages and those that they depend on and the machine lacks; `name_version` of each. */
function fetchAll() {
  return withDebs([...new Set([...PACKAGES, ...missingDependencies()])], (debs) => {
    for (const deb of debs) run('dpkg-deb', ['--extract', deb, folder]);
    return debs.map((deb) => basename(deb).replace(/_[^_]*$/, ''));
  });
}

/** What apt would install with them. */
function missingDependencies() {
  const plan = run('apt-get', ['install', '--simulate', '-q', '--no-install-recommends', ...PACKAGES]);
  return [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
}

/** Fetches the real kernels that tests boot out of Debian's packages into .cache/fixtures; no network is loud, never fatal. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInitramfs, INITRAMFS_NAME } from './build-initramfs.mjs';
import { asRoot, FetchError, filesUnder, run, updateLists, withDebs } from './debian-packages.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../.cache/fixtures');
/** What is there: name → package, version, sha256. */
const recordPath = join(folder, 'fixtures.json');
/** Stands there while any fixture is missing, and says why; tests read it when they skip. */
const missingPath = join(folder, 'MISSING');

/** One row a fixture: the name tests use, the Debian package, and the file inside it. */
const FIXTURES = [
  { name: 'kexec_test.static', package: () => 'kexec-tools:i386', inside: /\/kexec_test\.static$/ },
  { name: 'vmlinuz', package: () => newestKernelPackage('686'), inside: /^\.\/boot\/vmlinuz-/ },
  { name: 'vmlinuz-pae', package: () => newestKernelPackage('686-pae'), inside: /^\.\/boot\/vmlinuz-/ },
  { name: 'busybox', package: () => 'busybox-static:i386', inside: /^\.\/bin\/busybox$/ },
  { name: 'memtest86+ia32.bin', package: () => 'memtest86+', inside: /\/memtest86\+ia32\.bin$/ },
];

main();

function main() {
  mkdirSync(folder, { recursive: true });
  const record = readRecord();
  const wanted = FIXTURES.filter(({ name }) => !isIntact(name, record));
  if (wanted.length === 0) {
    console.log(`fixtures: all ${FIXTURES.length} are there (${folder})`);
    rmSync(missingPath, { force: true });
    makeInitramfs();
    return;
  }
  const failures = fetchAll(wanted, record);
  makeInitramfs();
  writeFileSync(recordPath, `${JSON.stringify(record, undefined, 2)}\n`);
  if (failures.length === 0) rmSync(missingPath, { force: true });
  else reportMissing(failures);
}

/** The initramfs is made anew each time: /init is ours and may have changed. */
function makeInitramfs() {
  const busybox = join(folder, 'busybox');
  if (existsSync(busybox)) writeFileSync(join(folder, INITRAMFS_NAME), buildInitramfs(readFileSync(busybox)));
}

/** @param {typeof FIXTURES} wanted @param {Record<string, Entry>} record @returns {string[]} what failed */
function fetchAll(wanted, record) {
  try {
    makePackagesKnown();
  } catch (error) {
    return wanted.map(({ name }) => `${name}: ${wordsOf(error)}`);
  }
  const failures = [];
  for (const fixture of wanted) {
    try {
      record[fixture.name] = fetchOneOrUpdate(fixture);
      console.log(
        `fixtures: ${fixture.name} from ${record[fixture.name]?.package} ${record[fixture.name]?.version}`,
      );
    } catch (error) {
      failures.push(`${fixture.name}: ${wordsOf(error)}`);
    }
  }
  return failures;
}

/** Sees to it that apt knows i386 packages; asks the network only when its lists lack them. */
function makePackagesKnown() {
  try {
    if (run('apt-cache', ['show', '--no-all-versions', 'kexec-tools:i386']).length > 0) return;
  } catch {
    // apt-cache ends with an error when it knows no such package; then the lists are to be updated.
  }
  if (!run('dpkg', ['--print-foreign-architectures']).split('\n').includes('i386')) {
    asRoot('dpkg', ['--add-architecture', 'i386']);
  }
  updateLists();
}

/** @param {(typeof FIXTURES)[number]} fixture @returns {Entry} */
function fetchOneOrUpdate(fixture) {
  try {
    return fetchOne(fixture);
  } catch {
    updateLists();
    return fetchOne(fixture);
  }
}

/** @param {(typeof FIXTURES)[number]} fixture @returns {Entry} */
function fetchOne(fixture) {
  const packageName = fixture.package();
  return withDebs([packageName], ([deb = ''], files) => {
    const version = run('dpkg-deb', ['--field', deb, 'Version']).trim();
    run('dpkg-deb', ['--extract', deb, files]);
    const inside = filesUnder(files).map((path) => `./${relative(files, path)}`);
    const found = inside.find((path) => fixture.inside.test(path));
    if (found === undefined) throw new FetchError(`${basename(deb)} holds no file like ${fixture.inside}`);
    const target = join(folder, fixture.name);
    copyFileSync(join(files, found), target);
    return { package: packageName, version, file: found.slice(1), sha256: sha256(target) };
  });
}

/** The newest linux-image-6.1.0-N-FLAVOUR for i386, by N. @param {string} flavour */
function newestKernelPackage(flavour) {
  const names = run('apt-cache', ['pkgnames', 'linux-image-6.1.0-']).split('\n');
  const pattern = new RegExp(`^linux-image-6\\.1\\.0-(\\d+)-${flavour}(?::i386)?$`);
  const newest = names
    .map((name) => pattern.exec(name)?.[1])
    .filter((abi) => abi !== undefined)
    .sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new FetchError(`apt knows no linux-image-6.1.0-*-${flavour} (Debian 12)`);
  return `linux-image-6.1.0-${newest}-${flavour}:i386`;
}

/** @param {string[]} failures */
function reportMissing(failures) {
  writeFileSync(missingPath, `${failures.join('\n')}\n`);
  const line = '!'.repeat(80);
  console.error(
    `${line}\nfixtures: ${failures.length} of ${FIXTURES.length} are MISSING; tests on real kernels will be skipped.`,
  );
  for (const failure of failures) console.error(`  ${failure}`);
  console.error(`Mend the network or apt, then run: npx -y pnpm@10.34.9 fixtures\n${line}`);
}

/** @typedef {{ package: string, version: string, file: string, sha256: string }} Entry */

/** @returns {Record<string, Entry>} */
function readRecord() {
  return existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, 'utf8')) : {};
}

/** @param {string} name @param {Record<string, Entry>} record */
function isIntact(name, record) {
  const path = join(folder, name);
  return existsSync(path) && record[name]?.sha256 === sha256(path);
}

/** @param {string} path */
function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @param {unknown} error */
function wordsOf(error) {
  if (error instanceof FetchError) return error.message;
  throw error;
}

/** Debian's packages for the scripts that take files out of them: downloaded and extracted, never installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longer than any download takes that goes on. */
const TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 64 << 20;

/** A step that could not be done, with the words of the tool that refused. */
export class FetchError extends Error {}

/** @param {string} command @param {string[]} args @param {string} [cwd] @returns {string} its stdout */
export function run(command, args, cwd) {
  const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', ...limits });
  const said = `${command} ${args.join(' ')}`;
  if (done.error) throw new FetchError(`${said}: ${done.error.message}`);
  if (done.status !== 0) {
    throw new FetchError(`${said}: ${done.stderr.trim().split('\n').at(-1) || `ended with ${done.status}`}`);
  }
  return done.stdout;
}

/** @param {string} command @param {string[]} args */
export function asRoot(command, args) {
  return process.getuid?.() === 0 ? run(command, args) : run('sudo', ['-n', command, ...args]);
}

/** Lists that are older than the archive name packages that are gone. */
export function updateLists() {
  asRoot('apt-get', ['update', '-q']);
}

/**
 * Downloads packages, and lets `use` look at them before they are removed.
 *
 * @template T
 * @param {readonly string[]} names as apt-get takes them
 * @param {(debs: readonly string[], scratch: string) => T} use paths of the .deb files, and a folder to extract into
 * @returns {T}
 */
export function withDebs(names, use) {
  const scratch = mkdtempSync(join(tmpdir(), 'kexec-packages-'));
  try {
    // The user _apt may not write here; apt warns and downloads as the caller, which is what we want.
    run('apt-get', ['download', '-q', ...names], scratch);
    const debs = readdirSync(scratch).filter((file) => file.endsWith('.deb'));
    if (debs.length === 0) throw new FetchError(`apt-get download ${names.join(' ')} left no .deb`);
    return use(
      debs.map((deb) => join(scratch, deb)),
      join(scratch, 'files'),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The same, extracted into one folder.
 *
 * @template T
 * @param {readonly string[]} names
 * @param {(files: string) => T} use
 * @returns {T}
 */
export function withFilesOf(names, use) {
  return withDebs(names, (debs, files) => {
    for (const deb of debs) run('dpkg-deb', ['--extract', deb, files]);
    return use(files);
  });
}

/** @param {string} root @returns {string[]} the path of each plain file below it */
export function filesUnder(root) {
  return readdirSync(root, { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

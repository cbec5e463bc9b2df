/** Packs every public package (or those named), lints the tarballs, and runs each README's examples outside the workspace. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packedFolder = join(root, '.cache/packed');
/** Subpaths that promise to load no machine, and the bytes that each may have when bundled and minified. */
const TEXT_ALONE = { '@kexec/x86-cpu/asm': 160_000, '@kexec/x86-cpu/disasm': 140_000 };
const failures = /** @type {string[]} */ ([]);

await main(process.argv.slice(2));

/** @param {string[]} named with their dependencies; none means all, and the workspace's own README too */
async function main(named) {
  const packages = named.length > 0 ? named : publicPackages();
  const readmes = packages.map((name) => ({ name, folder: join(root, 'packages', name) }));
  if (named.length === 0) readmes.unshift({ name: 'workspace', folder: root });
  const filters = packages.map((name) => `--filter=./packages/${name}`);
  must('build', root, tool('turbo', root), ['run', 'build', ...filters, '--output-logs', 'errors-only']);
  rmSync(packedFolder, { recursive: true, force: true });
  mkdirSync(packedFolder, { recursive: true });
  const tarballs = packages.map((name) => pack(name));
  packages.forEach((name, index) => {
    lintTarball(name, tarballs[index] ?? '');
  });

  const scratch = mkdtempSync(join(tmpdir(), 'kexec-packages-'));
  try {
    install(scratch, tarballs);
    await putImages(scratch);
    if (packages.includes('x86-cpu')) {
      for (const [subpath, limit] of Object.entries(TEXT_ALONE)) await bundleAlone(scratch, subpath, limit);
    }
    runExamples(scratch, readmes);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(
    failures.length === 0 ? 'packages: all are well' : `packages: FAILED\n  ${failures.join('\n  ')}`,
  );
  if (failures.length > 0) process.exitCode = 1;
}

/** @returns {string[]} folder names under packages/ of what is published */
function publicPackages() {
  return readdirSync(join(root, 'packages')).filter((name) => manifestOf(name).private !== true);
}

/** @param {string} name @returns {string} the tarball's path */
function pack(name) {
  const said = must(`pack ${name}`, join(root, 'packages', name), 'npx', [
    ...['-y', 'pnpm@10.34.9', 'pack', '--json', '--pack-destination', packedFolder],
  ]);
  const { filename } = JSON.parse(said);
  // pnpm adds the workspace's LICENSE without listing it.
  const held = must(`list ${name}`, root, 'tar', ['-tzf', filename])
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  for (const wanted of ['LICENSE', 'README.md', 'package.json']) {
    if (!held.includes(wanted)) failures.push(`${name}: the tarball lacks ${wanted}`);
  }
  for (const path of held.filter((path) => /\.test\.|^src\/|\.tsc\//.test(path))) {
    failures.push(`${name}: the tarball holds ${path}`);
  }
  return filename;
}

/** @param {string} name @param {string} [folder] of the package that depends on it */
function tool(name, folder = join(root, 'scripts')) {
  return join(folder, 'node_modules/.bin', name);
}

/** @param {string} name @param {string} tarball */
function lintTarball(name, tarball) {
  attempt(`publint ${name}`, root, tool('publint'), ['--strict', tarball]);
  // A command has no types to be wrong.
  if (manifestOf(name).exports === undefined) return;
  attempt(`attw ${name}`, root, tool('attw'), ['--profile', 'esm-only', '--no-emoji', '--no-color', tarball]);
}

/** @param {string} scratch @param {string[]} tarballs */
function install(scratch, tarballs) {
  writeFileSync(join(scratch, 'package.json'), '{ "private": true, "type": "module" }\n');
  must('npm install', scratch, 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...tarballs,
  ]);
}

/**
 * Our own kernels, under the names that examples use for the reader's.
 *
 * @param {string} scratch
 */
async function putImages(scratch) {
  const { build } = await import('esbuild');
  const outfile = join(scratch, 'guests.mjs');
  await build({
    entryPoints: [join(root, 'guests/src/index.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  });
  const guests = await import(pathToFileURL(outfile).href);
  writeFileSync(join(scratch, 'kernel.elf'), guests.createElfGuest());
  writeFileSync(join(scratch, 'bzImage'), guests.createBzImageGuest());
  rmSync(outfile);
}

/**
 * What an application gets that imports a subpath and nothing else.
 *
 * @param {string} scratch @param {string} subpath @param {number} limit in bytes
 */
async function bundleAlone(scratch, subpath, limit) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${subpath}';`, resolveDir: scratch },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const text = outputFiles[0]?.text ?? '';
  console.log(`packages: ${subpath} alone: ${text.length} bytes`);
  if (text.length > limit) failures.push(`${subpath} has ${text.length} bytes alone, the limit is ${limit}`);
  // The translator's name in any bundle that has it.
  if (/WebAssembly/.test(text)) failures.push(`${subpath} alone loads the translator`);
}

/** @param {string} scratch @param {{ name: string, folder: string }[]} readmes */
function runExamples(scratch, readmes) {
  const examples = readmes.flatMap(({ name, folder }) =>
    examplesOf(join(folder, 'README.md')).map((example, i) => ({
      ...example,
      name: i === 0 ? name : `${name}-${i + 1}`,
    })),
  );
  for (const { name, program } of examples) {
    if (program !== undefined) writeFileSync(join(scratch, `${name}.ts`), program);
  }
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: strictNodeNext(), include: ['*.ts'] }),
  );
  attempt('tsc of the examples', scratch, 'node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
  for (const example of examples) runExample(scratch, example);
}

/** What a newcomer's project would say, at its strictest; declarations of the packages are checked too. */
function strictNodeNext() {
  return {
    ...{ module: 'NodeNext', moduleResolution: 'NodeNext', target: 'ES2023', outDir: 'out', rootDir: '.' },
    ...{
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    },
    ...{ typeRoots: [join(root, 'node_modules/@types')], types: ['node'] },
  };
}

/** @param {string} scratch @param {{ name: string, program?: string, prints?: string, commands: string[] }} example */
function runExample(scratch, { name, program, prints, commands }) {
  if (program === undefined && commands.length === 0) {
    failures.push(`${name}: README.md has no example that can be run`);
  }
  if (program !== undefined) {
    const said = attempt(`example of ${name}`, scratch, 'node', [`out/${name}.js`]);
    if (prints !== undefined && said !== undefined && said.trim() !== prints.trim()) {
      failures.push(`example of ${name} printed\n${said}instead of\n${prints}`);
    }
  }
  for (const command of commands)
    attempt(`example of ${name}: ${command}`, scratch, 'sh', [
      '-c',
      `PATH=node_modules/.bin:$PATH; ${command}`,
    ]);
}

/**
 * Each ```ts block is a program; a ```text block right behind it is what it prints. Those lines of
 * ```sh blocks that call kexec without a file are commands that must succeed.
 *
 * @param {string} readmePath
 * @returns {{ program?: string, prints?: string, commands: string[] }[]} at least one; the first has the commands
 */
function examplesOf(readmePath) {
  if (!existsSync(readmePath)) return [{ commands: [] }];
  const text = readFileSync(readmePath, 'utf8');
  const programs = [...text.matchAll(/^```ts\n(.*?)^```\n(?:\s*^```text\n(.*?)^```)?/gms)];
  const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => /^(?:npx )?kexec (?:demo|--version|--help)/.test(line) && !line.includes('FILE'));
  const examples = programs.map(([, program, prints]) => ({
    ...(program && { program }),
    ...(prints && { prints }),
    commands: /** @type {string[]} */ ([]),
  }));
  const [first = {}, ...rest] = examples;
  return [{ ...first, commands }, ...rest];
}

/** @param {string} name @returns {{ private?: boolean, exports?: unknown }} */
function manifestOf(name) {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
}

/** @param {string} what @param {string} cwd @param {string} command @param {string[]} args @returns {string | undefined} stdout, or nothing and a failure noted */
function attempt(what, cwd, command, args) {
  const done = spawnSync(command, args, {
    cwd,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 180_000,
  });
  console.log(`packages: ${what}: ${done.status === 0 ? 'ok' : 'FAILED'}`);
  if (done.status === 0) return done.stdout;
  console.error(done.stdout, done.stderr);
  failures.push(what);
  return undefined;
}

/** @param {string} what @param {string} cwd @param {string} command @param {string[]} args */
function must(what, cwd, command, args) {
  const said = attempt(what, cwd, command, args);
  if (said === undefined) throw new Error(`${what} failed; nothing can be checked`);
  return said;
}

/** Writes the source outline of ARCHITECTURE.md from the caption of every file; `--check` only says whether it is current. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const documentPath = join(root, 'ARCHITECTURE.md');
const BEGIN = '<!-- outline: begin (pnpm outline writes it) -->';
const END = '<!-- outline: end -->';

/** Folders in the order of the arrows: each may know only what stands above it. */
const FOLDERS = [
  ...['phys-mem', 'x86-cpu', 'pc', 'kernel-core', 'kexec', 'loaders', 'machine', 'cli'].map(
    (name) => `packages/${name}/src`,
  ),
  'guests',
  'examples',
  'test',
  'bench',
  'scripts',
  'apps/docs',
  '.ci',
];

const NOT_OURS = new Set(['node_modules', 'dist', '.tsc', '.cache', '.astro', '.turbo', 'content']);
const IS_SOURCE = /\.(?:ts|mjs|js|astro|sh)$|\/\.ci\/run$/;
const IS_TEST = /\.test\.ts$/;

/** @typedef {{ path: string, caption: string | undefined }} Source */

main(process.argv.includes('--check'));

/** @param {boolean} checkOnly */
function main(checkOnly) {
  const sources = FOLDERS.map((folder) => ({ folder, files: sourcesUnder(join(root, folder)) }));
  const silent = sources.flatMap(({ files }) => files).filter(({ caption }) => caption === undefined);
  for (const { path } of silent) console.error(`${relative(root, path)}: the first line is no caption`);
  if (silent.length > 0) process.exitCode = 1;

  const before = readFileSync(documentPath, 'utf8');
  const after = withOutline(before, sources.map(outlineOf).filter(Boolean).join('\n\n'));
  if (before === after) return;
  if (!checkOnly) return writeFileSync(documentPath, after);
  console.error('ARCHITECTURE.md: the source outline is not current; run: npx -y pnpm@10.34.9 outline');
  process.exitCode = 1;
}

/** @param {string} document @param {string} outline */
function withOutline(document, outline) {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`ARCHITECTURE.md lacks the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${outline}\n\n${document.slice(end)}`;
}

/**
 * A heading a folder, a line a file: its path in the folder and its caption. Tests stand beside what they test
 * and are left out.
 *
 * @param {{ folder: string, files: Source[] }} sources
 */
function outlineOf({ folder, files }) {
  const lines = files
    .filter(({ path, caption }) => caption !== undefined && !IS_TEST.test(path))
    .map(({ path, caption }) => `- \`${relative(join(root, folder), path)}\` ${caption}`);
  return lines.length === 0 ? '' : `### ${folder}\n\n${lines.join('\n')}`;
}

/** @param {string} folder @returns {Source[]} a folder's own files first, then its subfolders, both by name */
function sourcesUnder(folder) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .filter((path) => IS_SOURCE.test(path))
    .map((path) => ({ path, caption: captionOf(path) }));
  const folders = entries.filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name));
  return [...files, ...folders.flatMap((entry) => sourcesUnder(join(folder, entry.name)))];
}

/** @param {string} path @returns {string | undefined} the words of its first line, of its second behind a `#!` or `---` */
function captionOf(path) {
  const [first = '', second = ''] = readFileSync(path, 'utf8').split('\n', 2);
  const line = first.startsWith('#!') || first === '---' ? second : first;
  const words = /^\/\*\* (.+) \*\/$/.exec(line) ?? /^# (.+)$/.exec(line) ?? /^\/\*\* (.+[^/])$/.exec(line);
  return words?.[1]?.trim();
}

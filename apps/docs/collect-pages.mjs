/** Makes pages of the repository's own documents, so that each is written once and read in both places. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const target = join(here, 'src/content/docs');

/** One row a document: its file at the root, and the page's address. */
const DOCUMENTS = [
  { file: 'ARCHITECTURE.md', page: 'architecture' },
  { file: 'RATIONALE.md', page: 'rationale' },
  { file: 'READING.md', page: 'reading' },
  { file: 'CONTRIBUTING.md', page: 'contributing' },
  { file: 'SECURITY.md', page: 'security' },
];
const OUTLINE_HEADING = '## Source outline';

mkdirSync(target, { recursive: true });
for (const { file, page } of DOCUMENTS) {
  const [body = ''] = readFileSync(join(root, file), 'utf8').split(OUTLINE_HEADING);
  writePage(page, body);
}
const [, outline = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split(OUTLINE_HEADING);
writePage('outline', `# Source outline\n${outline.replace(/^###/gm, '##')}`);

/**
 * Starlight takes the title from the front matter, not from a heading.
 *
 * @param {string} page
 * @param {string} markdown
 */
function writePage(page, markdown) {
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? page;
  const body = linksToPages(markdown.replace(/^# .+\n/m, '').replace(/<!--.*?-->\n?/gs, ''));
  writeFileSync(
    join(target, `${page}.md`),
    `---\ntitle: ${JSON.stringify(title)}\neditUrl: false\n---\n${body}`,
  );
}

/** @param {string} markdown with links between documents made links between pages, and links to files made plain */
function linksToPages(markdown) {
  return markdown.replace(/\[([^\]]+)\]\((?!https?:|#)([^)]+)\)/g, (_, words, target) => {
    const document = DOCUMENTS.find(({ file }) => target === file);
    return document ? `[${words}](/${document.page}/)` : words;
  });
}

/** The pages of the site that are written by hand, and the code blocks in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the pages are. */
export const PAGES = fileURLToPath(new URL('../../apps/docs/src/content/docs/', import.meta.url));
/** Pages that the site's build copies here from elsewhere say so. @see apps/docs/collect-pages.mjs */
const COPIED = /^---\n(?:.*\n)*?editUrl: false\n/;
const FENCE = /^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm;

/** A page, by its path under {@link PAGES}. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the page on which the code begins, from 1. */
  readonly line: number;
  readonly language: string;
  /** The file's name, from `title="…"` behind the language. */
  readonly title?: string;
  readonly code: string;
}

export function pages(): Page[] {
  return readdirSync(PAGES, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.mdx?$/.test(path) && !path.startsWith('api/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(PAGES, path), 'utf8') }))
    .filter(({ text }) => !COPIED.test(text));
}

export function codeBlocks({ path, text }: Page): CodeBlock[] {
  return [...text.matchAll(FENCE)].map(({ 1: language = '', 2: meta = '', 3: code = '', index }) => {
    const title = /title="([^"]+)"/.exec(meta)?.[1];
    const line = text.slice(0, index).split('\n').length + 1;
    return { page: path, line, language, code, ...(title === undefined ? {} : { title }) };
  });
}

/** The page with the code of some of its blocks changed; undefined leaves a block as it is. */
export function withBlocks(
  { text }: Page,
  change: (code: string, language: string) => string | undefined,
): string {
  return text.replace(FENCE, (whole, language: string, meta: string, code: string) => {
    const changed = change(code, language);
    return changed === undefined ? whole : `\`\`\`${language}${meta}\n${changed}\`\`\``;
  });
}

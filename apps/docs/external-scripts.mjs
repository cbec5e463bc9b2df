/** Moves every script that stands in a page into a file of its own: a policy of script-src 'self' then runs them all. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Scripts with text between their tags; types that are data, such as JSON, are no scripts. */
const INLINE =
  /<script(?<attributes>(?:\s+(?!src\b)[\w:-]+(?:=(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*>(?<code>[\s\S]*?)<\/script>/g;
const DATA_TYPE = /\btype=["']?(?!module\b|text\/javascript\b)/;
const FOLDER = '_astro';

/** @returns {import('astro').AstroIntegration} */
export default function externalScripts() {
  return {
    name: 'external-scripts',
    hooks: {
      'astro:build:done': ({ dir }) => {
        const root = fileURLToPath(dir);
        mkdirSync(join(root, FOLDER), { recursive: true });
        for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
          if (name.endsWith('.html')) moveScripts(root, join(root, name));
        }
      },
    },
  };
}

/**
 * A classic script in a file still stops the page until it has run, as it did in the page.
 *
 * @param {string} root of the site
 * @param {string} path of a page
 */
function moveScripts(root, path) {
  const html = readFileSync(path, 'utf8');
  const moved = html.replace(INLINE, (whole, attributes, code) => {
    if (code.trim() === '' || DATA_TYPE.test(attributes)) return whole;
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 12);
    writeFileSync(join(root, FOLDER, `inline.${hash}.js`), code);
    return `<script${attributes} src="/${FOLDER}/inline.${hash}.js"></script>`;
  });
  if (moved !== html) writeFileSync(path, moved);
}

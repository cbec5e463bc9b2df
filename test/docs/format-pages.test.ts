/** The site's pages on file formats: their tables are what the loaders read with. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FORMAT_TABLES } from './format-tables.js';

const folder = fileURLToPath(new URL('../../apps/docs/src/content/docs/formats/', import.meta.url));
/** `<!-- table: elf-header -->`, the table, `<!-- end -->`. */
const TABLE = /<!-- table: ([\w-]+) -->\n[\s\S]*?<!-- end -->/g;

const pages = readdirSync(folder).map((name) => ({ name, text: readFileSync(`${folder}${name}`, 'utf8') }));

test.each(pages)(
  'the tables of $name are made from the fields (vitest -u writes them)',
  async ({ name, text }) => {
    const page = text.replace(TABLE, (_, table: string) => {
      expect(FORMAT_TABLES).toHaveProperty(table);
      return `<!-- table: ${table} -->\n\n${FORMAT_TABLES[table]}\n\n<!-- end -->`;
    });
    await expect(page).toMatchFileSnapshot(`${folder}${name}`);
  },
);

describe('each table', () => {
  const used = pages.flatMap(({ text }) => [...text.matchAll(TABLE)].map(([, name]) => name));

  test.each(Object.keys(FORMAT_TABLES))('%s stands on a page, once', (name) => {
    expect(used.filter((one) => one === name)).toHaveLength(1);
  });

  test.each(Object.entries(FORMAT_TABLES))('%s has a text for each row', (_, table) => {
    expect(table.split('\n').slice(2).join('\n')).not.toMatch(/undefined|\| +\|$/m);
  });
});

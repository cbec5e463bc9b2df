/** axe on every page with an island, as it comes and after it was used, in both themes and on a phone. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, Site } from './browser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, a line each. */
async function violations(page: Page): Promise<string[]> {
  // Not by a script element, which the page's policy would refuse.
  await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; nodes: { target: string[]; html: string }[] }[]>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations)",
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${target.join(' ')}: ${html}`),
  );
}

const PAGES = [
  ['/', '[data-part=boot]', 'kexec-live[data-stage=stopped]'],
  ['/live/', '[data-part=boot]', 'kexec-live[data-stage=stopped]'],
  ['/tools/timeline/', '[data-part=show]', 'kexec-timeline[data-shown]'],
  ['/tools/segments/', '[data-part=check]', 'kexec-segments[data-shown]'],
  ['/tools/pages/', '[data-part=show]', 'kexec-pages[data-shown]'],
  ['/tools/relocation/', '[data-part=page-on]', 'kexec-relocation[data-shown]'],
  ['/tools/boot-params/', '[data-part=show]', 'kexec-boot-params[data-shown]'],
] as const;
/** Each theme, and each width. */
const LOOKS = [
  ['light', 1280],
  ['dark', 390],
] as const;

describe.skipIf(missing.length > 0)('axe finds nothing', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  test.each(PAGES.flatMap((page) => LOOKS.map((look) => [...page, ...look] as const)))(
    'on %s, before and after %s (%s, %s, %i pixels)',
    async (path, press, done, colorScheme, width) => {
      const { page, complaints, close } = await site.visit(path, {
        colorScheme,
        viewport: { width, height: 900 },
        reducedMotion: 'reduce',
      });
      expect(await violations(page)).toEqual([]);
      await page.locator(press).click();
      await page.locator(done).waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});

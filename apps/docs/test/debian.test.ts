/** Debian's kernel and initrd, dropped on the box: to its first line; with KEXEC_LONG=1 to a shell that answers. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, Site } from './browser.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../.cache/fixtures/${name}`, import.meta.url));
const FILES = { '/given/vmlinuz': fixture('vmlinuz'), '/given/initramfs.gz': fixture('initramfs.gz') };
const hasFixtures = Object.values(FILES).every((path) => existsSync(path));
if (!hasFixtures)
  process.stderr.write('\nSKIPPED: Debian in the page. "pnpm fixtures" fetches its kernel.\n\n');

const BOOT_MS = 600_000;

/** What a reader does with the mouse, done to the element. */
const DROP = `(async () => {
  const transfer = new DataTransfer();
  for (const name of ['initramfs.gz', 'vmlinuz'])
    transfer.items.add(new File([await (await fetch('/given/' + name)).blob()], name));
  document.querySelector('kexec-live').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer }));
})()`;

describe.skipIf(missing.length > 0 || !hasFixtures)('Debian', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open(FILES);
  });
  afterAll(() => site.close());

  test(
    'boots from the files that were dropped',
    async () => {
      const { page, complaints, close } = await site.visit('/live/');
      const live = page.locator('kexec-live');
      await live.locator('summary').click();
      await page.evaluate(DROP);
      await live.getByText('kernel: vmlinuz, initrd: initramfs.gz').waitFor();
      await live.getByLabel('Memory').selectOption('256M');
      await live.getByRole('button', { name: 'Boot', exact: true }).click();
      const began = performance.now();
      const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
      // A line is seen for a moment only; the terminal's text keeps it.
      const text = async () => {
        await live.locator('[data-part=copy-text]').click();
        return page.evaluate<string>('navigator.clipboard.readText()');
      };
      const says = async (pattern: RegExp) => {
        for (;;) {
          const now = await text();
          expect(now).not.toMatch(/panic|Oops/);
          if (pattern.test(now)) return;
          await page.waitForTimeout(500);
        }
      };
      await says(/Linux version 6/);
      console.log(`Debian's first line after ${seconds()} s`);
      if (process.env.KEXEC_LONG) {
        await says(/# *\n$/);
        console.log(`a prompt after ${seconds()} s`);
        await live.locator('.xterm-helper-textarea').focus();
        await page.keyboard.type('echo $((6*7)) of $(uname -m)\n');
        await says(/42 of i686/);
        const slices = await live.getAttribute('data-slices');
        console.log(`its shell answers after ${seconds()} s; slices: ${slices}`);
      }
      await live.getByRole('button', { name: 'Pause' }).click();
      await page.locator('kexec-live[data-stage=paused]').waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    BOOT_MS,
  );
});

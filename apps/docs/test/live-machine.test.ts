/** The live machine in a browser: driven by mouse and by keys, and the same to the bit as in Node. */
import { createBzImageGuest } from '@kexec/guests';
import { createMachine } from '@kexec/machine';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutShift, missing, Site, terminalText } from './browser.js';

const live = (page: Page) => page.locator('kexec-live');
const button = (page: Page, name: string) => live(page).getByRole('button', { name, exact: true });
const stage = (page: Page, name: string) => page.locator(`kexec-live[data-stage=${name}]`).waitFor();
const clipboard = (page: Page) => page.evaluate<string>('navigator.clipboard.readText()');

/** As `kexec demo bzimage --append "a b" --memory 64M` runs it. */
function traceHashHere(): string {
  const machine = createMachine({ memory: '64M' });
  machine.load(createBzImageGuest(), { append: 'a b', initrd: new TextEncoder().encode('123456789') });
  machine.exec();
  machine.run({ instructions: 50_000_000 });
  return machine.pc.traceHash();
}

describe.skipIf(missing.length > 0)('the live machine', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  test('boots by the mouse: the running kernel speaks first, then the new one', async () => {
    const { page, complaints, close } = await site.visit('/live/');
    const began = performance.now();
    await button(page, 'Boot').click();
    await page.locator('.xterm-rows', { hasText: 'kexec demo kernel' }).waitFor();
    const shown = performance.now() - began;
    await stage(page, 'stopped');
    const text = await terminalText(page);
    const order = ['Linux version', 'Starting new kernel', 'kexec demo kernel', 'Halting.'].map((line) =>
      text.indexOf(line),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    const first = await page.evaluate<number>(
      `performance.measure('', 'kexec:boot', 'kexec:first-byte').duration`,
    );
    const slices = await live(page).getAttribute('data-slices');
    console.log(
      `from the button: first serial byte ${first.toFixed(0)} ms, the demo's line seen ${shown.toFixed(0)} ms; slices: ${slices}`,
    );
    expect(await layoutShift(page, true)).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test('is driven by keys alone, and lets go of them', async () => {
    const { page, complaints, close } = await site.visit('/live/');
    await button(page, 'Load').focus();
    await page.keyboard.press('Enter');
    await stage(page, 'loaded');
    expect(await live(page).locator('[data-part=message]').innerText()).toMatch(
      /^Loaded: elf-x86, \d segments\.$/,
    );
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await stage(page, 'stopped');
    const focused = () => page.evaluate('document.activeElement.className');
    expect(await focused()).toBe('xterm-helper-textarea');
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).not.toBe('xterm-helper-textarea');
    await button(page, 'Reset').focus();
    await page.keyboard.press('Enter');
    await stage(page, 'ready');
    expect(complaints).toEqual([]);
    await close();
  });

  test('a button that can do nothing now does nothing', async () => {
    const { page, close } = await site.visit('/live/');
    await button(page, 'Exec').click({ force: true });
    expect(await live(page).getAttribute('data-stage')).toBe('empty');
    await close();
  });

  test('has the same trace hash as in Node', async () => {
    const { page, close } = await site.visit('/live/#live:kernel=bzimage&append=a+b&memory=64M');
    await button(page, 'Boot').click();
    await stage(page, 'stopped');
    await button(page, 'Trace hash').click();
    const message = live(page).locator('[data-part=message]', { hasText: 'Trace hash' });
    expect(await message.innerText()).toBe(`Trace hash: ${traceHashHere()}`);
    await button(page, 'Copy as command line').click();
    expect(await clipboard(page)).toBe("npx -y pnpm@10.34.9 kexec demo bzimage --append 'a b' --memory 64M");
    await close();
  });

  test('its link brings another reader to the same form', async () => {
    const { page, close } = await site.visit('/live/');
    await live(page).getByLabel('Command line').fill('x=1 y="ä&b"');
    await live(page).getByLabel('Memory').selectOption('32M');
    await button(page, 'Copy link').click();
    const link = new URL(await clipboard(page));
    await close();
    const other = await site.visit(`${link.pathname}${link.hash}`);
    expect(await live(other.page).getByLabel('Command line').inputValue()).toBe('x=1 y="ä&b"');
    expect(await live(other.page).getByLabel('Memory').inputValue()).toBe('32M');
    expect(await live(other.page).getAttribute('data-stage')).toBe('empty');
    await other.close();
  });

  test('a refused file is refused with the reason', async () => {
    const { page, close } = await site.visit('/live/');
    await live(page).locator('summary').click();
    await live(page)
      .getByLabel('Kernel file')
      .setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('no kernel at all'),
      });
    await button(page, 'Boot').click();
    const message = live(page).locator('[data-part=message][data-kind=error]');
    expect(await message.innerText()).toMatch(/\[UNKNOWN_TYPE\]/);
    await close();
  });
});

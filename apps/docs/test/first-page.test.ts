/** The first page: light, still, quiet, and readable without scripts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutShift, missing, Site } from './browser.js';

const BYTES_MAX = 150_000;

describe.skipIf(missing.length > 0)('the first page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  test('is at most 150 kB on the wire, and asks only its own server', async () => {
    const { page, complaints, requests, close } = await site.visit('/');
    const [packed, unpacked] = await page.evaluate<[number, number]>(`(() => {
      const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
      return ['encodedBodySize', 'decodedBodySize'].map((size) => all.reduce((sum, entry) => sum + entry[size], 0));
    })()`);
    console.log(`first page: ${packed} bytes packed, ${unpacked} unpacked, ${requests.length} requests`);
    expect(packed).toBeLessThanOrEqual(BYTES_MAX);
    expect(requests.filter((url) => new URL(url).origin !== new URL(page.url()).origin)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  test('has neither the machine nor its terminal before somebody asks', async () => {
    const { page, requests, close } = await site.visit('/');
    await page.locator('kexec-live').scrollIntoViewIfNeeded();
    await page.locator('kexec-live [data-part=memory]').selectOption('64M');
    await page.waitForTimeout(500);
    expect(requests.filter((url) => /worker|console\.|connection/.test(url))).toEqual([]);
    await close();
  });

  test.each([1280, 390])('does not move while it loads, at %i pixels', async (width) => {
    const { page, close } = await site.visit('/', { viewport: { width, height: 844 } });
    expect(await layoutShift(page)).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await close();
  });

  test('shows what the machine prints, and no button, without scripts', async () => {
    const { page, complaints, close } = await site.visit('/', { javaScriptEnabled: false });
    expect(await page.locator('kexec-live pre').innerText()).toMatch(/Starting new kernel[\s\S]*Halting\./);
    expect(await page.locator('kexec-live button:visible').count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test('its button boots the machine', async () => {
    const { page, close } = await site.visit('/');
    await page.getByRole('link', { name: 'Boot it here' }).click();
    await page.locator('kexec-live[data-stage=stopped]').waitFor();
    expect(await page.locator('[data-part=phase]').innerText()).toBe('stopped: the guest ended with 0');
    await close();
  });
});

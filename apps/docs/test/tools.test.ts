/** The tools in a browser, by keys and by the mouse: what they show is what the packages say. */
import { createBzImageGuest } from '@kexec/guests';
import { createMachine, pageCopies } from '@kexec/machine';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutShift, missing, Site } from './browser.js';

const press = async (page: Page, ...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const shown = (page: Page, tool: string) => page.locator(`kexec-${tool}[data-shown]`).waitFor();
const hash = (page: Page) => page.evaluate<string>('location.hash');

describe.skipIf(missing.length > 0)('the tools', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  test('none moves while it loads, none asks for the machine unasked', async () => {
    for (const tool of ['timeline', 'segments', 'pages', 'relocation', 'boot-params']) {
      const { page, complaints, requests, close } = await site.visit(`/tools/${tool}/`);
      expect(await layoutShift(page), tool).toBe(0);
      expect(requests.filter((url) => /worker|connection/.test(url))).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    }
  });

  test('the timeline’s moments are chosen by the arrow keys, and kept in the link', async () => {
    const { page, complaints, close } = await site.visit('/tools/timeline/');
    await page.getByLabel('Moment').focus();
    await press(page, 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight');
    expect(await page.locator('[data-panel]:visible').innerText()).toMatch(/^Jumped\./);
    expect(await hash(page)).toContain('stage=4');
    await page.getByRole('button', { name: 'Draw' }).click();
    await shown(page, 'timeline');
    expect(await page.locator('[data-panel]:visible').innerText()).toMatch(
      /(\d) of \1 segments are in place/,
    );
    const again = await site.visit(`/tools/timeline/${await hash(page)}`);
    expect(await again.page.locator('[data-panel]:visible').innerText()).toMatch(/^Jumped\./);
    await again.close();
    expect(complaints).toEqual([]);
    await close();
  });

  test('a segment that breaks a rule lights it, with the errno that the call returns', async () => {
    const { page, complaints, close } = await site.visit('/tools/segments/');
    await page.getByRole('button', { name: 'Ask the kernel' }).focus();
    await press(page, 'Enter');
    await shown(page, 'segments');
    expect(await page.locator('.kx-answer').innerText()).toContain('kexec_load(…) = 0');
    const mem = page.getByLabel('mem of segment 1');
    await mem.fill('0x103000');
    await press(page, 'Tab');
    await page.locator('.kx-answer[data-good=false]').waitFor();
    expect(await page.locator('.kx-answer').innerText()).toContain('kexec_load(…) = -EINVAL');
    const lit = page.locator('.kx-rule[data-broken=true]');
    expect(await lit.count()).toBe(1);
    expect(await lit.innerText()).toContain('no two segments overlap');
    await page.getByLabel('Example').selectOption({ label: 'over the end of the address space' });
    await page.locator('.kx-answer', { hasText: '-EADDRNOTAVAIL' }).waitFor();
    await mem.fill('nonsense');
    await press(page, 'Tab');
    expect(await page.locator('[data-part=message][data-kind=error]').innerText()).toContain('32 bits');
    expect(await mem.getAttribute('aria-invalid')).toBe('true');
    expect(complaints).toEqual([]);
    await close();
  });

  test('the page list’s words are those of the same machine here', async () => {
    const { page, complaints, close } = await site.visit('/tools/pages/');
    await page.getByRole('button', { name: /^Load/ }).click();
    await shown(page, 'pages');
    const machine = createMachine({ memory: '16M' });
    machine.load(createBzImageGuest(), {
      append: 'console=ttyS0 demo=1',
      initrd: new TextEncoder().encode('123456789'),
    });
    const copies = [...pageCopies(machine.pc.mem, machine.kexec.image?.head ?? 0)];
    expect(await page.locator('[data-part=view]').innerText()).toContain(`${copies.length} pages to copy`);
    const map = page.getByRole('slider');
    await map.focus();
    await press(page, 'Home', 'ArrowRight', 'ArrowRight');
    const [first] = copies;
    const hex = (value = 0) => `0x${value.toString(16).padStart(8, '0')}`;
    expect(await page.locator('[data-part=word]').innerText()).toContain(
      `IND_SOURCE: the page at ${hex(first?.source)} goes to ${hex(first?.destination)}`,
    );
    expect(await map.getAttribute('aria-valuenow')).toBe('2');
    await press(page, 'End');
    expect(await page.locator('[data-part=word]').innerText()).toContain('IND_DONE');
    expect(complaints).toEqual([]);
    await close();
  });

  test('the relocation goes forward and back by keys, and a link goes to its step', async () => {
    const { page, complaints, close } = await site.visit('/tools/relocation/');
    const place = page.locator('.kx-place');
    await page.getByRole('button', { name: /^Load/ }).click();
    await shown(page, 'relocation');
    await page.getByRole('button', { name: 'Step ▶' }).focus();
    const goes = async (key: string, to: RegExp) => {
      await press(page, key);
      await page.locator('.kx-place', { hasText: to }).waitFor();
    };
    await goes('ArrowRight', /Step 1\. machine_kexec/);
    await goes('ArrowLeft', /Step 0\. machine_kexec/);
    await goes('PageDown', /relocate_new_kernel/);
    const first = await place.innerText();
    expect(await page.locator('.kx-copy').innerText()).toMatch(/^Page 1 of 6:/);
    expect(await page.locator('.kx-stub .kx-line[data-current]').innerText()).toMatch(/mov\s+ecx, 1024/);
    const link = await hash(page);
    await press(page, 'PageDown');
    await page.locator('.kx-copy', { hasText: 'Page 2 of 6' }).waitFor();
    await press(page, 'PageUp');
    await page.locator('.kx-copy', { hasText: 'Page 1 of 6' }).waitFor();
    expect(await place.innerText()).toBe(first);
    await goes('End', /the jump is made/);
    const other = await site.visit(`/tools/relocation/${link}`);
    await other.page.getByRole('button', { name: /^Load/ }).click();
    await other.page.locator('.kx-place', { hasText: first }).waitFor();
    await other.close();
    expect(complaints).toEqual([]);
    await close();
  });

  test('a field of boot_params is found by its bytes, and by the arrow keys', async () => {
    const { page, complaints, close } = await site.visit('/tools/boot-params/');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await shown(page, 'boot-params');
    await page.locator('[data-owner=e820_entries]').first().click();
    expect(await hash(page)).toContain('field=e820_entries');
    const field = page.getByRole('button', { name: 'e820_entries' });
    expect(await field.getAttribute('aria-pressed')).toBe('true');
    await field.focus();
    await press(page, 'ArrowDown');
    expect(await hash(page)).toContain('field=sentinel');
    expect(await page.locator('[data-owner=sentinel][data-current]').count()).toBe(1);
    expect(complaints).toEqual([]);
    await close();
  });
});

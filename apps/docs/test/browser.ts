/** A page of the built site in Debian's Chromium, with all that it must not do written down. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type SiteServer, serveSite } from './site-server.js';

const CHROMIUM = process.env.KEXEC_CHROMIUM ?? '/usr/bin/chromium';
const SITE = fileURLToPath(new URL('../dist', import.meta.url));

/** Why the tests cannot run, or nothing. */
export const missing = [
  existsSync(CHROMIUM) ? '' : `${CHROMIUM} is not there: apt-get install chromium`,
  existsSync(`${SITE}/index.html`) ? '' : `${SITE} is not built: pnpm --filter docs build`,
].filter(Boolean);
if (missing.length > 0) process.stderr.write(`\nSKIPPED: the tests of the site. ${missing.join('; ')}\n\n`);

/** A page, and what it has said and asked for. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, refused requests. */
  readonly complaints: readonly string[];
  /** Addresses asked for, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** The browser and the site of one test file. */
export class Site {
  readonly #browser: Browser;
  readonly #server: SiteServer;

  private constructor(browser: Browser, server: SiteServer) {
    this.#browser = browser;
    this.#server = server;
  }

  /** @param files - more files to serve, by their addresses */
  static async open(files: Readonly<Record<string, string>> = {}): Promise<Site> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return new Site(browser, await serveSite(SITE, files));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }

  async visit(path: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
    context.on('request', (request) => requests.push(request.url()));
    await page.goto(`${this.#server.origin}${path}`);
    await page.waitForLoadState('networkidle');
    return { page, complaints, requests, close: () => context.close() };
  }
}

/** How far things moved without being asked, over the page's whole life; `all` counts what follows an input too. */
export function layoutShift(page: Page, all = false): Promise<number> {
  // A text: its names are the page's, not Node's.
  return page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries()
      .filter(({ hadRecentInput }) => ${all} || !hadRecentInput)
      .reduce((sum, { value }) => sum + value, 0))).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(0), 500);
  })`);
}

/** What the terminal shows, its blanks as blanks. */
export async function terminalText(page: Page): Promise<string> {
  const text = await page.locator('.xterm-rows').innerText();
  return text.replaceAll(' ', ' ');
}

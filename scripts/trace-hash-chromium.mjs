/** Boots Debian in a worker of headless Chromium, translated and interpreted, under a strict CSP, and here: one trace hash. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { INITRAMFS_NAME } from './build-initramfs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, '.cache/fixtures');
/** Debian's. */
const CHROMIUM = process.env.KEXEC_CHROMIUM ?? '/usr/bin/chromium';
const BOOT_MS = 600_000;
/** All that a page with the machine in it needs: its own files, and WebAssembly made from bytes. */
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** @param {string} entry @param {import('esbuild').BuildOptions} options @returns {Promise<Uint8Array>} */
async function bundled(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    ...options,
  });
  const [file] = outputFiles ?? [];
  if (!file) throw new Error(`${entry} gave no bundle`);
  return file.contents;
}

if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is not there: apt-get install chromium`);
const vmlinuz = readFileSync(join(fixtures, 'vmlinuz'));
const initrd = readFileSync(join(fixtures, INITRAMFS_NAME));

/** @type {Record<string, [type: string, body: string | Uint8Array]>} */
const files = {
  '/': ['text/html', '<!doctype html><title>trace</title>'],
  '/worker.js': ['text/javascript', await bundled('test/trace-worker.ts', { target: 'chrome110' })],
  '/vmlinuz': ['application/octet-stream', vmlinuz],
  '/initrd': ['application/octet-stream', initrd],
};
const server = createServer((request, response) => {
  const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
  response.writeHead(body === '' ? 404 : 200, { 'content-type': type, 'content-security-policy': CSP });
  response.end(body);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(BOOT_MS);
  await page.goto(`http://127.0.0.1:${port}/`);
  const hashes = new Set();
  for (const translator of [true, false]) {
    const began = performance.now();
    // A text: its names are the page's, not Node's.
    /** @type {{ error: string } | { hash: string, instructions: number, stop: string, longestSlice: number }} */
    const end = await page.evaluate(`(async () => {
      const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.postMessage({ vmlinuz: await get('/vmlinuz'), initrd: await get('/initrd'), translator: ${translator} });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    })()`);
    if ('error' in end) throw new Error(end.error);
    const { hash, instructions, stop, longestSlice } = end;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `${hash}  ${instructions} instructions, ${stop}, ${seconds} s, longest slice ${longestSlice.toFixed(1)} ms: ` +
        `Chromium ${browser.version()}, ${translator ? 'translated' : 'interpreted'}\n`,
    );
    hashes.add(`${hash} ${instructions}`);
  }
  process.exitCode = hashes.size === 1 ? 0 : 1;
} finally {
  await browser.close();
  server.close();
}

/** The built site behind a strict policy, packed as any host packs it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

/** All that the pages need: their own files, and WebAssembly made from bytes. Styles may stand in a page. */
export const CSP = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const PACKED = new Set(['.html', '.js', '.css', '.svg', '.json']);

export interface SiteServer {
  readonly origin: string;
  close(): void;
}

/**
 * Serves a folder on a free port of this machine.
 *
 * @param files - paths of other files, by the addresses that they get
 */
export async function serveSite(
  root: string,
  files: Readonly<Record<string, string>> = {},
): Promise<SiteServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const inside = normalize(decodeURIComponent(pathname)).replace(/\/$/, '/index.html');
    const path = files[pathname] ?? join(root, inside);
    const isFile = existsSync(path) && statSync(path).isFile();
    const extension = extname(path);
    const isPacked = isFile && PACKED.has(extension);
    response.writeHead(isFile ? 200 : 404, {
      'content-type': TYPES[extension] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    });
    const body = isFile ? readFileSync(path) : Buffer.alloc(0);
    response.end(isPacked ? gzipSync(body) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

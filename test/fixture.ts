/** Debian's kernels as fixtures: bytes, or the reason why they are not there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../.cache/fixtures/', import.meta.url);

/** A fixture's bytes, or undefined; `pnpm fixtures` fetches them. */
export function fixture(name: string): Uint8Array | undefined {
  const path = fileURLToPath(new URL(name, folder));
  if (existsSync(path)) return readFileSync(path);
  console.warn(`SKIPPED: fixture ${name} is not there; "pnpm fixtures" fetches it from Debian's packages`);
  return undefined;
}

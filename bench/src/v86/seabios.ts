/** SeaBIOS, which v86 needs and does not bring: Debian's package, as installed or as fetched. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTALLED = '/usr/share/seabios';
const CACHE = fileURLToPath(new URL('../../.cache/seabios', import.meta.url));

/** The directory with `bios.bin` and the VGA BIOSes; undefined, and a word about it, when none can be had. */
export function findSeabios(): string | undefined {
  const unpacked = join(CACHE, INSTALLED);
  for (const place of [INSTALLED, unpacked]) if (existsSync(join(place, 'bios.bin'))) return place;
  try {
    mkdirSync(CACHE, { recursive: true });
    execFileSync('apt-get', ['download', 'seabios'], { cwd: CACHE, stdio: 'ignore' });
    const archive = readdirSync(CACHE).find((name) => name.endsWith('.deb'));
    if (archive) execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: CACHE, stdio: 'ignore' });
  } catch (error) {
    console.log(`apt-get download seabios: ${error instanceof Error ? error.message : error}`);
  }
  return existsSync(join(unpacked, 'bios.bin')) ? unpacked : undefined;
}

/** Writing a file in one step: a reader sees the old or the new, never a part. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** @throws Error of node:fs; what was there before is then still there */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, bytes);
    renameSync(fresh, path);
  } finally {
    // Still there when the disk was full.
    rmSync(fresh, { force: true });
  }
}

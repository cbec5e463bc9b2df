/** Debian's bzImage as a job: what it takes to decompress itself, laid in memory as kexec would. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { planLoad } from '@kexec/loaders';
import { E820_TYPE } from '@kexec/phys-mem';
import { RAM_BYTES } from './emulator.js';
import { createGuestImage } from './guest-image.js';
import type { Order } from './worker.js';

const VMLINUZ = fileURLToPath(new URL('../../.cache/fixtures/vmlinuz', import.meta.url));
/** What the guest image leaves free: it and its page tables must last until the jump. */
const FREE = [
  { addr: 0x4_0000, size: 0x4_0000, type: E820_TYPE.RAM },
  { addr: 0x10_0000, size: RAM_BYTES - 0x10_0000, type: E820_TYPE.RAM },
];

/** Undefined where the kernel has not been fetched. */
export function decompressorOrder(): Order | undefined {
  if (!existsSync(VMLINUZ)) return undefined;
  const plan = planLoad({
    image: readFileSync(VMLINUZ),
    append: 'nokaslr earlyprintk=ttyS0',
    memoryRanges: FREE,
  });
  const segments = plan.segments.map(({ bytes, mem, memsz }) => {
    const padded = Buffer.alloc(memsz);
    padded.set(bytes);
    return { paddr: mem, base64: padded.toString('base64') };
  });
  return { segments, job: { entry: createGuestImage().entry('boot_image'), argument: plan.entry } };
}

/** How large a physical memory can be, and the WebAssembly.Memory for it. */
import { CODE_PAGES_END } from './code-pages.js';
import { KexecError } from './kexec-error.js';
import { PAGE_SIZE } from './page.js';

/** Bytes before RAM when the caller says nothing: the area that the CPU package lays out. */
export const DEFAULT_RESERVED_BYTES = 0x0200_0000;
/** RAM ends below the PCI window and the firmware at the top of 4 GB. */
export const MAX_RAM_BYTES = 0xe000_0000;
/** Room for ROMs. */
export const ROM_AREA_BYTES = 0x0010_0000;
const WASM_PAGE_BYTES = 0x1_0000;

/** Sizes of a new PhysMem. */
export interface PhysMemOptions {
  /** Bytes of RAM from physical address 0: a multiple of 4 KB, at most {@link MAX_RAM_BYTES}. */
  readonly ramBytes: number;
  /** Bytes of the Wasm memory before RAM: a multiple of 64 KB, at least {@link CODE_PAGES_END}. */
  readonly reservedBytes?: number;
}

/** Throws KexecError 'RAM_SIZE' or 'RESERVED_SIZE' for sizes that cannot be. */
export function checkSizes(ramBytes: number, reservedBytes: number): void {
  if (
    !Number.isInteger(ramBytes) ||
    ramBytes <= 0 ||
    ramBytes % PAGE_SIZE !== 0 ||
    ramBytes > MAX_RAM_BYTES
  ) {
    throw new KexecError(
      'RAM_SIZE',
      `ramBytes is ${ramBytes}; a multiple of 4096 up to ${MAX_RAM_BYTES} is possible`,
      {
        details: { ramBytes, max: MAX_RAM_BYTES },
        remedy: 'choose a size such as 64 MB (0x4000000)',
      },
    );
  }
  if (reservedBytes % WASM_PAGE_BYTES !== 0 || reservedBytes < CODE_PAGES_END) {
    throw new KexecError(
      'RESERVED_SIZE',
      `reservedBytes is ${reservedBytes}; a multiple of 65536 from ${CODE_PAGES_END} up is possible`,
    );
  }
}

/** A memory that is never grown; throws KexecError 'NO_MEMORY' when the host has too little. */
export function allocateWasmMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    throw new KexecError('NO_MEMORY', `the host cannot give ${bytes} bytes: ${String(error)}`, {
      remedy: 'choose less RAM',
    });
  }
}

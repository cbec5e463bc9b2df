/** kexec's state in a running kernel: the loaded image, the engine, and what is kept of them in a snapshot. */

import type { Kernel, KernelText } from '@kexec/kernel-core';
import type { RelocationStub } from './arch/i386/machine-kexec.js';
import type { Kimage, KimageState } from './kimage.js';
import { saveKimage } from './kimage.js';
import type { SegmentViolation } from './segment-check.js';

/**
 * `fixed`: the 2002 interface with its defects mended. `historic`: the relocation stub and the system
 * call's number of the patch for 2.5.48; the image is still built by the mended algorithm.
 */
export type KexecEngine = 'fixed' | 'historic';

/** kexec's state in the running kernel. */
export interface Kexec {
  readonly kernel: Kernel;
  readonly engine: KexecEngine;
  /** The kernel's side of the jump; undefined in a machine restored after its kernel had left. */
  readonly text: KernelText | undefined;
  readonly stub: RelocationStub;
  /** The loaded image, if any. @see kernel/kexec_core.c kexec_image */
  image: Kimage | undefined;
  /** A load is under way. */
  locked: boolean;
  /** @see kernel/kexec_core.c kexec_load_disabled */
  loadDisabled: boolean;
  /** The rule that the last refused load broke: what errno alone does not tell. */
  lastViolation: SegmentViolation | undefined;
}

/** kexec's part of a saved machine: plain data; the pages are in guest memory. */
export interface KexecState {
  readonly image?: KimageState;
  readonly loadDisabled: boolean;
}

export function saveKexec({ image, loadDisabled }: Kexec): KexecState {
  return image ? { image: saveKimage(image), loadDisabled } : { loadDisabled };
}

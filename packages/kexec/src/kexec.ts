/** kexec's state in a running kernel: the loaded image, the engine, and what is kept of them in a snapshot. */

import type { Kernel, NotifierChain } from '@kexec/kernel-core';
import type { PageAlloc, PhysMem, Range } from '@kexec/phys-mem';
import type { HistoricKexec, HistoricKexecState } from './historic/historic-kexec.js';
import { saveHistoricKexec } from './historic/historic-kexec.js';
import type { KexecArch } from './kexec-arch.js';
import type { Kimage, KimageHost, KimageState } from './kimage.js';
import { saveKimage } from './kimage.js';
import type { SegmentViolation } from './segment-check.js';

/** `fixed`: the 2002 interface with its defects mended. `historic`: the patch for Linux 2.5.48, bug for bug. */
export type KexecEngine = 'fixed' | 'historic';

/** What kexec asks of the kernel that runs; `Kernel` of kernel-core is one. */
export interface KexecKernel {
  readonly mem: PhysMem;
  readonly pages: Pick<PageAlloc, 'getFreePages' | 'freePages' | 'totals'>;
  /** What is set aside for a crash image; empty where nothing is. */
  readonly crashkRes: Range;
  readonly rebootNotifiers: NotifierChain<string | undefined>;
  readonly devices: { resume(): void };
  deviceShutdown(): void;
  printk(level: number, text: string): void;
}

/** kexec's state in the running kernel. */
export interface Kexec<K extends KexecKernel = Kernel> {
  readonly kernel: K;
  readonly arch: KexecArch;
  readonly engine: KexecEngine;
  /** The loaded image, if any; the fixed engine's. @see kernel/kexec_core.c kexec_image */
  image: Kimage | undefined;
  /** The image for a panic, if any. @see kernel/kexec_core.c kexec_crash_image */
  crashImage: Kimage | undefined;
  /** The historic engine's own state; undefined under the fixed engine. */
  readonly historic: HistoricKexec | undefined;
  /** A load is under way. */
  locked: boolean;
  /** @see kernel/kexec_core.c kexec_load_disabled */
  loadDisabled: boolean;
  /** The rule that the last refused load broke: what errno alone does not tell. */
  lastViolation: SegmentViolation | undefined;
}

/** What images are built from. */
export function kimageHost({ arch, kernel: { mem, pages, crashkRes } }: Kexec<KexecKernel>): KimageHost {
  return { arch, mem, pages, crashkRes };
}

/** First word of the loaded image's entry list, whichever engine built it; undefined when nothing is loaded. */
export function loadedHead({ image, historic }: Kexec<KexecKernel>): number | undefined {
  return image?.head ?? historic?.image?.head;
}

/** kexec's part of a saved machine: plain data; the pages are in guest memory. */
export interface KexecState {
  readonly image?: KimageState;
  readonly crashImage?: KimageState;
  readonly loadDisabled: boolean;
  readonly historic?: HistoricKexecState;
}

export function saveKexec({ image, crashImage, loadDisabled, historic }: Kexec<KexecKernel>): KexecState {
  return {
    ...(image ? { image: saveKimage(image) } : {}),
    ...(crashImage ? { crashImage: saveKimage(crashImage) } : {}),
    ...(historic ? { historic: saveHistoricKexec(historic) } : {}),
    loadDisabled,
  };
}

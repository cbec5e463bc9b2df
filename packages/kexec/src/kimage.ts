/** struct kimage: a kernel image laid out in pages, and the entry list that the relocation stub walks. */
import { PAGE_SHIFT, type PageAlloc, type PhysAddr, type PhysMem, type Range } from '@kexec/phys-mem';
import type { PageRules } from './kexec-arch.js';
import { Places } from './kimage-places.js';
import type { KexecSegment } from './uapi.js';

/** `crash`: the image stands at its destination already, in the reservation. @see include/linux/kexec.h KEXEC_TYPE_* */
export type KimageType = 'default' | 'crash';

/** What an image is built from: the machine's memory, the kernel's page allocator, the architecture's pages. */
export interface KimageHost {
  readonly arch: PageRules;
  readonly mem: PhysMem;
  /** Where a crash image lies, and nothing else. @see kernel/crash_core.c crashk_res */
  readonly crashkRes: Range;
  readonly pages: Pick<PageAlloc, 'getFreePages' | 'freePages'>;
}

/**
 * The image. Its entry words are real words in guest memory; only `head` stands here, as it does in Linux.
 * Page lists hold physical addresses.
 *
 * @see include/linux/kexec.h struct kimage
 */
export interface Kimage {
  /** First word of the entry list; 0 until something is added. */
  head: number;
  /** Where the next entry goes: 0 is `head`, else a word's address in an indirection page. */
  entry: PhysAddr;
  /** The last word of the current indirection page, kept for the link to the next; 0 is `head`. */
  lastEntry: PhysAddr;
  readonly type: KimageType;
  /** Entry point of the new kernel; an image that has come back may have named another. */
  start: PhysAddr;
  readonly segments: readonly KexecSegment[];
  /** Of a crash image: from where on control pages are looked for. @see struct kimage control_page */
  controlPage: PhysAddr;
  /** Pages for the relocation stub and its page tables; no destination, and not in the entry list. */
  readonly controlPages: PhysAddr[];
  /** Where the data of each destination page are, for as long as the image is being filled. */
  readonly places: Places;
  /** Page of the relocation stub. */
  controlCodePage: PhysAddr;
  /** The image comes back: pages are swapped, not copied. @see struct kimage preserve_context */
  readonly preserveContext: boolean;
  /** Holds a page while it is swapped, then the new kernel's stack; 0 where the image does not come back. */
  swapPage: PhysAddr;
  /** Architecture part: page directory that maps the control page at its own address. */
  pgd: PhysAddr;
}

/** What kind of image it is to be. */
export interface KimageOptions {
  /** A crash image, which lies there. */
  readonly crashkRes?: Range | undefined;
  readonly preserveContext?: boolean;
  readonly pageShift?: number;
}

/** An image with nothing in it. @see kernel/kexec_core.c do_kimage_alloc_init() */
export function createKimage(
  start: PhysAddr,
  segments: readonly KexecSegment[],
  { crashkRes, preserveContext = false, pageShift = PAGE_SHIFT }: KimageOptions = {},
): Kimage {
  return {
    preserveContext,
    swapPage: 0,
    type: crashkRes ? 'crash' : 'default',
    controlPage: crashkRes?.start ?? 0,
    head: 0,
    entry: 0,
    lastEntry: 0,
    start,
    segments,
    controlPages: [],
    places: new Places(crashkRes ? [] : segments, pageShift),
    controlCodePage: 0,
    pgd: 0,
  };
}

/** A complete image as plain data; its words and pages are in guest memory already. */
export interface KimageState {
  readonly head: number;
  readonly entry: PhysAddr;
  readonly lastEntry: PhysAddr;
  readonly type: KimageType;
  readonly controlPage: PhysAddr;
  readonly start: PhysAddr;
  readonly segments: readonly KexecSegment[];
  readonly controlPages: readonly PhysAddr[];
  readonly controlCodePage: PhysAddr;
  readonly preserveContext: boolean;
  readonly swapPage: PhysAddr;
  readonly pgd: PhysAddr;
}

export function saveKimage(image: Kimage): KimageState {
  const { places: _, ...state } = image;
  return { ...state, segments: [...image.segments], controlPages: [...image.controlPages] };
}

export function loadKimage(state: KimageState): Kimage {
  const places = new Places([], PAGE_SHIFT);
  return { ...state, segments: [...state.segments], controlPages: [...state.controlPages], places };
}

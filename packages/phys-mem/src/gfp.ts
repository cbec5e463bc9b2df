/** GFP flags: which zones an allocation may take its pages from, and whether they come zeroed. */

/*
 *    20         11  10   8      7   6          1         0
 *   +--------+----+----+------+---+---+---+---------+-----+
 *   |HARDWALL| RECLAIM | ZERO |FS | IO|   | HIGHMEM | DMA |
 *   +--------+----+----+------+---+---+---+---------+-----+
 *
 * Only DMA, HIGHMEM and ZERO change what the allocator does: nothing here can be reclaimed or sleeps.
 * @see include/linux/gfp_types.h
 */
export const __GFP_DMA = 0x01;
export const __GFP_HIGHMEM = 0x02;
export const __GFP_ZERO = 0x100;

/** Below 16 MB: what ISA DMA reaches. */
export const GFP_DMA = __GFP_DMA;
/** Below 896 MB: what the kernel has mapped at PAGE_OFFSET. */
export const GFP_KERNEL = 0xcc0;
export const GFP_USER = 0x10_0cc0;
/** Any RAM. */
export const GFP_HIGHUSER = GFP_USER | __GFP_HIGHMEM;

/** Where things lie in the PC's physical address space. */

/*
 *   0000_0000  interrupt vector table, 256 far pointers
 *   0000_0400  BIOS data area
 *   0009_FC00  extended BIOS data area (1 KB)
 *   000A_0000  video memory: plain RAM; text mode shows what begins at 000B_8000
 *   000C_0000  option ROMs; none
 *   000F_0000  BIOS ROM, 64 KB
 *   0010_0000  extended memory
 *   FFFF_0000  the same BIOS ROM again, so that the reset vector FFFF_FFF0 finds it
 */

/** Real-mode interrupt vector table: 256 entries of offset, segment. */
export const IVT_PADDR = 0x0000;
/** BIOS data area, the segment 40h of real-mode programs. */
export const BDA_PADDR = 0x0400;
/** Extended BIOS data area; base memory ends here. */
export const EBDA_PADDR = 0x9fc00;
/** Size of the extended BIOS data area. */
export const EBDA_BYTES = 0x400;
/** Start of video memory. */
export const VIDEO_PADDR = 0xa0000;
/** Where text mode's video memory begins on a colour adapter. */
export const TEXT_PADDR = 0xb8000;
/** Start of the hole that option ROMs would fill; video memory ends here. */
export const OPTION_ROM_PADDR = 0xc0000;
/** Start of the BIOS ROM below 1 MB. */
export const BIOS_PADDR = 0xf0000;
/** Size of the BIOS ROM. */
export const BIOS_BYTES = 0x10000;
/** Real-mode segment of the BIOS ROM. */
export const BIOS_SEGMENT = 0xf000;
/** The BIOS ROM's second appearance, below 4 GB. */
export const BIOS_HIGH_PADDR = 0xffff0000;
/** Offset in the BIOS segment of the first instruction after a reset. */
export const RESET_OFFSET = 0xfff0;

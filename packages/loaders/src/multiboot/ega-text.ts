/** The VGA in text mode, as both multiboot specifications describe a framebuffer. */

/** 80 × 25 cells of 16 bits at B8000; type 2 is EGA text, whose width and height count characters. */
export const EGA_TEXT = {
  framebuffer_addr: 0xb_8000,
  framebuffer_pitch: 160,
  framebuffer_width: 80,
  framebuffer_height: 25,
  framebuffer_bpp: 16,
  framebuffer_type: 2,
} as const;

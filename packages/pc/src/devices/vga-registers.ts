/** The VGA's indexed register files, the masks of what they keep, and the values that mode 3 gives them. */
import type { Registers } from '../device-state.js';

/** CRT controller. IBM VGA, "CRT Controller Registers". */
export const CRTC = {
  HORIZONTAL_DISPLAY_END: 0x01,
  OVERFLOW: 0x07,
  MAXIMUM_SCAN_LINE: 0x09,
  CURSOR_START: 0x0a,
  CURSOR_END: 0x0b,
  START_HIGH: 0x0c,
  START_LOW: 0x0d,
  CURSOR_HIGH: 0x0e,
  CURSOR_LOW: 0x0f,
  RETRACE_END: 0x11,
  VERTICAL_DISPLAY_END: 0x12,
} as const;
/** Graphics controller: which of the windows between A0000 and BFFFF the memory appears in. */
export const GRAPHICS_MISCELLANEOUS = 0x06;

/** Mode 3: 80 × 25 characters of 9 × 16 dots. */
const CRTC_MODE_3 = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
  0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
const ATTRIBUTE_MODE_3 = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00,
  0x0f, 0x08, 0x00,
];
const SEQUENCER_MODE_3 = [0x03, 0x00, 0x03, 0x00, 0x02];
const GRAPHICS_MODE_3 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];

/** Bits that a register keeps; the others read 0. */
export const SEQUENCER_MASKS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e];
/** The same for the graphics controller. */
export const GRAPHICS_MASKS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff];
/** The same for the attribute controller. */
export const ATTRIBUTE_MASKS = [...new Array<number>(16).fill(0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f];

/** Colours of the palette that text modes use, each of six bits rgbRGB: the small letters are a third. */
const EGA_COLOURS = 64;
const DAC_BYTES = 3 * 256;

/** All registers, as mode 3 sets them. */
export function vgaMode3() {
  return {
    crtcIndex: 0,
    crtc: [...CRTC_MODE_3],
    sequencerIndex: 0,
    sequencer: [...SEQUENCER_MODE_3],
    graphicsIndex: 0,
    graphics: [...GRAPHICS_MODE_3],
    /** Bit 5: the palette drives the screen. */
    attributeIndex: 0x20,
    attribute: [...ATTRIBUTE_MODE_3],
    /** 1 when the next write to 3C0 is data. */
    attributeIsData: 0,
    miscellaneous: 0x67,
    feature: 0,
    enable: 1,
    pelMask: 0xff,
    /** Byte of the DAC that is read next, and written next. */
    dacRead: 0,
    dacWrite: 0,
    dacIsReading: 0,
    dac: egaPalette(),
  } satisfies Registers;
}

function egaPalette(): number[] {
  const dac = new Array<number>(DAC_BYTES).fill(0);
  for (let colour = 0; colour < EGA_COLOURS; colour++) {
    for (const [component, bit] of [2, 1, 0].entries()) {
      const full = (colour >>> bit) & 1;
      const third = (colour >>> (bit + 3)) & 1;
      dac[3 * colour + component] = 0x2a * full + 0x15 * third;
    }
  }
  return dac;
}

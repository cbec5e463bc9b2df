/** screen_info: what the kernel is told about the display that the firmware set up. */

/** The text-mode fields of struct screen_info. @see include/uapi/linux/screen_info.h */
export interface ScreenInfo {
  readonly orig_x: number;
  readonly orig_y: number;
  readonly orig_video_page: number;
  readonly orig_video_mode: number;
  readonly orig_video_cols: number;
  readonly orig_video_ega_bx: number;
  readonly orig_video_lines: number;
  /** 1 for VGA, 0 for EGA and older. */
  readonly orig_video_isVGA: number;
  /** Font height in scan lines. */
  readonly orig_video_points: number;
}

/** Mode 3 as every VGA BIOS leaves it: 80 × 25 characters of 16 lines, cursor at the top left. */
export const VGA_TEXT_80X25: ScreenInfo = {
  orig_x: 0,
  orig_y: 0,
  orig_video_page: 0,
  orig_video_mode: 3,
  orig_video_cols: 80,
  orig_video_ega_bx: 0,
  orig_video_lines: 25,
  orig_video_isVGA: 1,
  orig_video_points: 16,
};

/** No display: vgacon finds no mode, no columns and no lines, and leaves the console to others. */
export const NO_SCREEN: ScreenInfo = {
  ...VGA_TEXT_80X25,
  orig_video_mode: 0,
  orig_video_cols: 0,
  orig_video_lines: 0,
  orig_video_isVGA: 0,
  orig_video_points: 0,
};

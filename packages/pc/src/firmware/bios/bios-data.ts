/** The BIOS data area, 40:00: where each of its fields lies, and what the self-test leaves in it. */
import { BDA_PADDR, EBDA_PADDR } from '../../memlayout.js';

/** Physical addresses of fields. IBM AT Technical Reference, "BIOS Data Area". */
export const BDA = {
  SERIAL_PORTS: BDA_PADDR,
  EBDA_SEGMENT: BDA_PADDR + 0x0e,
  EQUIPMENT: BDA_PADDR + 0x10,
  MEMORY_KB: BDA_PADDR + 0x13,
  SHIFT_FLAGS: BDA_PADDR + 0x17,
  SHIFT_FLAGS_2: BDA_PADDR + 0x18,
  ALT_KEYPAD: BDA_PADDR + 0x19,
  KEYBOARD_HEAD: BDA_PADDR + 0x1a,
  KEYBOARD_TAIL: BDA_PADDR + 0x1c,
  VIDEO_MODE: BDA_PADDR + 0x49,
  COLUMNS: BDA_PADDR + 0x4a,
  PAGE_BYTES: BDA_PADDR + 0x4c,
  PAGE_START: BDA_PADDR + 0x4e,
  /** Eight pages: column, row. */
  CURSORS: BDA_PADDR + 0x50,
  CURSOR_SHAPE: BDA_PADDR + 0x60,
  ACTIVE_PAGE: BDA_PADDR + 0x62,
  CRTC_PORT: BDA_PADDR + 0x63,
  TICKS: BDA_PADDR + 0x6c,
  MIDNIGHT: BDA_PADDR + 0x70,
  BREAK: BDA_PADDR + 0x71,
  RESET_FLAG: BDA_PADDR + 0x72,
  DISK_STATUS: BDA_PADDR + 0x74,
  DISKS: BDA_PADDR + 0x75,
  KEYBOARD_START: BDA_PADDR + 0x80,
  KEYBOARD_END: BDA_PADDR + 0x82,
  LAST_ROW: BDA_PADDR + 0x84,
  CHARACTER_LINES: BDA_PADDR + 0x85,
  KEYBOARD_MODE: BDA_PADDR + 0x96,
  LEDS: BDA_PADDR + 0x97,
} as const;

/** 80×25 colour, coprocessor, pointing device port, two serial ports. */
const EQUIPMENT = 0x0426;

/** What is there after the self-test: [address, bytes, value]; all else is 0. */
export const BIOS_DATA: readonly (readonly [paddr: number, bytes: 1 | 2, value: number])[] = [
  [BDA.SERIAL_PORTS, 2, 0x3f8],
  [BDA.SERIAL_PORTS + 2, 2, 0x2f8],
  [BDA.EBDA_SEGMENT, 2, EBDA_PADDR >>> 4],
  [BDA.EQUIPMENT, 2, EQUIPMENT],
  [BDA.MEMORY_KB, 2, EBDA_PADDR >>> 10],
  // Offsets from 40:00.
  [BDA.KEYBOARD_HEAD, 2, 0x1e],
  [BDA.KEYBOARD_TAIL, 2, 0x1e],
  [BDA.KEYBOARD_START, 2, 0x1e],
  [BDA.KEYBOARD_END, 2, 0x3e],
  [BDA.VIDEO_MODE, 1, 3],
  [BDA.COLUMNS, 2, 80],
  [BDA.PAGE_BYTES, 2, 0x1000],
  [BDA.CURSOR_SHAPE, 2, 0x0607],
  [BDA.CRTC_PORT, 2, 0x3d4],
  [BDA.LAST_ROW, 1, 24],
  [BDA.CHARACTER_LINES, 2, 16],
  // Video: 400 lines, VGA active.
  [BDA.LAST_ROW + 3, 1, 0x60],
  [BDA.LAST_ROW + 5, 1, 0x11],
  // A keyboard of 101 keys.
  [BDA.KEYBOARD_MODE, 1, 0x10],
];

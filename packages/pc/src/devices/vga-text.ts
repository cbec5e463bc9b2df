/** A VGA in text mode: its registers, retrace by the clock, and the screen as text. It renders no dots. */
import type { Clock } from '../clock.js';
import { type DeviceState, loadRegisters, saveRegisters } from '../device-state.js';
import { codePage437 } from './code-page-437.js';
import {
  ATTRIBUTE_MASKS,
  CRTC,
  GRAPHICS_MASKS,
  GRAPHICS_MISCELLANEOUS,
  SEQUENCER_MASKS,
  vgaMode3,
} from './vga-registers.js';

/*
 * Offsets count from port 3B0. The CRT controller and input status 1 answer at 3Bx or 3Dx, as bit 0 of the
 * miscellaneous output register says; the other place reads all ones.
 */
const MONO_CRTC_INDEX = 0x04;
const MONO_STATUS = 0x0a;
const COLOUR_OFFSET = 0x20;
const ALL_ONES = 0xff;

const IO_ADDRESS_SELECT = 0x01;
const STATUS_DISPLAY_DISABLED = 0x01;
const STATUS_RETRACE = 0x08;
/** CRTC 11: registers 0 to 7 are write-protected, but for bit 4 of the overflow register. */
const CRTC_PROTECT = 0x80;
const OVERFLOW_LINE_COMPARE = 0x10;
const DAC_MASK = 0x3f;
const DAC_BYTES = 3 * 256;

// Mode 3 on a VGA: 449 lines of 900 dots at 28.322 MHz, of which 400 lines of 720 dots are shown.
const LINE_NS = 31_778;
const LINE_SHOWN_NS = 25_422;
const FRAME_LINES = 449;
const LINES_SHOWN = 400;
const RETRACE_FIRST_LINE = 412;
const RETRACE_LINES = 2;

/** Offset of the colour text window in the video memory from A0000 on, and the window's size. */
const TEXT_WINDOW = 0x18000;
const TEXT_WINDOW_BYTES = 0x8000;
const MONO_WINDOW = 0x10000;

/** Where the cursor is, from 0, and which of the character's scan lines it covers. */
export interface VgaCursor {
  readonly row: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
  readonly visible: boolean;
}

/** The adapter. Its 128 KB of memory are plain RAM at A0000, whatever the registers say. */
export class VgaText {
  private readonly registers = vgaMode3();
  private readonly clock: Clock;
  private readonly video: Uint8Array;

  /** @param video - the bytes of A0000–BFFFF; only read */
  constructor({ clock, video }: { clock: Clock; video: Uint8Array }) {
    this.clock = clock;
    this.video = video;
  }

  /** Characters in a row. */
  get columns(): number {
    return this.crtc(CRTC.HORIZONTAL_DISPLAY_END) + 1;
  }

  /** Rows on the screen. */
  get rows(): number {
    const overflow = this.crtc(CRTC.OVERFLOW);
    const high = ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3);
    const lines = (this.crtc(CRTC.VERTICAL_DISPLAY_END) | high) + 1;
    return Math.floor(lines / ((this.crtc(CRTC.MAXIMUM_SCAN_LINE) & 0x1f) + 1));
  }

  get cursor(): VgaCursor {
    const { columns } = this;
    const at = this.crtcWord(CRTC.CURSOR_HIGH) - this.crtcWord(CRTC.START_HIGH);
    const start = this.crtc(CRTC.CURSOR_START);
    const end = this.crtc(CRTC.CURSOR_END) & 0x1f;
    const row = Math.floor(at / columns);
    const column = at - row * columns;
    return { row, column, start: start & 0x1f, end, visible: (start & 0x20) === 0 && (start & 0x1f) <= end };
  }

  /** The screen: a line for each row, without the blanks at its end. */
  text(): string {
    const lines = Array.from({ length: this.rows }, (_, row) => {
      const codes = Array.from({ length: this.columns }, (_, column) => this.cell(row, column, 0));
      return codes.map(codePage437).join('').trimEnd();
    });
    return lines.join('\n');
  }

  /** The attribute bytes of a row. */
  attributes(row: number): number[] {
    return Array.from({ length: this.columns }, (_, column) => this.cell(row, column, 1));
  }

  read(offset: number): number {
    const r = this.registers;
    switch (offset) {
      case 0x10:
        return r.attributeIndex;
      case 0x11:
        return r.attribute[r.attributeIndex & 0x1f] ?? 0;
      case 0x12:
        // Input status 0, bit 4: the switch sense of a colour monitor.
        return 0x10;
      case 0x13:
        return r.enable;
      case 0x14:
        return r.sequencerIndex;
      case 0x15:
        return r.sequencer[r.sequencerIndex] ?? 0;
      case 0x16:
        return r.pelMask;
      case 0x17:
        return r.dacIsReading ? 3 : 0;
      case 0x18:
        return Math.floor(r.dacWrite / 3);
      case 0x19:
        return this.readDac();
      case 0x1a:
        return r.feature;
      case 0x1c:
        return r.miscellaneous;
      case 0x1e:
        return r.graphicsIndex;
      case 0x1f:
        return r.graphics[r.graphicsIndex] ?? 0;
      default:
        return this.readSelected(this.selected(offset));
    }
  }

  write(offset: number, value: number): void {
    const r = this.registers;
    switch (offset) {
      case 0x10:
        this.writeAttribute(value);
        break;
      case 0x12:
        r.miscellaneous = value & 0xef;
        break;
      case 0x13:
        r.enable = value & 1;
        break;
      case 0x14:
        r.sequencerIndex = value & 0x07;
        break;
      case 0x15:
        keep(r.sequencer, r.sequencerIndex, value, SEQUENCER_MASKS);
        break;
      case 0x16:
        r.pelMask = value;
        break;
      case 0x17:
        r.dacRead = 3 * value;
        r.dacIsReading = 1;
        break;
      case 0x18:
        r.dacWrite = 3 * value;
        r.dacIsReading = 0;
        break;
      case 0x19:
        r.dac[r.dacWrite] = value & DAC_MASK;
        r.dacWrite = (r.dacWrite + 1) % DAC_BYTES;
        break;
      case 0x1e:
        r.graphicsIndex = value & 0x0f;
        break;
      case 0x1f:
        keep(r.graphics, r.graphicsIndex, value, GRAPHICS_MASKS);
        break;
      default:
        this.writeSelected(this.selected(offset), value);
    }
  }

  saveState(): DeviceState {
    return saveRegisters(this.registers);
  }

  loadState(state: DeviceState): void {
    loadRegisters(this.registers, state);
  }

  /** The offset as on a monochrome adapter; -1 when the registers are at the other place. */
  private selected(offset: number): number {
    const base = this.registers.miscellaneous & IO_ADDRESS_SELECT ? COLOUR_OFFSET : 0;
    return offset - base;
  }

  private readSelected(offset: number): number {
    const r = this.registers;
    if (offset === MONO_CRTC_INDEX) return r.crtcIndex;
    if (offset === MONO_CRTC_INDEX + 1) return r.crtc[r.crtcIndex] ?? 0;
    return offset === MONO_STATUS ? this.status() : ALL_ONES;
  }

  private writeSelected(offset: number, value: number): void {
    const r = this.registers;
    if (offset === MONO_CRTC_INDEX) r.crtcIndex = value & 0x1f;
    else if (offset === MONO_CRTC_INDEX + 1) this.writeCrtc(r.crtcIndex, value);
    else if (offset === MONO_STATUS) r.feature = value & 0x0b;
  }

  private writeCrtc(index: number, value: number): void {
    const { crtc } = this.registers;
    if (index >= crtc.length) return;
    const isProtected = (this.crtc(CRTC.RETRACE_END) & CRTC_PROTECT) !== 0 && index <= CRTC.OVERFLOW;
    if (!isProtected) crtc[index] = value;
    else if (index === CRTC.OVERFLOW) {
      crtc[index] = (this.crtc(index) & ~OVERFLOW_LINE_COMPARE) | (value & OVERFLOW_LINE_COMPARE);
    }
  }

  private writeAttribute(value: number): void {
    const r = this.registers;
    if (r.attributeIsData) keep(r.attribute, r.attributeIndex & 0x1f, value, ATTRIBUTE_MASKS);
    else r.attributeIndex = value & 0x3f;
    r.attributeIsData ^= 1;
  }

  private readDac(): number {
    const r = this.registers;
    const value = r.dac[r.dacRead] ?? 0;
    r.dacRead = (r.dacRead + 1) % DAC_BYTES;
    return value;
  }

  /** Input status 1. Reading it makes the next write to the attribute controller an index. */
  private status(): number {
    this.registers.attributeIsData = 0;
    const now = this.clock.now();
    const line = Math.floor(now / LINE_NS) % FRAME_LINES;
    if (line >= RETRACE_FIRST_LINE && line < RETRACE_FIRST_LINE + RETRACE_LINES) {
      return STATUS_RETRACE | STATUS_DISPLAY_DISABLED;
    }
    return line >= LINES_SHOWN || now % LINE_NS >= LINE_SHOWN_NS ? STATUS_DISPLAY_DISABLED : 0;
  }

  private cell(row: number, column: number, byte: 0 | 1): number {
    const at = 2 * (this.crtcWord(CRTC.START_HIGH) + row * this.columns + column) + byte;
    const isMono = ((this.registers.graphics[GRAPHICS_MISCELLANEOUS] ?? 0) & 0x0c) === 0x08;
    return this.video[(isMono ? MONO_WINDOW : TEXT_WINDOW) + (at % TEXT_WINDOW_BYTES)] ?? 0;
  }

  private crtc(index: number): number {
    return this.registers.crtc[index] ?? 0;
  }

  /** Two registers, the high byte first. */
  private crtcWord(index: number): number {
    return (this.crtc(index) << 8) | this.crtc(index + 1);
  }
}

/** Writes an indexed register, if there is one. */
function keep(registers: number[], index: number, value: number, masks: readonly number[]): void {
  const mask = masks[index];
  if (mask !== undefined) registers[index] = value & mask;
}

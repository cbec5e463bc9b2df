/** The text screen as the BIOS keeps it: pages in video memory, cursors in the BIOS data area, the CRTC to follow. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import { CRTC } from '../../devices/vga-registers.js';
import { TEXT_PADDR } from '../../memlayout.js';
import { BDA } from './bios-data.js';

const BLANK = 0x20;
const BELL = 0x07;
const BACKSPACE = 0x08;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Light grey on black. */
export const NORMAL_ATTRIBUTE = 0x07;
const PAGES = 8;
/** Video memory of text modes. */
const SCREEN_BYTES = 0x8000;

/** A rectangle of characters, its corners inclusive. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** What INT 10 works on. */
export class TextScreen {
  private readonly mem: PhysMem;
  private readonly ports: PortBus;

  constructor(mem: PhysMem, ports: PortBus) {
    this.mem = mem;
    this.ports = ports;
  }

  get columns(): number {
    return this.mem.read16(BDA.COLUMNS);
  }

  get rows(): number {
    return this.mem.read8(BDA.LAST_ROW) + 1;
  }

  get activePage(): number {
    return this.mem.read8(BDA.ACTIVE_PAGE);
  }

  /** Row in the high byte, column in the low one. */
  cursor(page: number): number {
    return this.mem.read16(BDA.CURSORS + 2 * (page % PAGES));
  }

  setCursor(page: number, rowAndColumn: number): void {
    this.mem.write16(BDA.CURSORS + 2 * (page % PAGES), rowAndColumn);
    if (page === this.activePage) this.showCursor();
  }

  /** Scan lines from CH to CL; bit 5 of CH hides the cursor. A shape for 8 lines is stretched to the font's. */
  setCursorShape(start: number, end: number): void {
    this.mem.write16(BDA.CURSOR_SHAPE, ((start & 0x3f) << 8) | (end & 0x1f));
    const lines = this.mem.read16(BDA.CHARACTER_LINES);
    const [first, last] = stretched(start & 0x1f, end & 0x1f, lines);
    this.crtc(CRTC.CURSOR_START, (start & 0x20) | first);
    this.crtc(CRTC.CURSOR_END, last);
  }

  showPage(page: number): void {
    const start = page * this.mem.read16(BDA.PAGE_BYTES);
    this.mem.write8(BDA.ACTIVE_PAGE, page);
    this.mem.write16(BDA.PAGE_START, start);
    this.crtcWord(CRTC.START_HIGH, start / 2);
    this.showCursor();
  }

  /** Everything blank, all cursors at the top left, page 0 shown. */
  clear(): void {
    for (let at = 0; at < SCREEN_BYTES; at += 2) {
      this.mem.write16(TEXT_PADDR + at, (NORMAL_ATTRIBUTE << 8) | BLANK);
    }
    for (let page = 0; page < PAGES; page++) this.mem.write16(BDA.CURSORS + 2 * page, 0);
    this.showPage(0);
  }

  /** The character and attribute at a page's cursor: the attribute in the high byte. */
  cellAtCursor(page: number): number {
    return this.mem.read16(this.cursorCell(page));
  }

  /** Writes a character so often from the cursor on, which stays; without an attribute it keeps what is there. */
  repeat(page: number, character: number, count: number, attribute: number | undefined): void {
    let at = this.cursorCell(page);
    for (let i = 0; i < count && at < TEXT_PADDR + SCREEN_BYTES; i++, at += 2) {
      this.mem.write8(at, character);
      if (attribute !== undefined) this.mem.write8(at + 1, attribute);
    }
  }

  /** Writes like a terminal: control characters act, the cursor moves, the last row scrolls. */
  teletype(page: number, character: number, attribute?: number): void {
    const cursor = this.cursor(page);
    const row = cursor >>> 8;
    const column = cursor & 0xff;
    if (character === BELL) return;
    if (character === BACKSPACE) this.setCursor(page, (row << 8) | Math.max(0, column - 1));
    else if (character === CARRIAGE_RETURN) this.setCursor(page, row << 8);
    else if (character === LINE_FEED) this.moveTo(page, row + 1, column);
    else {
      this.repeat(page, character, 1, attribute);
      const isLast = column + 1 >= this.columns;
      this.moveTo(page, isLast ? row + 1 : row, isLast ? 0 : column + 1);
    }
  }

  /** Moves a window of the active page up by `lines`, or down if they are negative; 0 blanks it. */
  scroll(window: Window, lines: number, attribute: number): void {
    this.scrollPage(this.activePage, window, lines, attribute);
  }

  private scrollPage(page: number, window: Window, lines: number, attribute: number): void {
    const { top, left } = window;
    const bottom = Math.min(window.bottom, this.rows - 1);
    const right = Math.min(window.right, this.columns - 1);
    if (top > bottom || left > right) return;
    const height = bottom - top + 1;
    const by = lines === 0 ? height : lines;
    const order = Array.from({ length: height }, (_, i) => (by > 0 ? top + i : bottom - i));
    const blank = (attribute << 8) | BLANK;
    for (const row of order) {
      const source = row + by;
      const exists = source >= top && source <= bottom;
      for (let column = left; column <= right; column++) {
        const cell = exists ? this.mem.read16(this.cell(page, source, column)) : blank;
        this.mem.write16(this.cell(page, row, column), cell);
      }
    }
  }

  private moveTo(page: number, row: number, column: number): void {
    if (row < this.rows) {
      this.setCursor(page, (row << 8) | column);
      return;
    }
    const attribute = this.mem.read16(this.cell(page, this.rows - 1, 0)) >>> 8;
    const all = { top: 0, left: 0, bottom: this.rows - 1, right: this.columns - 1 };
    this.scrollPage(page, all, 1, attribute);
    this.setCursor(page, ((this.rows - 1) << 8) | column);
  }

  private cursorCell(page: number): number {
    const cursor = this.cursor(page);
    return this.cell(page, cursor >>> 8, cursor & 0xff);
  }

  private cell(page: number, row: number, column: number): number {
    const start = (page % PAGES) * this.mem.read16(BDA.PAGE_BYTES);
    return TEXT_PADDR + ((start + 2 * (row * this.columns + column)) & (SCREEN_BYTES - 1));
  }

  private showCursor(): void {
    const page = this.activePage;
    const cursor = this.cursor(page);
    const start = this.mem.read16(BDA.PAGE_START) / 2;
    this.crtcWord(CRTC.CURSOR_HIGH, start + (cursor >>> 8) * this.columns + (cursor & 0xff));
  }

  private crtcWord(index: number, value: number): void {
    this.crtc(index, (value >>> 8) & 0xff);
    this.crtc(index + 1, value & 0xff);
  }

  private crtc(index: number, value: number): void {
    const port = this.mem.read16(BDA.CRTC_PORT);
    this.ports.outb(port, index);
    this.ports.outb(port + 1, value);
  }
}

// IBM VGA BIOS, "cursor emulation": shapes for characters of eight lines are moved to the same place of taller ones.
function stretched(start: number, end: number, lines: number): readonly [number, number] {
  if (lines <= 8 || start > end || end >= 8) return [start, end];
  if (end - start < 2 && end >= 6) return [lines - 1 - (end - start) - 1, lines - 2];
  return [Math.floor((start * lines) / 8), Math.floor(((end + 1) * lines) / 8) - 1];
}

/** INT 10: the text functions of a VGA's BIOS. No graphics mode, no font. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import { vgaMode3 } from '../../devices/vga-registers.js';
import { BIOS_SEGMENT } from '../../memlayout.js';
import { BDA } from './bios-data.js';
import type { Functions, Service, ServiceCall } from './service-call.js';
import type { TextScreen } from './text-screen.js';

/** VGA with an analog colour monitor: IBM VGA BIOS, "Read Display Combination Code". */
const DISPLAY_VGA_COLOUR = 0x08;
/** Function 00, bit 7 of AL: video memory is left as it is. */
const KEEP_MEMORY = 0x80;
/** Text modes by number, and their columns. */
const TEXT_MODES: Readonly<Record<number, number>> = { 0: 40, 1: 40, 2: 80, 3: 80, 7: 80 };
const FUNCTIONALITY_BYTES = 64;

/** What the services of INT 10 need. */
export interface VideoMachine {
  readonly mem: PhysMem;
  readonly ports: PortBus;
  readonly screen: TextScreen;
  /** Offset of INT 10/1B's table in the BIOS segment. */
  readonly capabilitiesOffset: number;
}

/** The services, by AH. What is not here changes nothing; so is 4F, which a VGA BIOS without VESA does not know. */
export function videoServices(machine: VideoMachine): Functions {
  const { mem, screen } = machine;
  return new Map<number, Service>([
    [0x00, (call) => setMode(machine, call.al)],
    [0x01, (call) => screen.setCursorShape(call.ch, call.cl)],
    [0x02, (call) => screen.setCursor(call.bh, call.dx)],
    [
      0x03,
      (call) => {
        call.cx = mem.read16(BDA.CURSOR_SHAPE);
        call.dx = screen.cursor(call.bh);
      },
    ],
    [0x05, (call) => screen.showPage(call.al & 7)],
    [0x06, (call) => screen.scroll(windowOf(call), call.al, call.bh)],
    [0x07, (call) => screen.scroll(windowOf(call), -call.al, call.bh)],
    [
      0x08,
      (call) => {
        call.ax = screen.cellAtCursor(call.bh);
      },
    ],
    [0x09, (call) => screen.repeat(call.bh, call.al, call.cx, call.bl)],
    [0x0a, (call) => screen.repeat(call.bh, call.al, call.cx, undefined)],
    [0x0e, (call) => screen.teletype(screen.activePage, call.al)],
    [
      0x0f,
      (call) => {
        call.ax = (screen.columns << 8) | mem.read8(BDA.VIDEO_MODE);
        call.bh = screen.activePage;
      },
    ],
    [0x10, (call) => palette(machine.ports, call)],
    [0x11, (call) => fontInformation(mem, call)],
    [0x12, alternateSelect],
    [0x13, (call) => writeString(screen, call)],
    [0x1a, displayCombination],
    [0x1b, (call) => functionality(machine, call)],
  ]);
}

function setMode({ mem, ports, screen }: VideoMachine, mode: number): void {
  const columns = TEXT_MODES[mode & ~KEEP_MEMORY];
  if (columns === undefined) return;
  mem.write8(BDA.VIDEO_MODE, mode & ~KEEP_MEMORY);
  mem.write16(BDA.COLUMNS, columns);
  mem.write16(BDA.PAGE_BYTES, columns === 80 ? 0x1000 : 0x800);
  mem.write8(BDA.LAST_ROW, 24);
  mem.write16(BDA.CHARACTER_LINES, 16);
  programMode3(ports, columns);
  mem.write16(BDA.CRTC_PORT, 0x3d4);
  if (mode & KEEP_MEMORY) screen.showPage(0);
  else screen.clear();
  screen.setCursorShape(6, 7);
}

/** Writes every register of the VGA. */
function programMode3(ports: PortBus, columns: number): void {
  const { sequencer, crtc, graphics, attribute, miscellaneous } = vgaMode3();
  const indexed = (port: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) {
      ports.outb(port, index);
      ports.outb(port + 1, value);
    }
  };
  ports.outb(0x3c2, miscellaneous);
  indexed(0x3c4, sequencer);
  // Registers 0 to 7 open once the protection in 11 is off.
  ports.outb(0x3d4, 0x11);
  ports.outb(0x3d5, 0);
  indexed(0x3d4, crtc.with(1, columns - 1));
  indexed(0x3ce, graphics);
  ports.inb(0x3da);
  for (const [index, value] of attribute.entries()) {
    ports.outb(0x3c0, index);
    ports.outb(0x3c0, value);
  }
  ports.outb(0x3c0, 0x20);
}

function windowOf(call: ServiceCall): { top: number; left: number; bottom: number; right: number } {
  return { top: call.ch, left: call.cl, bottom: call.dh, right: call.dl };
}

/** Function 10: the attribute controller and the DAC, as far as text programs set them. */
function palette(ports: PortBus, call: ServiceCall): void {
  const setAttribute = (index: number, value: number) => {
    ports.inb(0x3da);
    ports.outb(0x3c0, index);
    ports.outb(0x3c0, value);
    ports.outb(0x3c0, 0x20);
  };
  const getAttribute = (index: number) => {
    ports.inb(0x3da);
    ports.outb(0x3c0, index);
    const value = ports.inb(0x3c1);
    ports.inb(0x3da);
    ports.outb(0x3c0, 0x20);
    return value;
  };
  const functions: Functions = new Map<number, Service>([
    [0x00, () => setAttribute(call.bl & 0x1f, call.bh)],
    [0x01, () => setAttribute(0x11, call.bh)],
    [
      0x02,
      () => {
        for (const [index, value] of call.readFar(call.es, call.dx, 17).entries()) setAttribute(index, value);
      },
    ],
    [0x03, () => setAttribute(0x10, (getAttribute(0x10) & ~0x08) | (call.bl & 1 ? 0x08 : 0))],
    [
      0x07,
      () => {
        call.bh = getAttribute(call.bl & 0x1f);
      },
    ],
    [
      0x08,
      () => {
        call.bh = getAttribute(0x11);
      },
    ],
    [
      0x09,
      () =>
        call.writeFar(
          call.es,
          call.dx,
          Uint8Array.from({ length: 17 }, (_, index) => getAttribute(index)),
        ),
    ],
    [
      0x10,
      () => {
        ports.outb(0x3c8, call.bl);
        for (const value of [call.dh, call.ch, call.cl]) ports.outb(0x3c9, value);
      },
    ],
    [
      0x12,
      () => {
        ports.outb(0x3c8, call.bl);
        for (const value of call.readFar(call.es, call.dx, 3 * call.cx)) ports.outb(0x3c9, value);
      },
    ],
    [
      0x15,
      () => {
        ports.outb(0x3c7, call.bl);
        call.dh = ports.inb(0x3c9);
        call.cx = (ports.inb(0x3c9) << 8) | ports.inb(0x3c9);
      },
    ],
    [
      0x17,
      () => {
        ports.outb(0x3c7, call.bl);
        call.writeFar(
          call.es,
          call.dx,
          Uint8Array.from({ length: 3 * call.cx }, () => ports.inb(0x3c9)),
        );
      },
    ],
  ]);
  functions.get(call.al)?.(call);
}

/** Function 11, AL = 30. Departure: there is no font, so ES:BP is 0. */
function fontInformation(mem: PhysMem, call: ServiceCall): void {
  if (call.al !== 0x30) return;
  call.cx = mem.read16(BDA.CHARACTER_LINES);
  call.dl = mem.read8(BDA.LAST_ROW);
  call.es = 0;
  call.bp = 0;
}

/** Function 12: what an EGA and a VGA say of themselves. */
const alternateSelect: Service = (call) => {
  if (call.bl === 0x10) {
    // Colour mode, 256 KB; no feature bits; the switches of a colour monitor.
    call.bx = 0x0003;
    call.cx = 0x0009;
  } else if (call.bl >= 0x30 && call.bl <= 0x36) call.al = 0x12;
};

/** Function 1A. */
const displayCombination: Service = (call) => {
  if (call.al === 0) call.bx = DISPLAY_VGA_COLOUR;
  call.al = 0x1a;
};

/** Function 13: AL bit 0 moves the cursor, bit 1 says that attributes stand between the characters. */
function writeString(screen: TextScreen, call: ServiceCall): void {
  const page = call.bh;
  const before = screen.cursor(page);
  const hasAttributes = (call.al & 2) !== 0;
  const step = hasAttributes ? 2 : 1;
  const bytes = call.readFar(call.es, call.bp, step * call.cx);
  screen.setCursor(page, call.dx);
  for (let i = 0; i < bytes.length; i += step) {
    screen.teletype(page, bytes[i] ?? 0, hasAttributes ? bytes[i + 1] : call.bl);
  }
  if ((call.al & 1) === 0) screen.setCursor(page, before);
}

/** Function 1B: IBM VGA BIOS, "Functionality/State Information". */
function functionality({ mem, capabilitiesOffset }: VideoMachine, call: ServiceCall): void {
  if (call.bx !== 0) return;
  const table = new Uint8Array(FUNCTIONALITY_BYTES);
  const view = new DataView(table.buffer);
  view.setUint16(0, capabilitiesOffset, true);
  view.setUint16(2, BIOS_SEGMENT, true);
  // From the BIOS data area: mode to CRTC port, then rows and character height.
  table.set(mem.readBytes(BDA.VIDEO_MODE, 0x1e), 4);
  table[0x22] = mem.read8(BDA.LAST_ROW) + 1;
  view.setUint16(0x23, mem.read16(BDA.CHARACTER_LINES), true);
  table[0x25] = DISPLAY_VGA_COLOUR;
  view.setUint16(0x27, 16, true);
  table[0x29] = 8;
  // 400 scan lines; 256 KB.
  table[0x2a] = 2;
  table[0x31] = 3;
  call.writeFar(call.es, call.di, table);
  call.al = 0x1b;
}

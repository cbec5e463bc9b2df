/** Where the purgatory speaks: kexec(8)'s --console-serial, --console-vga, --serial, --serial-baud and --reset-vga. */
import { hexAddress } from './address-text.js';
import { LoaderError } from './loader-error.js';

/** The purgatory's consoles. One that is chosen hears of everything; with none, both hear of what is wrong. */
export interface PurgatoryConsole {
  readonly serial?: boolean | undefined;
  readonly vga?: boolean | undefined;
  /** The UART's first port; 0x3f8 when left out. */
  readonly serialBase?: number | undefined;
  /** Left out, the line stays as the running kernel has set it. */
  readonly serialBaud?: number | undefined;
  /** Programs the VGA to its text mode first. */
  readonly resetVga?: boolean | undefined;
}

/** The same as the purgatory's words. */
interface ConsoleWords {
  /** Bit 0 the UART, bit 1 the VGA. */
  readonly announce: number;
  readonly alarm: number;
  readonly serialBase: number;
  readonly serialDivisor: number;
  readonly resetVga: boolean;
}

const SERIAL = 1;
const VGA = 2;
const COM1 = 0x3f8;
const BAUD_MAX = 115_200;

/** @throws LoaderError `BAD_OPTION` for a port or a speed that no UART has */
export function purgatoryConsoles(console: PurgatoryConsole = {}): ConsoleWords {
  const { serialBase = COM1, serialBaud, resetVga = false } = console;
  const announce = (console.serial ? SERIAL : 0) | (console.vga ? VGA : 0);
  if (!Number.isInteger(serialBase) || serialBase < 0 || serialBase > 0xfff8) {
    throw new LoaderError('BAD_OPTION', `a UART cannot lie at port ${serialBase}`, {
      details: { rule: 'serial', found: serialBase, limit: 0xfff8 },
      remedy: `give the first of its eight ports, such as ${hexAddress(COM1)}`,
    });
  }
  if (serialBaud !== undefined && !(serialBaud > 0 && BAUD_MAX % serialBaud === 0)) {
    throw new LoaderError('BAD_OPTION', `${serialBaud} baud is no divisor of ${BAUD_MAX}`, {
      details: { rule: 'serial-baud', found: serialBaud, limit: BAUD_MAX },
      remedy: 'give 9600, 38400, 57600 or 115200',
    });
  }
  return {
    announce,
    alarm: announce || SERIAL | VGA,
    serialBase,
    serialDivisor: serialBaud === undefined ? 0 : BAUD_MAX / serialBaud,
    resetVga,
  };
}

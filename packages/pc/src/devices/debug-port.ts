/** Ports that emulators have and boards have not: a console at E9, an exit at F4. */

/** Reading port E9 gives E9: the sign that a byte written there is printed. */
export const DEBUG_CONSOLE_SIGN = 0xe9;

/** Bochs' debug console. */
export class DebugConsole {
  private readonly print: ((byte: number) => void) | undefined;

  constructor(print?: (byte: number) => void) {
    this.print = print;
  }

  read(_offset: number): number {
    return DEBUG_CONSOLE_SIGN;
  }

  write(_offset: number, value: number): void {
    this.print?.(value);
  }
}

/** QEMU's isa-debug-exit: a byte written here ends the run. */
export class DebugExit {
  private readonly exit: (code: number) => void;

  constructor(exit: (code: number) => void) {
    this.exit = exit;
  }

  read(_offset: number): number {
    return 0;
  }

  write(_offset: number, value: number): void {
    this.exit(value);
  }
}

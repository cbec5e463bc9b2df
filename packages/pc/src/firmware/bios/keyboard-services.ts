/** INT 16, and IRQ 1's scan codes on their way into the keyboard buffer. */
import type { PhysMem } from '@kexec/phys-mem';
import { BDA_PADDR } from '../../memlayout.js';
import { BDA } from './bios-data.js';
import { CTRL, keyCode, MODIFIERS, SHIFT_LOCKS } from './key-codes.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

const RELEASED = 0x80;
const PREFIX_E0 = 0xe0;
const PREFIX_E1 = 0xe1;
/** 40:96: the last byte was E0, or E1; keys of the right-hand side are down. */
const MODE_LAST_E0 = 0x02;
const MODE_LAST_E1 = 0x01;
const ALT = 0x08;
const DELETE = 0x53;

/** The keyboard's part of the BIOS. */
export class KeyboardServices {
  private readonly mem: PhysMem;
  private readonly restart: () => void;
  private readonly functions: Functions = new Map<number, Service>([
    [0x00, (call) => this.take(call, false)],
    [0x01, (call) => this.look(call, false)],
    [
      0x02,
      (call) => {
        call.al = this.mem.read8(BDA.SHIFT_FLAGS);
      },
    ],
    // Repeat rate and delay: the keyboard sends what it is given, at its own pace.
    [0x03, () => undefined],
    [
      0x05,
      (call) => {
        call.al = this.store(call.cx) ? 0 : 1;
      },
    ],
    // Functionality: the calls 10 to 12.
    [
      0x09,
      (call) => {
        call.al = 0x20;
      },
    ],
    [0x10, (call) => this.take(call, true)],
    [0x11, (call) => this.look(call, true)],
    [
      0x12,
      (call) => {
        call.al = this.mem.read8(BDA.SHIFT_FLAGS);
        call.ah = this.mem.read8(BDA.SHIFT_FLAGS_2);
      },
    ],
  ]);

  /** @param restart - Ctrl, Alt and Del are down */
  constructor(mem: PhysMem, restart: () => void) {
    this.mem = mem;
    this.restart = restart;
  }

  /** INT 16. */
  readonly service: Service = (call) => this.functions.get(call.ah)?.(call);

  /** A scan code of set 1 in AL. */
  readonly scanCode: Service = (call) => this.receive(call.al);

  private receive(code: number): void {
    const { mem } = this;
    const mode = mem.read8(BDA.KEYBOARD_MODE) & ~(MODE_LAST_E0 | MODE_LAST_E1);
    const last = mem.read8(BDA.KEYBOARD_MODE);
    if (code === PREFIX_E0) mem.write8(BDA.KEYBOARD_MODE, mode | MODE_LAST_E0);
    else if (code === PREFIX_E1) mem.write8(BDA.KEYBOARD_MODE, mode | MODE_LAST_E1);
    // Pause is E1 1D 45 E1 9D C5: the Ctrl in it is no Ctrl, the NumLock no NumLock.
    else if (last & MODE_LAST_E1 && (code & 0x7f) === 0x1d) return;
    else {
      mem.write8(BDA.KEYBOARD_MODE, mode);
      if (!(last & MODE_LAST_E1)) this.key(code, (last & MODE_LAST_E0) !== 0);
    }
  }

  private key(code: number, isExtended: boolean): void {
    const { mem } = this;
    const key = code & ~RELEASED;
    const isDown = (code & RELEASED) === 0;
    const flags = mem.read8(BDA.SHIFT_FLAGS);
    const modifier = MODIFIERS.get(key);
    // E0 2A and E0 36 are shifts that the keyboard makes up around the grey keys.
    if (modifier !== undefined && !(isExtended && (key === 0x2a || key === 0x36))) {
      mem.write8(BDA.SHIFT_FLAGS, isDown ? flags | modifier : flags & ~modifier);
      return;
    }
    const lock = SHIFT_LOCKS.get(key);
    if (lock !== undefined && !isExtended) {
      if (isDown) mem.write8(BDA.SHIFT_FLAGS, flags ^ lock);
      return;
    }
    if (!isDown || modifier !== undefined) return;
    if (key === DELETE && (flags & (CTRL | ALT)) === (CTRL | ALT)) this.restart();
    const stored = keyCode(key, isExtended, flags);
    if (stored !== undefined) this.store(stored);
  }

  /** Scan code in the high byte, character in the low one. @returns whether there was room */
  private store(value: number): boolean {
    const { mem } = this;
    const tail = mem.read16(BDA.KEYBOARD_TAIL);
    const next = this.after(tail);
    if (next === mem.read16(BDA.KEYBOARD_HEAD)) return false;
    mem.write16(BDA_PADDR + tail, value);
    mem.write16(BDA.KEYBOARD_TAIL, next);
    return true;
  }

  /** Functions 00 and 10. The old call knows no E0 and skips keys that only a keyboard of 101 keys has. */
  private take(call: ServiceCall, isEnhanced: boolean): 'wait' | undefined {
    const value = this.next(isEnhanced);
    if (value === undefined) return 'wait';
    this.drop();
    call.ax = value;
    return undefined;
  }

  /** Functions 01 and 11. */
  private look(call: ServiceCall, isEnhanced: boolean): void {
    const value = this.next(isEnhanced);
    call.zero = value === undefined;
    if (value !== undefined) call.ax = value;
  }

  private next(isEnhanced: boolean): number | undefined {
    for (;;) {
      const head = this.mem.read16(BDA.KEYBOARD_HEAD);
      if (head === this.mem.read16(BDA.KEYBOARD_TAIL)) return undefined;
      const value = this.mem.read16(BDA_PADDR + head);
      const seen = isEnhanced ? value : asOldCall(value);
      if (seen !== undefined) return seen;
      this.drop();
    }
  }

  private drop(): void {
    this.mem.write16(BDA.KEYBOARD_HEAD, this.after(this.mem.read16(BDA.KEYBOARD_HEAD)));
  }

  private after(offset: number): number {
    const { mem } = this;
    const next = offset + 2;
    return next === mem.read16(BDA.KEYBOARD_END) ? mem.read16(BDA.KEYBOARD_START) : next;
  }
}

/** What functions 00 and 01 make of a buffer entry; undefined for a key that they do not know. */
function asOldCall(value: number): number | undefined {
  const scanCode = value >>> 8;
  const character = value & 0xff;
  if (scanCode === 0xe0)
    return character === 0x0d || character === 0x0a ? 0x1c00 | character : 0x3500 | character;
  if (character === 0xe0 && scanCode !== 0) return scanCode << 8;
  return scanCode > 0x84 ? undefined : value;
}

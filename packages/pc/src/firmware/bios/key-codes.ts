/** What the BIOS makes of keys: scan code and character, alone and with Shift, Ctrl and Alt. US layout. */
import { PLAIN, SHIFTED } from '../../devices/us-keyboard.js';

/** Bits of 40:17. */
const RIGHT_SHIFT = 0x01;
const LEFT_SHIFT = 0x02;
export const CTRL = 0x04;
const ALT = 0x08;
const NUM_LOCK = 0x20;
const CAPS_LOCK = 0x40;

/** Keys that count while they are down, by scan code: their bit of 40:17. */
export const MODIFIERS: ReadonlyMap<number, number> = new Map([
  [0x1d, CTRL],
  [0x2a, LEFT_SHIFT],
  [0x36, RIGHT_SHIFT],
  [0x38, ALT],
]);
/** Keys that switch. */
export const SHIFT_LOCKS: ReadonlyMap<number, number> = new Map([
  [0x3a, CAPS_LOCK],
  [0x45, NUM_LOCK],
  [0x46, 0x10],
]);

const TAB = 0x0f;
const FIRST_FUNCTION = 0x3b;
const LAST_FUNCTION = 0x44;
/** With Shift, Ctrl and Alt: F1 becomes 54, 5E, 68. */
const FUNCTION_OFFSET = { shift: 0x19, ctrl: 0x23, alt: 0x2d } as const;
/** F11 and F12: alone, with Shift, Ctrl and Alt. */
const F11 = 0x57;
const F12 = 0x58;
/** Keypad and cursor keys, 47 to 53, with NumLock. */
const KEYPAD = '789-456+1230.';
const KEYPAD_FIRST = 0x47;
const KEYPAD_LAST = 0x53;
/** The same keys with Ctrl. */
const KEYPAD_CTRL = [0x77, 0x8d, 0x84, 0x8e, 0x73, 0x8f, 0x74, 0x90, 0x75, 0x91, 0x76, 0x92, 0x93];

/**
 * A key's entry in the keyboard buffer: scan code in the high byte, character in the low one.
 *
 * @param flags - 40:17
 * @returns undefined for a key that puts nothing there
 * @see IBM PS/2 BIOS Interface, "Keyboard: scan code/character combinations"
 */
export function keyCode(key: number, isExtended: boolean, flags: number): number | undefined {
  const shift = (flags & (LEFT_SHIFT | RIGHT_SHIFT)) !== 0;
  const ctrl = (flags & CTRL) !== 0;
  const alt = (flags & ALT) !== 0;
  if (key >= FIRST_FUNCTION && key <= LAST_FUNCTION) return functionKey(key, { shift, ctrl, alt });
  if (key === F11 || key === F12) {
    return (0x85 + (key - F11) + 2 * (alt ? 3 : ctrl ? 2 : shift ? 1 : 0)) << 8;
  }
  if (key >= KEYPAD_FIRST && key <= KEYPAD_LAST) return keypadKey(key, isExtended, flags);
  if (isExtended) return key === 0x1c ? 0xe00d : key === 0x35 ? 0xe02f : undefined;
  return characterKey(key, flags, { shift, ctrl, alt });
}

interface Held {
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
}

function functionKey(key: number, { shift, ctrl, alt }: Held): number {
  const offset = alt ? FUNCTION_OFFSET.alt : ctrl ? FUNCTION_OFFSET.ctrl : shift ? FUNCTION_OFFSET.shift : 0;
  return (key + offset) << 8;
}

function keypadKey(key: number, isExtended: boolean, flags: number): number | undefined {
  const at = key - KEYPAD_FIRST;
  const grey = isExtended ? 0xe0 : 0;
  if ((flags & ALT) !== 0) return isExtended ? (key + 0x50) << 8 : undefined;
  if ((flags & CTRL) !== 0) return ((KEYPAD_CTRL[at] ?? 0) << 8) | grey;
  const character = KEYPAD.charCodeAt(at);
  const isSign = key === 0x4a || key === 0x4e;
  const shift = (flags & (LEFT_SHIFT | RIGHT_SHIFT)) !== 0;
  const isNumber = !isExtended && ((flags & NUM_LOCK) !== 0) !== shift;
  return (key << 8) | (isSign || isNumber ? character : grey);
}

function characterKey(key: number, flags: number, { shift, ctrl, alt }: Held): number | undefined {
  const plain = PLAIN.charCodeAt(key);
  if (Number.isNaN(plain) || plain === 0) return undefined;
  if (alt) return (key >= 0x02 && key <= 0x0d ? key + 0x76 : key) << 8;
  if (ctrl) return controlKey(key, plain);
  if (key === TAB && shift) return TAB << 8;
  const isLetter = plain >= 0x61 && plain <= 0x7a;
  const upper = shift !== (isLetter && (flags & CAPS_LOCK) !== 0);
  return (key << 8) | (upper ? SHIFTED.charCodeAt(key) : plain);
}

/** Ctrl with a letter or one of a few other keys. */
const CONTROL: ReadonlyMap<number, number> = new Map([
  [0x01, 0x1b],
  [0x03, 0x00],
  [0x07, 0x1e],
  [0x0c, 0x1f],
  [0x0e, 0x7f],
  [0x1a, 0x1b],
  [0x1b, 0x1d],
  [0x1c, 0x0a],
  [0x2b, 0x1c],
  [0x39, 0x20],
]);

function controlKey(key: number, plain: number): number | undefined {
  if (plain >= 0x61 && plain <= 0x7a) return (key << 8) | (plain & 0x1f);
  const character = CONTROL.get(key);
  return character === undefined ? undefined : (key << 8) | character;
}

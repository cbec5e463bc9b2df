/** A US keyboard: which keys make a text, and the scan codes, in set 1, of keys by name. */
import { KexecError } from '@kexec/phys-mem';

/** Characters of the keys 00 to 39; a NUL is no character. */
export const PLAIN = "\0\x1b1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
/** The same with Shift. */
export const SHIFTED = '\0\x1b!@#$%^&*()_+\b\0QWERTYUIOP{}\r\0ASDFGHJKL:"~\0|ZXCVBNM<>?\0*\0 ';
const SHIFT = 0x2a;
const EXTENDED = 0xe0;
const RELEASED = 0x80;

/** Scan codes by the names that KeyboardEvent.code gives keys; E0xx is E0 and xx. */
export const KEYS = {
  Escape: 0x01,
  Backspace: 0x0e,
  Tab: 0x0f,
  Enter: 0x1c,
  ControlLeft: 0x1d,
  ControlRight: 0xe01d,
  ShiftLeft: 0x2a,
  ShiftRight: 0x36,
  AltLeft: 0x38,
  AltRight: 0xe038,
  Space: 0x39,
  CapsLock: 0x3a,
  F1: 0x3b,
  F2: 0x3c,
  F3: 0x3d,
  F4: 0x3e,
  F5: 0x3f,
  F6: 0x40,
  F7: 0x41,
  F8: 0x42,
  F9: 0x43,
  F10: 0x44,
  F11: 0x57,
  F12: 0x58,
  NumLock: 0x45,
  ScrollLock: 0x46,
  Home: 0xe047,
  ArrowUp: 0xe048,
  PageUp: 0xe049,
  ArrowLeft: 0xe04b,
  ArrowRight: 0xe04d,
  End: 0xe04f,
  ArrowDown: 0xe050,
  PageDown: 0xe051,
  Insert: 0xe052,
  Delete: 0xe053,
} as const;

/** A key: one of {@link KEYS}, or the character that it makes without Shift. */
export type KeyName = keyof typeof KEYS | (string & {});

/** Keys that go down in this order and up in the other. @throws KexecError `KEY` for a key that there is not */
export function chord(keys: readonly KeyName[]): number[] {
  const codes = keys.map(codeOf);
  return [...codes.flatMap(down), ...codes.reverse().flatMap(up)];
}

/** The keys that make a text, one after the other. @throws KexecError `KEY` for a character that no key makes */
export function keystrokes(text: string): number[] {
  return [...text.replaceAll('\n', '\r')].flatMap((char) => {
    const plain = PLAIN.indexOf(char);
    if (plain > 0) return [...down(plain), ...up(plain)];
    const shifted = SHIFTED.indexOf(char);
    if (shifted <= 0) throw noKey(char);
    return [...down(SHIFT), ...down(shifted), ...up(shifted), ...up(SHIFT)];
  });
}

function codeOf(key: KeyName): number {
  if (Object.hasOwn(KEYS, key)) return KEYS[key as keyof typeof KEYS];
  const code = key.length === 1 ? PLAIN.indexOf(key) : 0;
  if (code <= 0) throw noKey(key);
  return code;
}

function down(code: number): number[] {
  return code > 0xff ? [EXTENDED, code & 0xff] : [code];
}

function up(code: number): number[] {
  return down(code | RELEASED);
}

function noKey(key: string): KexecError {
  return new KexecError('KEY', `there is no key ${JSON.stringify(key)} on a US keyboard`, {
    details: { key },
    remedy: `Name one of ${Object.keys(KEYS).join(', ')}, or a character.`,
  });
}

/** Code page 437: the characters of the PC's own font. */

/** Codes 00–1F, and from 7F up. The others are ASCII. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  '⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** The character with a code, 0 to 255; code 0 is a blank. */
export function codePage437(code: number): string {
  if (code < 0x20) return LOW[code] ?? ' ';
  return code < 0x7f ? String.fromCharCode(code) : (HIGH[code - 0x7f] ?? ' ');
}

/** LZMA2: chunks of LZMA or plain data, each saying what of the state it renews. @see xz-file-format.txt, 5.3.1 */
import type { ByteInput } from './byte-input.js';
import { LzmaDecoder, type LzmaProperties, lzmaProperties } from './lzma-decoder.js';
import type { OutputWindow } from './output-window.js';

const END = 0x00;
const PLAIN_NEW_DICTIONARY = 0x01;
const PLAIN = 0x02;
const LZMA = 0x80;
const MAX_LC_PLUS_LP = 4;

/** Decodes chunks up to the end; matches reach back over the bytes of this stream alone. */
export function unlzma2(input: ByteInput, output: OutputWindow, dictionary: number): void {
  let start = output.length;
  let properties: LzmaProperties | undefined;
  let decoder: LzmaDecoder | undefined;
  let needsDictionary = true;
  for (;;) {
    const control = input.u8();
    if (control === END) return;
    if (control < LZMA && control > PLAIN) throw input.error(`there is no chunk of kind ${control}`);
    if (control === PLAIN_NEW_DICTIONARY || control >= 0xe0) {
      start = output.length;
      needsDictionary = false;
      // What follows must bring its own state.
      decoder = undefined;
      if (control >= 0xe0) properties = undefined;
    }
    if (needsDictionary) throw input.error('the first chunk does not renew the dictionary');
    if (control < LZMA) {
      output.append(input.take(((input.u8() << 8) | input.u8()) + 1));
      continue;
    }
    const size = ((control & 0x1f) << 16) + ((input.u8() << 8) | input.u8()) + 1;
    const packed = ((input.u8() << 8) | input.u8()) + 1;
    if (control >= 0xc0) {
      properties = lzmaProperties(input, input.u8());
      if (properties.lc + properties.lp > MAX_LC_PLUS_LP) throw input.error('lc + lp is above 4');
    }
    if (!properties) throw input.error('a chunk comes before its properties');
    if (control >= 0xa0) decoder = new LzmaDecoder(input, output, properties, { start, dictionary });
    if (!decoder) throw input.error('a chunk goes on with a state that is not there');
    const end = input.offset + packed;
    decoder.startRangeCoder();
    if (decoder.decode(output.length + size)) throw input.error('an end marker within LZMA2');
    if (input.offset !== end || !decoder.isRangeCoderFinished)
      throw input.error('a chunk is not as long as it says');
  }
}

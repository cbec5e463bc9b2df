/** Tests of the framing of packets. */
import { expect, it } from 'vitest';
import { bytesToText, textToBytes } from './hex.js';
import { MAX_PACKET_BYTES, PacketReader, packet, unescapeData } from './packet.js';

const read = (...texts: string[]) => {
  const reader = new PacketReader();
  return texts.flatMap((text) => reader.read(textToBytes(text)));
};
const data = (text: string) => ({ kind: 'packet', data: textToBytes(text) });

it('a packet is a dollar sign, data, a number sign and the sum of the data modulo 256', () => {
  expect(bytesToText(packet(textToBytes('OK')))).toBe('$OK#9a');
  expect(bytesToText(packet(new Uint8Array(0)))).toBe('$#00');
  expect(read('$OK#9a')).toEqual([data('OK')]);
});

it('a packet may come in any number of pieces, behind acknowledgements and noise', () => {
  expect(read('+++', 'x$', 'O', 'K#', '9', 'a+$#00')).toEqual([data('OK'), data('')]);
});

it('what would be taken for framing is escaped: } and the byte with bit 5 inverted', () => {
  expect(bytesToText(packet(textToBytes('a$#}*'))).slice(1, -3)).toBe('a}\x04}\x03}]}\n');
  expect(bytesToText(unescapeData(textToBytes('a}\x04}\x03}]}\n')))).toBe('a$#}*');
});

it('a wrong checksum, a checksum that is none, and more data than PacketSize are damage', () => {
  const damaged = [{ kind: 'damaged' }];
  expect(read('$OK#9b')).toEqual(damaged);
  expect(read('$OK#zz')).toEqual(damaged);
  expect(read(`$${'0'.repeat(MAX_PACKET_BYTES + 1)}#00`)).toEqual(damaged);
  expect(read('$OK#9b$OK#9a')).toEqual([...damaged, data('OK')]);
});

it('a packet that is cut short by the next is forgotten', () => {
  expect(read('$m100$OK#9a')).toEqual([data('OK')]);
});

it('the byte 03 between packets is an interrupt, within one it is data', () => {
  expect(read('\x03')).toEqual([{ kind: 'interrupt' }]);
  expect(read('$\x03#03')).toEqual([data('\x03')]);
  expect(read('-')).toEqual([{ kind: 'nak' }]);
});

it('no bytes whatever make it throw, or hold more than a packet', () => {
  const reader = new PacketReader();
  let state = 1;
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: 997 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    });
    for (const arrival of reader.read(bytes)) {
      if (arrival.kind === 'packet') expect(arrival.data.length).toBeLessThanOrEqual(MAX_PACKET_BYTES);
    }
  }
});

/** Packets of GDB's remote protocol: `$data#checksum`, acknowledgements, and the interrupt byte. */

/*
 * GDB manual, "Remote Protocol", "Overview":
 *
 *   $ data # two hexadecimal digits: the sum of data's bytes modulo 256
 *   } byte   in data: the byte with bit 5 inverted; $ # } * are always sent so
 *   + -      the packet before came well, or must be sent again; not sent after QStartNoAckMode
 *   03       interrupt; no packet
 */
const DOLLAR = 0x24;
const HASH = 0x23;
const PLUS = 0x2b;
const MINUS = 0x2d;
const STAR = 0x2a;
const ESCAPE = 0x7d;
const ESCAPE_BIT = 0x20;
const INTERRUPT = 0x03;

/** Most bytes of data in a packet, either way; told in PacketSize. */
export const MAX_PACKET_BYTES = 0x4000;

/** What arrived. */
export type Arrival =
  | { readonly kind: 'packet'; readonly data: Uint8Array }
  /** A packet whose checksum is wrong, or that is too long. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'nak' }
  | { readonly kind: 'interrupt' };

/** Cuts a stream of bytes into packets. It holds no more than one packet. */
export class PacketReader {
  #data: number[] = [];
  #state: 'outside' | 'data' | 'first digit' | 'second digit' = 'outside';
  #digits = '';

  /** @returns what is complete, in order */
  read(bytes: Uint8Array): Arrival[] {
    const arrivals: Arrival[] = [];
    for (const byte of bytes) {
      const arrival = this.#take(byte);
      if (arrival) arrivals.push(arrival);
    }
    return arrivals;
  }

  #take(byte: number): Arrival | undefined {
    switch (this.#state) {
      case 'outside':
        return this.#takeOutside(byte);
      case 'data':
        // A dollar sign is never data: the packet before it was cut short.
        if (byte === DOLLAR) this.#data = [];
        else if (byte === HASH) this.#state = 'first digit';
        else if (this.#data.length <= MAX_PACKET_BYTES) this.#data.push(byte);
        return undefined;
      case 'first digit':
        this.#digits = String.fromCharCode(byte);
        this.#state = 'second digit';
        return undefined;
      default:
        this.#state = 'outside';
        return this.#finish(this.#digits + String.fromCharCode(byte));
    }
  }

  #takeOutside(byte: number): Arrival | undefined {
    if (byte === INTERRUPT) return { kind: 'interrupt' };
    if (byte === MINUS) return { kind: 'nak' };
    // A plus needs no answer; whatever else stands between packets is noise.
    if (byte !== DOLLAR) return undefined;
    this.#data = [];
    this.#state = 'data';
    return undefined;
  }

  #finish(digits: string): Arrival {
    const data = Uint8Array.from(this.#data);
    this.#data = [];
    const isWhole = data.length <= MAX_PACKET_BYTES && /^[0-9a-f]{2}$/i.test(digits);
    if (!isWhole || Number.parseInt(digits, 16) !== checksum(data)) return { kind: 'damaged' };
    return { kind: 'packet', data };
  }
}

/** A packet around data, with what must be escaped escaped. */
export function packet(data: Uint8Array): Uint8Array {
  const escaped: number[] = [];
  for (const byte of data) {
    if (byte === DOLLAR || byte === HASH || byte === ESCAPE || byte === STAR) {
      escaped.push(ESCAPE, byte ^ ESCAPE_BIT);
    } else escaped.push(byte);
  }
  const sum = checksum(escaped).toString(16).padStart(2, '0');
  return Uint8Array.of(DOLLAR, ...escaped, HASH, sum.charCodeAt(0), sum.charCodeAt(1));
}

/** Binary data as it stands in a packet, its escapes undone. */
export function unescapeData(data: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] ?? 0;
    bytes.push(byte === ESCAPE ? (data[++i] ?? 0) ^ ESCAPE_BIT : byte);
  }
  return Uint8Array.from(bytes);
}

export const ACK = Uint8Array.of(PLUS);
export const NAK = Uint8Array.of(MINUS);

function checksum(data: Iterable<number>): number {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) & 0xff;
  return sum;
}

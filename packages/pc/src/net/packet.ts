/** Packets on Ethernet: the headers that a small network needs, read from bytes and written to them. */

/** Ethernet addresses and IPv4 addresses are byte strings in network order. */
export type Address = readonly number[];

/** EtherType. */
export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806 } as const;
/** Protocol numbers of IPv4. */
export const IP_PROTOCOL = { ICMP: 1, UDP: 17 } as const;

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const IPV4_VERSION = 4;
const FRAGMENT_MASK = 0x3fff;
const DEFAULT_TTL = 64;

/** An Ethernet frame without its checksum. */
export interface Frame {
  readonly destination: Address;
  readonly source: Address;
  readonly type: number;
  readonly payload: Uint8Array;
}

/** An IPv4 packet that is no fragment. Options are skipped. */
export interface Ipv4Packet {
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  readonly payload: Uint8Array;
}

/** A UDP datagram. */
export interface Datagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export function readFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < ETHERNET_BYTES) return undefined;
  return {
    destination: [...bytes.subarray(0, 6)],
    source: [...bytes.subarray(6, 12)],
    type: word(bytes, 12),
    payload: bytes.subarray(ETHERNET_BYTES),
  };
}

export function writeFrame({ destination, source, type, payload }: Frame): Uint8Array {
  return Uint8Array.of(...destination, ...source, ...wordBytes(type), ...payload);
}

/** RFC 791. Undefined when lengths or the checksum are wrong, and for fragments. */
export function readIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  const headerBytes = 4 * ((bytes[0] ?? 0) & 0x0f);
  const totalBytes = word(bytes, 2);
  if ((bytes[0] ?? 0) >>> 4 !== IPV4_VERSION || headerBytes < IPV4_BYTES) return undefined;
  if (totalBytes < headerBytes || totalBytes > bytes.length) return undefined;
  if (checksum(bytes.subarray(0, headerBytes)) !== 0 || (word(bytes, 6) & FRAGMENT_MASK) !== 0)
    return undefined;
  return {
    protocol: bytes[9] ?? 0,
    source: [...bytes.subarray(12, 16)],
    destination: [...bytes.subarray(16, 20)],
    payload: bytes.subarray(headerBytes, totalBytes),
  };
}

export function writeIpv4({ protocol, source, destination, payload }: Ipv4Packet): Uint8Array {
  const header = Uint8Array.of(
    (IPV4_VERSION << 4) | (IPV4_BYTES / 4),
    0,
    ...wordBytes(IPV4_BYTES + payload.length),
    ...[0, 0, 0, 0],
    ...[DEFAULT_TTL, protocol, 0, 0],
    ...source,
    ...destination,
  );
  header.set(wordBytes(checksum(header)), 10);
  return Uint8Array.of(...header, ...payload);
}

/** RFC 768. The checksum is not looked at: nothing gets lost on the way. */
export function readUdp(bytes: Uint8Array): Datagram | undefined {
  const length = word(bytes, 4);
  if (length < UDP_BYTES || length > bytes.length) return undefined;
  return {
    sourcePort: word(bytes, 0),
    destinationPort: word(bytes, 2),
    payload: bytes.subarray(UDP_BYTES, length),
  };
}

/** A checksum of zero: none was made. */
export function writeUdp({ sourcePort, destinationPort, payload }: Datagram): Uint8Array {
  const length = UDP_BYTES + payload.length;
  const words = [sourcePort, destinationPort, length, 0];
  return Uint8Array.of(...words.flatMap(wordBytes), ...payload);
}

/** The Internet checksum (RFC 1071); 0 over bytes that carry a right one. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += word(bytes, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** A 16-bit word in network order; bytes beyond the end are zero. */
export function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** The two bytes of a word in network order. */
export function wordBytes(value: number): [number, number] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

/** Whether two addresses are the same. */
export function isSame(a: Address, b: Address): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

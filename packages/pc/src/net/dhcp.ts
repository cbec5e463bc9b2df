/** DHCP as a server of one address speaks it (RFC 2131, options of RFC 2132). */
import type { Address } from './packet.js';

/*
 * op htype hlen hops | xid | secs flags | ciaddr | yiaddr | siaddr | giaddr | chaddr[16] | sname[64] | file[128]
 * | magic cookie | options
 */
const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const XID_OFFSET = 4;
const YIADDR_OFFSET = 16;
const SIADDR_OFFSET = 20;
const CHADDR_OFFSET = 28;
const COOKIE_OFFSET = 236;
const OPTIONS_OFFSET = 240;
const COOKIE = [0x63, 0x82, 0x53, 0x63] as const;

const OPTION = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  REQUESTED: 50,
  LEASE: 51,
  TYPE: 53,
  SERVER: 54,
  END: 255,
} as const;
const TYPE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5, NAK: 6 } as const;

/** Ports of server and client. */
export const DHCP_PORT = { SERVER: 67, CLIENT: 68 } as const;

/** What the server gives. */
export interface Lease {
  readonly client: Address;
  readonly server: Address;
  readonly mask: Address;
  readonly seconds: number;
}

/** The answer to a client's message: an offer, an acknowledgement or a refusal; undefined when there is none. */
export function answerDhcp(request: Uint8Array, lease: Lease): Uint8Array | undefined {
  const isCookie = COOKIE.every((byte, index) => request[COOKIE_OFFSET + index] === byte);
  if (request[0] !== BOOTREQUEST || !isCookie) return undefined;
  const options = readOptions(request);
  const type = options.get(OPTION.TYPE)?.[0];
  if (type === TYPE.DISCOVER) return reply(request, TYPE.OFFER, lease);
  if (type !== TYPE.REQUEST) return undefined;
  // 4.3.2: the client names the address it wants, or has it already.
  const wanted = options.get(OPTION.REQUESTED) ?? [...request.subarray(12, 16)];
  const isOurs = wanted.every((byte, index) => byte === lease.client[index]);
  return reply(request, isOurs ? TYPE.ACK : TYPE.NAK, lease);
}

function readOptions(message: Uint8Array): Map<number, readonly number[]> {
  const options = new Map<number, readonly number[]>();
  for (let at = OPTIONS_OFFSET; at < message.length && message[at] !== OPTION.END; ) {
    if (message[at] === OPTION.PAD) {
      at++;
      continue;
    }
    const length = message[at + 1] ?? 0;
    options.set(message[at] ?? 0, [...message.subarray(at + 2, at + 2 + length)]);
    at += 2 + length;
  }
  return options;
}

function reply(request: Uint8Array, type: number, lease: Lease): Uint8Array {
  const terms =
    type === TYPE.NAK
      ? []
      : [
          ...[OPTION.SUBNET_MASK, 4, ...lease.mask],
          ...[OPTION.ROUTER, 4, ...lease.server],
          ...[OPTION.LEASE, 4, 0, 0, (lease.seconds >>> 8) & 0xff, lease.seconds & 0xff],
        ];
  const options = [OPTION.TYPE, 1, type, OPTION.SERVER, 4, ...lease.server, ...terms, OPTION.END];
  const message = new Uint8Array(OPTIONS_OFFSET + options.length);
  message.set([BOOTREPLY, 1, 6, 0]);
  message.set(request.subarray(XID_OFFSET, XID_OFFSET + 4), XID_OFFSET);
  // Flags: whether the client wants the answer by broadcast.
  message.set(request.subarray(10, 12), 10);
  if (type !== TYPE.NAK) message.set(lease.client, YIADDR_OFFSET);
  message.set(lease.server, SIADDR_OFFSET);
  message.set(request.subarray(CHADDR_OFFSET, CHADDR_OFFSET + 16), CHADDR_OFFSET);
  message.set(COOKIE, COOKIE_OFFSET);
  message.set(options, OPTIONS_OFFSET);
  return message;
}

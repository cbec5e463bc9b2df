/** A network of two: the guest at 10.0.2.15, and a gateway that gives it this address and answers its ping. */
import { answerDhcp, DHCP_PORT, type Lease } from './dhcp.js';
import {
  type Address,
  checksum,
  ETHERTYPE,
  type Frame,
  IP_PROTOCOL,
  type Ipv4Packet,
  isSame,
  readFrame,
  readIpv4,
  readUdp,
  word,
  wordBytes,
  writeFrame,
  writeIpv4,
  writeUdp,
} from './packet.js';

const GATEWAY_MAC: Address = [0x52, 0x55, 10, 0, 2, 2];
const BROADCAST: Address = [255, 255, 255, 255];

const LEASE: Lease = {
  client: [10, 0, 2, 15],
  server: [10, 0, 2, 2],
  mask: [255, 255, 255, 0],
  seconds: 0xa8c0,
};

/** ARP for IPv4 on Ethernet (RFC 826). */
const ARP_HEADER = [0, 1, 0x08, 0x00, 6, 4] as const;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;

const ICMP = { ECHO_REPLY: 0, UNREACHABLE: 3, ECHO: 8 } as const;
const PORT_UNREACHABLE = 3;
const NET_PROHIBITED = 9;
const QUOTED_BYTES = 28;

/**
 * The network. Nothing leaves it: what is meant for another host is answered with "destination unreachable".
 *
 * It keeps no state. A frame and its answers are all there is.
 */
export class UserNetwork {
  /** A frame has been sent. @returns the frames that come back */
  receive(bytes: Uint8Array): readonly Uint8Array[] {
    const frame = readFrame(bytes);
    if (frame?.type === ETHERTYPE.ARP) return answer(frame, arpReply(frame.payload));
    if (frame?.type !== ETHERTYPE.IPV4) return [];
    const packet = readIpv4(frame.payload);
    return answer(frame, packet && ipv4Reply(packet, frame.payload));
  }
}

function answer({ source, type }: Frame, payload: Uint8Array | undefined): readonly Uint8Array[] {
  return payload ? [writeFrame({ destination: source, source: GATEWAY_MAC, type, payload })] : [];
}

function arpReply(request: Uint8Array): Uint8Array | undefined {
  const isArp = ARP_HEADER.every((byte, index) => request[index] === byte);
  if (!isArp || word(request, 6) !== ARP_REQUEST) return undefined;
  if (!isSame([...request.subarray(24, 28)], LEASE.server)) return undefined;
  const sender = request.subarray(8, 18);
  return Uint8Array.of(...ARP_HEADER, ...wordBytes(ARP_REPLY), ...GATEWAY_MAC, ...LEASE.server, ...sender);
}

/** @param quoted - the packet with its header */
function ipv4Reply(packet: Ipv4Packet, quoted: Uint8Array): Uint8Array | undefined {
  const datagram = packet.protocol === IP_PROTOCOL.UDP ? readUdp(packet.payload) : undefined;
  if (datagram?.destinationPort === DHCP_PORT.SERVER) return dhcpReply(datagram.payload);
  const isForUs = isSame(packet.destination, LEASE.server);
  if (packet.protocol === IP_PROTOCOL.ICMP) {
    const type = packet.payload[0];
    if (type === ICMP.ECHO && isForUs) return icmp(packet, ICMP.ECHO_REPLY, 0, packet.payload.subarray(4));
    // RFC 1122, 3.2.2: no error about an error.
    if (type !== ICMP.ECHO) return undefined;
  }
  // RFC 1122, 3.2.2: nor about a broadcast or a multicast.
  if ((packet.destination[0] ?? 0) >= 224 || packet.destination[3] === 255) return undefined;
  const code = isForUs ? PORT_UNREACHABLE : NET_PROHIBITED;
  return icmp(packet, ICMP.UNREACHABLE, code, Uint8Array.of(0, 0, 0, 0, ...quoted.subarray(0, QUOTED_BYTES)));
}

function icmp({ source }: Ipv4Packet, type: number, code: number, rest: Uint8Array): Uint8Array {
  const payload = Uint8Array.of(type, code, 0, 0, ...rest);
  payload.set(wordBytes(checksum(payload)), 2);
  return writeIpv4({ protocol: IP_PROTOCOL.ICMP, source: LEASE.server, destination: source, payload });
}

function dhcpReply(request: Uint8Array): Uint8Array | undefined {
  const reply = answerDhcp(request, LEASE);
  if (!reply) return undefined;
  const payload = writeUdp({
    sourcePort: DHCP_PORT.SERVER,
    destinationPort: DHCP_PORT.CLIENT,
    payload: reply,
  });
  return writeIpv4({
    protocol: IP_PROTOCOL.UDP,
    source: LEASE.server,
    destination: BROADCAST,
    payload,
  });
}

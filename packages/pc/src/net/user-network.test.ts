/** The network of two: DHCP, ARP, ping, and nothing beyond. */
import { describe, expect, it } from 'vitest';
import {
  checksum,
  ETHERTYPE,
  readFrame,
  readIpv4,
  readUdp,
  writeFrame,
  writeIpv4,
  writeUdp,
} from './packet.js';
import { UserNetwork } from './user-network.js';

const GUEST_MAC = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const BROADCAST_MAC = [255, 255, 255, 255, 255, 255];
const GATEWAY = [10, 0, 2, 2];
const GUEST = [10, 0, 2, 15];
const network = new UserNetwork();

function send(type: number, payload: Uint8Array) {
  return network.receive(writeFrame({ destination: BROADCAST_MAC, source: GUEST_MAC, type, payload }));
}

function sendIp(protocol: number, destination: number[], payload: Uint8Array) {
  const answers = send(ETHERTYPE.IPV4, writeIpv4({ protocol, source: GUEST, destination, payload }));
  return answers.map((bytes) => readIpv4(readFrame(bytes)?.payload ?? bytes));
}

function dhcp(type: number, requested: number[] = []): Uint8Array {
  const message = new Uint8Array(260);
  message.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  message.set(GUEST_MAC, 28);
  const wanted = requested.length > 0 ? [50, 4, ...requested] : [];
  message.set([0x63, 0x82, 0x53, 0x63, 53, 1, type, ...wanted, 255], 236);
  return message;
}

function sendDhcp(message: Uint8Array) {
  const payload = writeUdp({ sourcePort: 68, destinationPort: 67, payload: message });
  return sendIp(17, [255, 255, 255, 255], payload).map((packet) => readUdp(packet?.payload ?? payload));
}

describe('The Internet checksum', () => {
  it("is that of RFC 1071's example", () => {
    // 0001 + f203 + f4f5 + f6f7 = 2ddf0, folded ddf2; its complement is 220d.
    expect(checksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x220d);
  });
});

describe('ARP', () => {
  const request = (target: number[]) =>
    Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1, ...GUEST_MAC, ...GUEST, 0, 0, 0, 0, 0, 0, ...target);

  it('tells where the gateway is, and of nobody else', () => {
    const answers = send(ETHERTYPE.ARP, request(GATEWAY));
    const frame = answers[0] && readFrame(answers[0]);
    expect(frame?.destination).toEqual(GUEST_MAC);
    expect([...(frame?.payload.subarray(6, 18) ?? [])]).toEqual([0, 2, 0x52, 0x55, 10, 0, 2, 2, ...GATEWAY]);
    expect(send(ETHERTYPE.ARP, request([10, 0, 2, 99]))).toEqual([]);
  });
});

describe('DHCP', () => {
  it('offers 10.0.2.15 and acknowledges it', () => {
    for (const [type, answer] of [
      [1, 2],
      [3, 5],
    ] as const) {
      const [reply] = sendDhcp(dhcp(type, GUEST));
      const message = reply?.payload ?? new Uint8Array(0);
      expect([reply?.sourcePort, reply?.destinationPort]).toEqual([67, 68]);
      expect([message[0], ...message.subarray(4, 8), ...message.subarray(16, 20)]).toEqual([
        2,
        0xde,
        0xad,
        0xbe,
        0xef,
        ...GUEST,
      ]);
      // Type, server; then mask, router, lease.
      expect([...message.subarray(240, 261)]).toEqual([
        ...[53, 1, answer, 54, 4, ...GATEWAY, 1, 4, 255, 255, 255, 0, 3, 4, ...GATEWAY],
      ]);
    }
  });

  it('refuses another address, and does not answer what is no request', () => {
    expect(sendDhcp(dhcp(3, [10, 0, 2, 16]))[0]?.payload[242]).toBe(6);
    expect(sendDhcp(dhcp(4))).toEqual([]);
    expect(sendDhcp(new Uint8Array(300))).toEqual([]);
  });
});

describe('ICMP', () => {
  const echo = Uint8Array.of(8, 0, 0, 0, 1, 2, 3, 4, 0x61, 0x62, 0x63);

  it("gives the gateway's echo back, data and all", () => {
    const [reply] = sendIp(1, GATEWAY, echo);
    expect([...(reply?.payload ?? [])].slice(4)).toEqual([1, 2, 3, 4, 0x61, 0x62, 0x63]);
    expect([reply?.payload[0], checksum(reply?.payload ?? echo), reply?.source]).toEqual([0, 0, GATEWAY]);
  });

  it('says of every other host that it is unreachable, and quotes the packet', () => {
    for (const payload of [echo, writeUdp({ sourcePort: 1, destinationPort: 53, payload: echo })]) {
      const protocol = payload === echo ? 1 : 17;
      const [reply] = sendIp(protocol, [8, 8, 8, 8], payload);
      expect([reply?.payload[0], reply?.payload[1], reply?.payload[8]]).toEqual([3, 9, 0x45]);
    }
  });

  it('makes no error about an error or about a broadcast', () => {
    expect(sendIp(1, [8, 8, 8, 8], Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))).toEqual([]);
    expect(
      sendIp(17, [10, 0, 2, 255], writeUdp({ sourcePort: 1, destinationPort: 2, payload: echo })),
    ).toEqual([]);
  });
});

describe('Frames that are cut short or damaged', () => {
  it('are dropped at every length', () => {
    const payload = writeIpv4({
      protocol: 1,
      source: GUEST,
      destination: GATEWAY,
      payload: Uint8Array.of(8, 0),
    });
    const whole = writeFrame({
      destination: BROADCAST_MAC,
      source: GUEST_MAC,
      type: ETHERTYPE.IPV4,
      payload,
    });
    expect(network.receive(whole)).toHaveLength(1);
    for (let length = 0; length < whole.length; length++) {
      expect(network.receive(whole.subarray(0, length))).toEqual([]);
    }
    for (let at = 14; at < 34; at++) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(network.receive(damaged), `byte ${at}`).toEqual([]);
    }
  });
});

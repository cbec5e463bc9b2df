/** The packets of GDB's remote protocol and their answers: one row a packet. */
import { readGuestMemory, writeGuestMemory } from '../debug/guest-memory.js';
import type { GdbConnection } from './connection.js';
import { bytesToHex, bytesToText, hexToBytes, hexToNumber, textToBytes } from './hex.js';
import { MAX_PACKET_BYTES, unescapeData } from './packet.js';
import {
  readRegister,
  registerCount,
  registerSize,
  targetDescription,
  writeRegister,
} from './target-description.js';

/** A packet's data; undefined for none: the machine runs, and its stop is the answer. */
type Answer = string | Uint8Array | undefined;

interface PacketRow {
  /** What the packet begins with. */
  readonly name: string;
  answer(client: GdbConnection, rest: string, data: Uint8Array): Answer;
}

const OK = 'OK';
/** A packet that is not as the manual says. */
const MALFORMED = 'E16';
/** No memory there. */
const FAULT = 'E0e';
/** The machine runs, or a register cannot have that value. */
const REFUSED = 'E01';
/** A packet that we do not know. */
const UNKNOWN = '';

/** The data of the answer to a packet. */
export function answer(client: GdbConnection, data: Uint8Array): Answer {
  const text = bytesToText(data);
  const row = PACKETS.find(({ name }) => text.startsWith(name));
  return row ? row.answer(client, text.slice(row.name.length), data) : UNKNOWN;
}

const row = (name: string, answerIt: PacketRow['answer']): PacketRow => ({ name, answer: answerIt });

/** GDB manual, "Packets", "vCont", "General Query Packets"; a longer name stands before a shorter one that it begins with. */
const PACKETS: readonly PacketRow[] = [
  row('?', (client) => client.describeStop(client.held.lastStop)),
  row('g', (client) => readAll(client)),
  row('G', (client, rest) => writeAll(client, rest)),
  row('p', (client, rest) => readOne(client, rest)),
  row('P', (client, rest) => writeOne(client, rest)),
  row('m', (client, rest) => readMemory(client, rest)),
  row('M', (client, rest) => writeMemory(client, rest, (content) => hexToBytes(bytesToText(content)))),
  row('X', (client, rest, data) => writeMemory(client, rest, unescapeData, data)),
  row('Z', (client, rest) => place(client, rest, true)),
  row('z', (client, rest) => place(client, rest, false)),
  row('vCont?', () => 'vCont;c;C;s;S'),
  row('vCont;', (client, rest) => vCont(client, rest)),
  row('vKill', (client) => kill(client, true)),
  row('bc', (client) => goBack(client, () => client.held.resumeBack())),
  row('bs', (client) => goBack(client, () => client.held.stepBack())),
  row('c', (client, rest) => go(client, rest, () => client.held.resume())),
  row('C', (client) => go(client, '', () => client.held.resume())),
  row('s', (client, rest) => go(client, rest, () => client.held.step())),
  row('S', (client) => go(client, '', () => client.held.step())),
  row('k', (client) => kill(client, false)),
  row('D', (client) => detach(client)),
  row('H', () => OK),
  row('T', () => OK),
  row('qSupported', (client, rest) => supported(client, rest)),
  row('qXfer:features:read:', (client, rest) => readFeatures(client, rest)),
  row('qfThreadInfo', () => 'm01'),
  row('qsThreadInfo', () => 'l'),
  row('qAttached', () => '1'),
  row('qRcmd,', (client, rest) => monitor(client, rest)),
  row('qCRC:', () => UNKNOWN),
  row('qC', () => 'QC01'),
  row('QStartNoAckMode', (client) => {
    client.stopAcknowledging();
    return OK;
  }),
];

function supported(client: GdbConnection, rest: string): string {
  client.features = { swbreak: rest.includes('swbreak+'), hwbreak: rest.includes('hwbreak+') };
  const back = client.held.timeline.isReversible ? ';ReverseStep+;ReverseContinue+' : '';
  const size = MAX_PACKET_BYTES.toString(16);
  return `PacketSize=${size};qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+${back}`;
}

/** `qXfer:features:read:annex:offset,length`: `m` and a part of it, `l` and the last. */
function readFeatures(client: GdbConnection, rest: string): Answer {
  const [annex, range] = rest.split(':');
  const [offset, length] = (range ?? '').split(',').map(hexToNumber);
  if (annex !== 'target.xml') return 'E00';
  if (offset === undefined || length === undefined) return MALFORMED;
  client.isDescribed = true;
  const text = targetDescription();
  const part = text.slice(offset, offset + length);
  return textToBytes((offset + part.length < text.length ? 'm' : 'l') + part);
}

function readAll(client: GdbConnection): string {
  const { cpu } = client.held.target.pc;
  let hex = '';
  for (let number = 0; number < registerCount(client.isDescribed); number++) {
    hex += bytesToHex(readRegister(cpu, number) ?? new Uint8Array(0));
  }
  return hex;
}

function writeAll(client: GdbConnection, rest: string): string {
  const bytes = hexToBytes(rest);
  if (!bytes) return MALFORMED;
  const parts: (readonly [number, Uint8Array])[] = [];
  let at = 0;
  for (let number = 0; number < registerCount(client.isDescribed); number++) {
    const size = registerSize(number) ?? 0;
    if (at + size > bytes.length) break;
    parts.push([number, bytes.subarray(at, at + size)]);
    at += size;
  }
  return whileStopped(client, () => writeRegisters(client, parts));
}

function readOne({ held }: GdbConnection, rest: string): string {
  const number = hexToNumber(rest);
  const bytes = number === undefined ? undefined : readRegister(held.target.pc.cpu, number);
  return bytes ? bytesToHex(bytes) : MALFORMED;
}

/** `P number=value` */
function writeOne(client: GdbConnection, rest: string): string {
  const [name, value = ''] = rest.split('=');
  const number = hexToNumber(name);
  const bytes = hexToBytes(value);
  if (number === undefined || !bytes || bytes.length !== registerSize(number)) return MALFORMED;
  return whileStopped(client, () => writeRegisters(client, [[number, bytes]]));
}

function writeRegisters({ held }: GdbConnection, parts: readonly (readonly [number, Uint8Array])[]): boolean {
  const { cpu } = held.target.pc;
  let isDone = true;
  held.outside(() => {
    for (const [number, bytes] of parts) if (!writeRegister(cpu, number, bytes)) isDone = false;
  });
  return isDone;
}

/** `m address,length`: as many bytes as are there, if there are any. */
function readMemory({ held }: GdbConnection, rest: string): string {
  const [laddr, length] = rest.split(',').map(hexToNumber);
  if (laddr === undefined || length === undefined) return MALFORMED;
  const bytes = readGuestMemory(held.target.pc, laddr, Math.min(length, MAX_PACKET_BYTES / 2));
  return bytes.length === 0 && length > 0 ? FAULT : bytesToHex(bytes);
}

/** `M address,length:content` and `X`, whose content is binary. */
function writeMemory(
  client: GdbConnection,
  rest: string,
  decode: (content: Uint8Array) => Uint8Array | undefined,
  data: Uint8Array = textToBytes(`M${rest}`),
): string {
  const colon = rest.indexOf(':');
  const [laddr, length] = rest.slice(0, Math.max(0, colon)).split(',').map(hexToNumber);
  const bytes = decode(data.subarray(colon + 2));
  if (laddr === undefined || length === undefined || bytes?.length !== length) return MALFORMED;
  if (length === 0) return OK;
  return whileStopped(
    client,
    () => {
      let isDone = true;
      client.held.outside(() => {
        isDone = writeGuestMemory(client.held.target.pc, laddr, bytes);
      });
      return isDone;
    },
    FAULT,
  );
}

/** `Z type,address,kind`, with conditions behind a semicolon, which we do not take. */
function place(client: GdbConnection, rest: string, isNew: boolean): string {
  const [type, laddr, kind] = rest.split(',').map(hexToNumber);
  if (type === undefined || laddr === undefined || kind === undefined) return MALFORMED;
  if (type > 4) return UNKNOWN;
  if (isNew) return client.breakpoints.add(type, laddr, kind) ? OK : MALFORMED;
  client.breakpoints.remove(type, laddr, kind);
  return OK;
}

/** `vCont;action:thread;…`: there is one thread, and the first action is its own. */
function vCont(client: GdbConnection, rest: string): Answer {
  const action = rest[0] ?? '';
  if ('cC'.includes(action)) return go(client, '', () => client.held.resume());
  if ('sS'.includes(action)) return go(client, '', () => client.held.step());
  return MALFORMED;
}

/** `c` and `s` may say where to go on. */
function go(client: GdbConnection, address: string, start: () => void): Answer {
  if (client.held.isRunning) return REFUSED;
  if (address !== '') {
    const laddr = hexToNumber(address);
    if (laddr === undefined) return MALFORMED;
    client.held.outside(() => {
      const { cpu } = client.held.target.pc;
      cpu.eip = (laddr - cpu.getSegment(1).base) >>> 0;
    });
  }
  start();
  return undefined;
}

function goBack(client: GdbConnection, start: () => void): Answer {
  if (!client.held.timeline.isReversible) return UNKNOWN;
  return go(client, '', start);
}

function kill(client: GdbConnection, isAnswered: boolean): Answer {
  client.kill(isAnswered);
  return undefined;
}

function detach(client: GdbConnection): Answer {
  client.detach();
  return undefined;
}

/** `qRcmd,command`: both ways in hexadecimal. */
function monitor(client: GdbConnection, rest: string): string {
  const command = hexToBytes(rest);
  if (!command) return MALFORMED;
  if (client.held.isRunning) return REFUSED;
  // What does not fit in a packet is cut, and says so.
  const text = client.monitor.run(bytesToText(command));
  const room = MAX_PACKET_BYTES / 2 - CUT.length;
  return bytesToHex(textToBytes(text.length > room ? text.slice(0, room) + CUT : text)) || OK;
}

const CUT = '\n(cut short)\n';

function whileStopped({ held }: GdbConnection, change: () => boolean, error = REFUSED): string {
  if (held.isRunning) return REFUSED;
  return change() ? OK : error;
}

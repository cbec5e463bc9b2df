/** Tests of the remote protocol: packets and the answers that GDB's manual says. */
import { describe, expect, it } from 'vitest';
import { framed, GdbClient, holdProgram, PROGRAM, registerOf } from '../testing/gdb-client.js';
import { bytesToText, hexToBytes, textToBytes } from './hex.js';

const LOOP = 'mov cx, 3\nagain: inc ax\nmov [0x2000], ax\nloop again\nhlt';
/** Addresses of the instructions of LOOP. */
const AGAIN = PROGRAM + 3;
const STORE = PROGRAM + 4;
const EIP = '08';

const connect = (text = LOOP) => new GdbClient(holdProgram(text));
const hex = (text: string) =>
  Array.from(textToBytes(text), (byte) => byte.toString(16).padStart(2, '0')).join('');
const word = (value: number) =>
  hex(String.fromCharCode(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24));

describe('acknowledgement', () => {
  it('each packet is answered by a plus and a packet, until QStartNoAckMode', () => {
    const client = connect();
    client.ask('qC');
    expect(client.sent).toEqual([0x2b, ...framed('QC01')]);
    client.ask('QStartNoAckMode');
    client.sent.length = 0;
    client.ask('qC');
    expect(client.sent).toEqual(framed('QC01'));
  });

  it('a damaged packet is answered by a minus, and a minus by the last packet again', () => {
    const client = connect();
    client.send(...textToBytes('$qC#00'));
    expect(client.sent).toEqual([0x2d]);
    client.ask('qC');
    client.sent.length = 0;
    client.send(0x2d);
    expect(client.sent).toEqual(framed('QC01'));
  });
});

describe('queries', () => {
  it('qSupported tells the size of packets, the target description, and both ways to go back', () => {
    const reply = connect().ask('qSupported:multiprocess+;swbreak+;hwbreak+').split(';');
    expect(reply).toEqual(
      expect.arrayContaining(['PacketSize=4000', 'qXfer:features:read+', 'ReverseStep+', 'ReverseContinue+']),
    );
  });

  it('the target description comes in pieces: m and a part, l and the last', () => {
    const client = connect();
    let text = '';
    for (;;) {
      const reply = client.ask(`qXfer:features:read:target.xml:${text.length.toString(16)},200`);
      text += reply.slice(1);
      if (reply.startsWith('l')) break;
      expect(reply).toMatch(/^m/);
      expect(reply.length).toBe(0x201);
    }
    expect(text).toMatch(/^<\?xml[\s\S]*org\.gnu\.gdb\.i386\.core[\s\S]*<\/target>\n$/);
    expect(client.ask('qXfer:features:read:other.xml:0,200')).toBe('E00');
  });

  it('a packet that is not known is answered by an empty one', () => {
    const client = connect();
    for (const name of ['vMustReplyEmpty', 'qTStatus', 'qCRC:0,10', 'x0,4', 'Z5,1000,1', '_']) {
      expect([name, client.sent.length >= 0 && client.ask(name)]).toEqual([name, '']);
    }
  });
});

describe('registers', () => {
  it('g has as many registers as GDB knows by itself, until the description has been read', () => {
    const client = connect();
    // 16 words, 8 of 80 bits, 8 words; 8 of 128 bits, and MXCSR.
    expect(client.ask('g').length).toBe(2 * (16 * 4 + 8 * 10 + 8 * 4 + 8 * 16 + 4));
    client.ask('qXfer:features:read:target.xml:0,fff');
    expect(client.ask('g').length).toBeGreaterThan(2 * 308);
  });

  it('p and P read and write one, G all; what cannot be is refused', () => {
    const client = connect();
    expect(client.ask('P0=78563412')).toBe('OK');
    expect([client.ask('p0'), registerOf(client.held, 'eax')]).toEqual(['78563412', 0x1234_5678]);
    const all = client.ask('g');
    expect(client.ask(`G${'01000000'}${all.slice(8)}`)).toBe('OK');
    expect(registerOf(client.held, 'eax')).toBe(1);
    expect([client.ask('P0=12'), client.ask('Pfff=00000000'), client.ask('pfff')]).toEqual([
      'E16',
      'E16',
      'E16',
    ]);
  });

  it('$pc is a linear address: the CS base and EIP', () => {
    const client = connect();
    // CS 0x0100: base 0x1000.
    expect(client.ask('Pa=00010000')).toBe('OK');
    expect(client.ask('P8=04100000')).toBe('OK');
    expect([registerOf(client.held, 'eip'), client.ask(`p${EIP}`)]).toEqual([4, '04100000']);
  });
});

describe('memory', () => {
  it('m reads and M and X write, X with escapes', () => {
    const client = connect();
    expect(client.ask('M2000,3:0a0b0c')).toBe('OK');
    expect(client.ask('m1fff,5')).toBe('000a0b0c00');
    expect(client.askBytes(textToBytes('X2000,2:}\x04}]'))).toBe('OK');
    expect(client.ask('m2000,3')).toBe('247d0c');
    expect([
      client.ask('X2000,0:'),
      client.ask('M2000,2:0a'),
      client.ask('M2000:0a'),
      client.ask('mzz,1'),
    ]).toEqual([...['OK', 'E16', 'E16', 'E16']]);
  });

  it('a device is not read: that might change it; ROM is not written', () => {
    const client = connect();
    expect([client.ask('mfec00000,4'), client.ask('Mf0000,1:00')]).toEqual(['E0e', 'E0e']);
  });
});

describe('running', () => {
  it('s executes one instruction, and its stop tells ESP, EBP and EIP', () => {
    const reply = connect().ask('s');
    expect(reply).toBe(`T05thread:01;04:${word(0x8000)};05:${word(0)};${EIP}:${word(AGAIN)};`);
  });

  it('c runs to a breakpoint of either kind, and the guest’s memory is not changed by it', () => {
    const client = connect();
    client.ask('qSupported:swbreak+;hwbreak+');
    const before = client.ask(`m${PROGRAM.toString(16)},10`);
    expect(client.ask(`Z0,${STORE.toString(16)},1`)).toBe('OK');
    expect(client.ask(`m${PROGRAM.toString(16)},10`)).toBe(before);
    expect(client.ask('c')).toMatch(/^T05thread:01;.*swbreak:;$/);
    expect(client.ask(`z0,${STORE.toString(16)},1`)).toBe('OK');
    client.ask(`Z1,${AGAIN.toString(16)},1`);
    expect(client.ask('vCont;c:1')).toMatch(/^T05.*hwbreak:;$/);
    expect(registerOf(client.held, 'eax')).toBe(1);
  });

  it('Z2, Z3 and Z4 stop after a write, a read, and either', () => {
    const text = 'mov al, [0x2000]\nmov [0x2000], al\nmov bl, [0x2000]\nhlt';
    const stops = (type: number) => {
      const client = connect(text);
      client.ask(`Z${type},2000,1`);
      const replies = [client.ask('c'), client.ask('c')].map((reply) => /[a-z]*watch:.*/.exec(reply)?.[0]);
      return replies;
    };
    expect(stops(2)).toEqual(['watch:2000;', undefined]);
    expect(stops(3)).toEqual(['rwatch:2000;', 'rwatch:2000;']);
    expect(stops(4)).toEqual(['awatch:2000;', 'awatch:2000;']);
  });

  it('bs and bc go back; where the run begins, replaylog says so', () => {
    const client = connect();
    client.ask(`Z0,${STORE.toString(16)},1`);
    for (const ax of [1, 2, 3]) {
      client.ask('c');
      expect(registerOf(client.held, 'eax')).toBe(ax);
    }
    client.ask('bc');
    expect(registerOf(client.held, 'eax')).toBe(2);
    expect(client.ask('bs')).toContain(`${EIP}:${word(AGAIN)};`);
    expect(registerOf(client.held, 'eax')).toBe(1);
    client.ask('bc');
    expect(client.ask('bc')).toMatch(/replaylog:begin;$/);
    expect(registerOf(client.held, 'eip')).toBe(PROGRAM);
  });

  it('03 stops what runs with SIGINT, and what is asked meanwhile is refused where it would do harm', () => {
    const held = holdProgram('here: jmp here');
    const client = new GdbClient(held);
    client.send(...framed('c'));
    held.advance({ instructions: 100 });
    expect(held.isRunning).toBe(true);
    client.sent.length = 0;
    client.send(...framed('s'), ...framed('P0=00000000'), ...framed('M2000,1:00'));
    expect(bytesToText(Uint8Array.from(client.sent))).toBe(`+$E01#a6`.repeat(3));
    client.sent.length = 0;
    client.send(3);
    expect(bytesToText(Uint8Array.from(client.sent))).toMatch(/^\$T02thread:01;/);
    expect(held.isRunning).toBe(false);
  });

  it('a triple fault is SIGSEGV with its reason in words, and can be gone back from', () => {
    const client = connect('lidt [limit]\nint3\nlimit: dw 0, 0, 0');
    const [words = '', stop] = client.ask('c').split('|');
    expect(bytesToText(hexToBytes(words.slice(1)) ?? new Uint8Array(0))).toContain('Triple fault');
    expect(stop).toMatch(/^T0bthread:01;/);
    client.ask('bs');
    expect(registerOf(client.held, 'eip')).toBe(PROGRAM + 5);
  });

  it('the end of the machine is W and its code', () => {
    const client = connect('mov al, 7\nout 0xf4, al\njmp $');
    expect(client.ask('c')).toMatch(/^W07$/);
    expect([client.isEnded, client.server.isConnected]).toEqual([true, false]);
  });
});

describe('coming and going', () => {
  it('a running machine stops for a client, and a second client is not taken', () => {
    const held = holdProgram('here: jmp here', { paused: false });
    expect(held.isRunning).toBe(true);
    const client = new GdbClient(held);
    expect(client.ask('?')).toMatch(/^T02thread:01;/);
    expect(new GdbClient(held, client.server).connection).toBeUndefined();
  });

  it('D lets the machine run without breakpoints; a client that vanishes leaves it standing', () => {
    const client = connect();
    client.ask(`Z0,${STORE.toString(16)},1`);
    expect(client.ask('D')).toBe('OK');
    expect(client.held.lastStop).toEqual({ kind: 'machine', stop: { kind: 'halted-forever' } });
    const other = connect('here: jmp here');
    other.connection?.closed();
    expect([other.held.isRunning, other.server.isConnected]).toEqual([false, false]);
  });

  it('k ends the machine', () => {
    const client = connect();
    client.ask('k');
    expect([client.isKilled, client.isEnded]).toEqual([true, true]);
  });
});

describe('monitor', () => {
  const monitor = (client: GdbClient, line: string) =>
    bytesToText(hexToBytes(client.ask(`qRcmd,${hex(line)}`)) ?? new Uint8Array(0));

  it('has help, and lists it for a command that there is not', () => {
    const client = connect();
    expect(monitor(client, 'help')).toContain('info registers');
    expect(monitor(client, 'frobnicate')).toContain('There is no command "frobnicate"');
  });

  it('shows registers, control registers and the interrupt vectors', () => {
    const client = connect();
    expect(monitor(client, 'info registers')).toContain('eip 00001000');
    expect(monitor(client, 'info registers')).toContain('real-address mode');
    expect(monitor(client, 'info cr')).toContain('idtr base 00000000 limit ffff');
    expect(monitor(client, 'info idt')).toMatch(/^10 {2}f000:/m);
    expect(monitor(client, 'info tlb')).toBe('paging is off: linear addresses are physical\n');
  });

  it('keeps a moment and goes back to it, on another way than it came', () => {
    const client = connect();
    client.ask('s');
    expect(monitor(client, 'snapshot here')).toContain('Saved "here"');
    client.ask('s');
    client.ask('P0=99000000');
    expect(monitor(client, 'restore here')).toContain('Back at "here"');
    expect([registerOf(client.held, 'eip'), registerOf(client.held, 'eax')]).toEqual([AGAIN, 0]);
    client.ask('s');
    expect(registerOf(client.held, 'eax')).toBe(1);
    expect(monitor(client, 'restore there')).toContain('There is no snapshot "there"');
  });

  it('reset brings the CPU to F000:FFF0, and that can be gone back from', () => {
    const client = connect();
    client.ask('s');
    monitor(client, 'reset');
    expect(client.ask(`p${EIP}`)).toBe('f0ffffff');
    client.ask('s');
    client.ask('bs');
    client.ask('bs');
    expect(client.ask(`p${EIP}`)).toBe(word(PROGRAM));
  });
});

it('no packet whatever makes it throw', () => {
  const client = connect();
  const letters = '?gGpPmMXZzvbcCsSHTqQ,;:=0123456789abcdefx-';
  let state = 7;
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: random(12) }, () => letters[random(letters.length)]).join('');
    client.connection?.receive(Uint8Array.from(framed(text)));
    client.held.advance({ instructions: 100 });
    client.held.interrupt();
  }
  expect(client.ask('qC')).toBe('QC01');
});

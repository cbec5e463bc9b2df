/** A machine's disks: what is written stays in the machine, and comes back with a snapshot over the same image. */
import { KexecError } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { base64ToBytes, bytesToBase64 } from './base64.js';
import { createDisks } from './disks.js';
import { createMachine, type Machine, restoreMachine } from './machine.js';

const image = () => Uint8Array.from({ length: 8 * 512 }, (_, i) => i >>> 9);

/** READ SECTOR(S) or WRITE SECTOR(S) of one sector on the primary channel, as a driver does it by ports. */
function start({ pc }: Machine, command: number, lba: number): void {
  const { ports, clock } = pc;
  [0, 1, lba, 0, 0, 0xe0, command].forEach((value, index) => {
    ports.outb(0x1f1 + index, value);
  });
  clock.advance(1_000_000);
}

function firstByte(machine: Machine, lba: number): number {
  start(machine, 0x20, lba);
  const words = Array.from({ length: 256 }, () => machine.pc.ports.inw(0x1f0));
  return (words[0] ?? 0) & 0xff;
}

function fill(machine: Machine, lba: number, byte: number): void {
  start(machine, 0x30, lba);
  for (let i = 0; i < 256; i++) machine.pc.ports.outw(0x1f0, byte * 0x101);
  machine.pc.clock.advance(1_000_000);
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof KexecError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('Base64', () => {
  it("is that of RFC 4648's test vectors, both ways", () => {
    const vectors = { '': '', f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=' };
    for (const [plain, text] of Object.entries(vectors)) {
      const bytes = new TextEncoder().encode(plain);
      expect(bytesToBase64(bytes)).toBe(text);
      expect([...base64ToBytes(text)]).toEqual([...bytes]);
    }
  });
});

describe('An image in memory', () => {
  it('is never written to; the machine sees its own writes, and so does one restored over the same image', () => {
    const bytes = image();
    const machine = createMachine({ memory: '4M', disks: [{ image: bytes }] });
    expect(firstByte(machine, 3)).toBe(3);
    fill(machine, 3, 0x5a);
    expect(firstByte(machine, 3)).toBe(0x5a);
    expect(bytes).toEqual(image());
    const restored = restoreMachine(machine.saveSnapshot(), { disks: [{ image: bytes }] });
    expect([firstByte(restored, 3), firstByte(restored, 4)]).toEqual([0x5a, 4]);
  });

  it('must be given again to a restored machine, in the same size and place', () => {
    const snapshot = createMachine({ memory: '4M', disks: [{ image: image() }] }).saveSnapshot();
    const restore = (options: Parameters<typeof restoreMachine>[1]) =>
      codeOf(() => restoreMachine(snapshot, options));
    expect(restore({})).toBe('SNAPSHOT_DISKS');
    expect(restore({ disks: [{ image: new Uint8Array(512) }] })).toBe('SNAPSHOT_DISKS');
    expect(restore({ disks: [{ image: image(), interface: 'virtio' }] })).toBe('SNAPSHOT_DISKS');
    expect(restore({ disks: [{ image: image() }] })).toBe('accepted');
  });
});

describe('A backend', () => {
  it('is written to, unless copy-on-write is asked for', () => {
    for (const copyOnWrite of [false, true]) {
      const written: number[] = [];
      const backend = {
        sectors: 8,
        read: () => undefined,
        write: (lba: number) => written.push(lba),
        flush: () => undefined,
      };
      const machine = createMachine({ memory: '4M', disks: [{ image: backend, copyOnWrite }] });
      fill(machine, 5, 1);
      expect(written).toEqual(copyOnWrite ? [] : [5]);
    }
  });
});

describe('Cards', () => {
  it('are in the machine that is restored', () => {
    const heard: number[] = [];
    const options = { memory: '4M', net: true, seed: 5, onVirtioConsole: (byte: number) => heard.push(byte) };
    const machine = createMachine(options);
    const ids = ({ pc }: Machine) =>
      [3, 4, 5].map((device) => {
        pc.ports.outl(0xcf8, 0x80000000 + (device << 11));
        return pc.ports.inl(0xcfc);
      });
    expect(ids(machine)).toEqual([0x10001af4, 0x10051af4, 0x10031af4]);
    expect(ids(restoreMachine(machine.saveSnapshot()))).toEqual(ids(machine));
    expect(ids(createMachine({ memory: '4M' }))).toEqual([0xffffffff, 0xffffffff, 0xffffffff]);
  });
});

describe('Disks that cannot be plugged in', () => {
  it('are refused: no whole sectors, or more than an interface takes', () => {
    expect(codeOf(() => createDisks([{ image: new Uint8Array(513) }]))).toBe('DISK_SIZE');
    expect(codeOf(() => createDisks(Array.from({ length: 5 }, () => ({ image: image() }))))).toBe(
      'DISK_COUNT',
    );
  });
});

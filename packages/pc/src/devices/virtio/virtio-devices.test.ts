/** virtio-blk, virtio-console, virtio-rng and virtio-net, each by its requests. */
import { describe, expect, it } from 'vitest';
import { type BlockBackend, BlockError, MemoryBlocks } from '../../block/block-backend.js';
import { numberedBytes } from '../../testing/ide-rig.js';
import { type Buffer, VirtioRig } from '../../testing/virtio-rig.js';
import { VirtioBlk } from './virtio-blk.js';
import { VirtioConsole } from './virtio-console.js';
import { VirtioNet } from './virtio-net.js';
import { VirtioRng } from './virtio-rng.js';

const HEADER = 0x80000;
const DATA = 0x90000;
const STATUS = 0xa0000;
const F_FLUSH = 1 << 9;

/** Makes a request of a disk. @returns its status byte, and the length given back */
function request(rig: VirtioRig, type: number, sector: number, data: readonly Buffer[]): [number, number] {
  rig.mem.write32(HEADER, type);
  rig.mem.write32(HEADER + 8, sector % 2 ** 32);
  rig.mem.write32(HEADER + 12, Math.floor(sector / 2 ** 32));
  rig.mem.write8(STATUS, 0xee);
  rig.offer(0, [{ paddr: HEADER, bytes: 16 }, ...data, { paddr: STATUS, bytes: 1, write: true }]);
  rig.notify(0);
  return [rig.mem.read8(STATUS), rig.used(0).bytes];
}

describe('virtio-blk', () => {
  const disk = () => {
    const bytes = numberedBytes(64);
    return { bytes, rig: new VirtioRig(new VirtioBlk(new MemoryBlocks(bytes), 'SERIAL')).start(1, F_FLUSH) };
  };

  it('tells its capacity in sectors of 512 bytes', () => {
    const { rig } = disk();
    expect([rig.modernRead(0x2000, 4), rig.modernRead(0x2004, 4), rig.legacyIn(0x14, 4)]).toEqual([
      64, 0, 64,
    ]);
    expect(rig.modernRead(0x2014, 4)).toBe(512);
  });

  it('reads sectors into any number of buffers', () => {
    const { rig, bytes } = disk();
    const data = [
      { paddr: DATA, bytes: 100, write: true },
      { paddr: DATA + 0x1000, bytes: 924, write: true },
    ];
    expect(request(rig, 0, 5, data)).toEqual([0, 1025]);
    expect([...rig.mem.readBytes(DATA, 100), ...rig.mem.readBytes(DATA + 0x1000, 924)]).toEqual([
      ...bytes.subarray(5 * 512, 7 * 512),
    ]);
  });

  it('writes sectors, and nothing else', () => {
    const { rig, bytes } = disk();
    rig.mem.fill(DATA, 512, 0xab);
    expect(request(rig, 1, 9, [{ paddr: DATA, bytes: 512 }])).toEqual([0, 1]);
    expect([bytes[9 * 512], bytes[10 * 512 - 1], bytes[9 * 512 - 1], bytes[10 * 512]]).toEqual([
      0xab, 0xab, 7, 10,
    ]);
  });

  it('fails what lies beyond its end, and what is no whole number of sectors', () => {
    const { rig } = disk();
    const sector = [{ paddr: DATA, bytes: 512, write: true }];
    expect(request(rig, 0, 64, sector)[0]).toBe(1);
    expect(request(rig, 0, 2 ** 40, sector)[0]).toBe(1);
    expect(request(rig, 0, 0, [{ paddr: DATA, bytes: 511, write: true }])[0]).toBe(1);
    expect(request(rig, 0, 63, sector)[0]).toBe(0);
  });

  it('gives its serial number, and knows no other request', () => {
    const { rig } = disk();
    expect(request(rig, 8, 0, [{ paddr: DATA, bytes: 20, write: true }])[0]).toBe(0);
    expect(String.fromCharCode(...rig.mem.readBytes(DATA, 6))).toBe('SERIAL');
    expect(request(rig, 11, 0, [])[0]).toBe(2);
  });

  it('flushes when asked, and after each write when the driver cannot ask', () => {
    const done: string[] = [];
    const backend: BlockBackend = {
      sectors: 8,
      read: () => undefined,
      write: () => done.push('write'),
      flush: () => done.push('flush'),
    };
    const rig = new VirtioRig(new VirtioBlk(backend, '')).start(1, F_FLUSH);
    request(rig, 1, 0, [{ paddr: DATA, bytes: 512 }]);
    request(rig, 4, 0, []);
    expect(done).toEqual(['write', 'flush']);
    request(rig.start(1, 0), 1, 0, [{ paddr: DATA, bytes: 512 }]);
    expect(done).toEqual(['write', 'flush', 'write', 'flush']);
  });

  it('reports a broken medium as an I/O error', () => {
    const fail = () => {
      throw new BlockError('IO', 'broken');
    };
    const rig = new VirtioRig(new VirtioBlk({ sectors: 8, read: fail, write: fail, flush: fail }, '')).start(
      1,
    );
    expect(request(rig, 0, 0, [{ paddr: DATA, bytes: 512, write: true }])[0]).toBe(1);
    expect(request(rig, 4, 0, [])[0]).toBe(1);
  });

  it('gives a request without header or status back untouched', () => {
    const { rig } = disk();
    rig.offer(0, [
      { paddr: HEADER, bytes: 15 },
      { paddr: STATUS, bytes: 1, write: true },
    ]);
    rig.offer(0, [{ paddr: HEADER, bytes: 16 }]);
    rig.notify(0);
    expect([rig.used(0).idx, rig.used(0).bytes]).toEqual([2, 0]);
  });
});

describe('virtio-rng', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const first = (seed: number) => {
      const rig = new VirtioRig(new VirtioRng(seed)).start(1);
      rig.offer(0, [{ paddr: DATA, bytes: 32, write: true }]);
      rig.notify(0);
      return [...rig.mem.readBytes(DATA, 32)];
    };
    expect(first(5)).toEqual(first(5));
    expect(first(5)).not.toEqual(first(6));
    expect(new Set(first(0)).size).toBeGreaterThan(16);
  });
});

describe('virtio-console', () => {
  it('sends what the driver offers', () => {
    const sent: number[] = [];
    const rig = new VirtioRig(new VirtioConsole((byte) => sent.push(byte))).start(2);
    rig.mem.writeBytes(DATA, new TextEncoder().encode('hello'));
    rig.offer(1, [
      { paddr: DATA, bytes: 2 },
      { paddr: DATA + 2, bytes: 3 },
    ]);
    rig.notify(1);
    expect([String.fromCharCode(...sent), rig.used(1).bytes, rig.intx.level]).toEqual(['hello', 0, true]);
  });

  it('keeps what is typed until there is room for it', () => {
    const console = new VirtioConsole(() => undefined);
    const rig = new VirtioRig(console).start(2);
    console.input(new TextEncoder().encode('abcdef'));
    expect(rig.intx.level).toBe(false);
    rig.offer(0, [{ paddr: DATA, bytes: 4, write: true }]);
    rig.notify(0);
    expect([rig.used(0).bytes, String.fromCharCode(...rig.mem.readBytes(DATA, 4))]).toEqual([4, 'abcd']);
    rig.takeIsr();
    rig.offer(0, [{ paddr: DATA, bytes: 4, write: true }]);
    rig.notify(0);
    rig.offer(0, [{ paddr: DATA, bytes: 4, write: true }]);
    console.input([0x67]);
    expect([rig.used(0).idx, rig.mem.read8(DATA), rig.intx.level]).toEqual([3, 0x67, true]);
  });
});

describe('virtio-net', () => {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const frame = Uint8Array.from({ length: 60 }, (_, i) => i);

  it('tells its address and that the link is up', () => {
    const rig = new VirtioRig(new VirtioNet(mac, { receive: () => [] }));
    expect([0, 1, 2, 3, 4, 5, 6].map((at) => rig.legacyIn(0x14 + at, 1))).toEqual([...mac, 1]);
  });

  it('carries frames both ways behind a header of 12 bytes', () => {
    const seen: Uint8Array[] = [];
    const receive = (sent: Uint8Array) => {
      seen.push(sent);
      return [frame.slice().reverse()];
    };
    const rig = new VirtioRig(new VirtioNet(mac, { receive })).start(2);
    rig.offer(0, [{ paddr: DATA, bytes: 1530, write: true }]);
    rig.mem.writeBytes(HEADER + 12, frame);
    rig.offer(1, [
      { paddr: HEADER, bytes: 12 },
      { paddr: HEADER + 12, bytes: 60 },
    ]);
    rig.notify(1);
    expect([...(seen[0] ?? [])]).toEqual([...frame]);
    expect([rig.used(1).idx, rig.used(0).bytes, rig.mem.read16(DATA + 10)]).toEqual([1, 72, 1]);
    expect([...rig.mem.readBytes(DATA + 12, 60)]).toEqual([...frame].reverse());
  });

  it('keeps what comes in until there is a buffer, through a saved state too', () => {
    const net = () => new VirtioNet(mac, { receive: () => [frame, frame] });
    const rig = new VirtioRig(net()).start(2);
    rig.offer(1, [{ paddr: HEADER, bytes: 72 }]);
    rig.notify(1);
    const copy = new VirtioRig(net()).start(2);
    copy.card.loadState(JSON.parse(JSON.stringify(rig.card.saveState())));
    copy.offer(0, [{ paddr: DATA, bytes: 1530, write: true }]);
    copy.offer(0, [{ paddr: DATA + 0x1000, bytes: 1530, write: true }]);
    copy.notify(0);
    expect([copy.used(0).idx, copy.mem.read8(DATA + 0x1000 + 12 + 59)]).toEqual([2, 59]);
  });
});

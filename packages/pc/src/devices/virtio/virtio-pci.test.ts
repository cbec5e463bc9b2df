/** The transport: discovery, both interfaces, interrupts, and drivers that break the rules. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../block/block-backend.js';
import { numberedBytes } from '../../testing/ide-rig.js';
import { VirtioRig } from '../../testing/virtio-rig.js';
import { SeededRandom } from '../seeded-random.js';
import { VirtioBlk } from './virtio-blk.js';
import { VirtioRng } from './virtio-rng.js';

const NEEDS_RESET = 0x40;
const ISR_QUEUE = 1;
const ISR_CONFIG = 2;

let rig: VirtioRig;

beforeEach(() => {
  rig = new VirtioRig(new VirtioRng(1));
});

describe('A transitional device', () => {
  it('shows the legacy IDs, and capabilities for version 1 that lead to its structures', () => {
    const { pciFunction } = rig.card;
    expect([pciFunction.read(0, 4), pciFunction.read(0x2c, 4)]).toEqual([0x10051af4, 0x00041af4]);
    const found: number[][] = [];
    for (let at = pciFunction.read(0x34, 1); at !== 0; at = pciFunction.read(at + 1, 1)) {
      found.push([
        pciFunction.read(at, 1),
        pciFunction.read(at + 3, 1),
        pciFunction.read(at + 4, 1),
        pciFunction.read(at + 8, 4),
      ]);
    }
    expect(found).toEqual([
      [9, 1, 4, 0x0000],
      [9, 2, 4, 0x3000],
      [9, 3, 4, 0x1000],
      [9, 4, 4, 0x2000],
    ]);
    expect(pciFunction.read(0x06, 2) & 0x10).toBe(0x10);
  });

  it('offers VERSION_1 by the version 1 interface alone', () => {
    rig.modernWrite(0x00, 1, 4);
    expect([rig.modernRead(0x04, 4), rig.legacyIn(0x00, 4)]).toEqual([1, 0]);
    rig.modernWrite(0x00, 2, 4);
    expect(rig.modernRead(0x04, 4)).toBe(0);
  });

  it('serves a queue by the version 1 interface, with an interrupt that reading the ISR clears', () => {
    rig.start(1);
    const head = rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
    rig.notify(0);
    expect(rig.used(0)).toEqual({ idx: 1, id: head, bytes: 8 });
    expect(rig.mem.readBytes(0x80000, 8)).toEqual(new SeededRandom(1).bytes(8));
    expect([rig.intx.level, rig.takeIsr(), rig.intx.level, rig.takeIsr()]).toEqual([
      true,
      ISR_QUEUE,
      false,
      0,
    ]);
  });

  it('serves a queue by the legacy interface, whose used ring begins at the next page', () => {
    rig.legacyOut(0x12, 0x03, 1);
    rig.legacyOut(0x0e, 0, 2);
    expect(rig.legacyIn(0x0c, 2)).toBe(64);
    rig.legacyOut(0x08, 0x20, 4);
    expect(rig.legacyIn(0x08, 4)).toBe(0x20);
    rig.legacyOut(0x12, 0x07, 1);
    // 64 descriptors of 16 bytes, then the available ring; the used ring at 21000.
    rig.mem.write32(0x20000, 0x80000);
    rig.mem.write32(0x20008, 4);
    rig.mem.write16(0x2000c, 2);
    rig.mem.write16(0x20404, 0);
    rig.mem.write16(0x20402, 1);
    rig.legacyOut(0x10, 0, 2);
    expect([rig.mem.read16(0x21002), rig.mem.read32(0x21008), rig.legacyIn(0x13, 1)]).toEqual([1, 4, 1]);
    expect(rig.mem.readBytes(0x80000, 4)).toEqual(new SeededRandom(1).bytes(4));
  });

  it('raises no interrupt while the driver asks for none', () => {
    rig.start(1);
    rig.mem.write16(rig.rings(0).available, 1);
    rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
    rig.notify(0);
    expect([rig.used(0).idx, rig.intx.level]).toEqual([1, false]);
  });

  it('reaches no memory while the command register forbids mastering', () => {
    rig.start(1);
    rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
    rig.config(0x04, 0x3);
    rig.notify(0);
    expect(rig.used(0).idx).toBe(0);
  });

  it('is as new after a reset', () => {
    rig.start(1);
    rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
    rig.notify(0);
    rig.modernWrite(0x14, 0, 1);
    expect([rig.status, rig.intx.level, rig.modernRead(0x1c, 2), rig.modernRead(0x18, 2)]).toEqual([
      0,
      false,
      0,
      64,
    ]);
  });

  it('has queues of size 0 beyond its last', () => {
    rig.modernWrite(0x16, 1, 2);
    rig.legacyOut(0x0e, 7, 2);
    expect([rig.legacyIn(0x0c, 2), rig.modernRead(0x12, 2)]).toEqual([0, 1]);
    rig.notify(1);
    rig.notify(0xffff);
  });

  it('goes on from a saved state in the middle of its queue', () => {
    rig.start(1);
    rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
    rig.notify(0);
    rig.offer(0, [{ paddr: 0x80100, bytes: 8, write: true }]);
    const saved = JSON.parse(JSON.stringify(rig.card.saveState()));
    const copy = new VirtioRig(new VirtioRng(99));
    copy.card.loadState(saved);
    expect(copy.intx.level).toBe(true);
    copy.mem.writeBytes(0, rig.mem.readBytes(0, 0x90000));
    copy.notify(0);
    rig.notify(0);
    expect(copy.used(0)).toEqual(rig.used(0));
    expect(copy.mem.readBytes(0x80100, 8)).toEqual(rig.mem.readBytes(0x80100, 8));
  });
});

describe('A driver that breaks the rules', () => {
  const breaks: readonly (readonly [what: string, how: () => void])[] = [
    ['a head beyond the queue', () => rig.makeAvailable(0, 16)],
    [
      'a next beyond the queue',
      () => {
        rig.describe(0, 0, 0x80000, 8, 3, 99);
        rig.makeAvailable(0, 0);
      },
    ],
    [
      'a chain that goes in circles',
      () => {
        rig.describe(0, 0, 0x80000, 8, 3, 1);
        rig.describe(0, 1, 0x80000, 8, 3, 0);
        rig.makeAvailable(0, 0);
      },
    ],
    ['a buffer that ends beyond RAM', () => void rig.offer(0, [{ paddr: 0x3ffffc, bytes: 8, write: true }])],
    ['a buffer beyond 4 GB', () => void rig.offer(0, [{ paddr: 0x100000000, bytes: 8, write: true }])],
    ['a buffer that wraps', () => void rig.offer(0, [{ paddr: 0xfffffff0, bytes: 0xffffffff, write: true }])],
    [
      'more bytes than there is RAM',
      () =>
        void rig.offer(
          0,
          [1, 2, 3].map(() => ({ paddr: 0, bytes: 2 << 20, write: true })),
        ),
    ],
    [
      'a buffer to read after one to write',
      () =>
        void rig.offer(0, [
          { paddr: 0x80000, bytes: 8, write: true },
          { paddr: 0x80000, bytes: 8 },
        ]),
    ],
    [
      'an indirect descriptor, which was not offered',
      () => {
        rig.describe(0, 0, 0x80000, 16, 4, 0);
        rig.makeAvailable(0, 0);
      },
    ],
    ['more chains than the queue has entries', () => rig.mem.write16(rig.rings(0).available + 2, 17)],
  ];

  for (const [what, how] of breaks) {
    it(`by ${what} finds the device in need of a reset, and works again after it`, () => {
      rig.start(1);
      how();
      rig.notify(0);
      expect([rig.used(0).idx, rig.status & NEEDS_RESET, rig.takeIsr() & ISR_CONFIG]).toEqual([
        0,
        NEEDS_RESET,
        ISR_CONFIG,
      ]);
      rig.start(1);
      rig.offer(0, [{ paddr: 0x80000, bytes: 8, write: true }]);
      rig.notify(0);
      expect([rig.used(0).idx, rig.status & NEEDS_RESET]).toEqual([1, 0]);
    });
  }

  it('by rings that lie outside RAM finds the same', () => {
    for (const register of [0x20, 0x28, 0x30]) {
      rig = new VirtioRig(new VirtioRng(1));
      rig.modernWrite(register, 0x3ffff0, 4);
      rig.modernWrite(register + 4, register === 0x28 ? 0xffffffff : 0, 4);
      rig.modernWrite(0x1c, 1, 2);
      rig.notify(0);
      expect(rig.status & NEEDS_RESET).toBe(NEEDS_RESET);
    }
  });

  it('at random never brings the host down, and always ends', () => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 300; round++) {
      const disk = new VirtioRig(new VirtioBlk(new MemoryBlocks(numberedBytes(8)), 'x'));
      disk.start(1);
      const { descriptors, available } = disk.rings(0);
      for (let i = 0; i < 16; i++) {
        const word = random.next();
        const paddr = word & 3 ? word & 0x3ffff : random.next();
        disk.describe(0, i, paddr, random.next() >>> (word & 31), (word >>> 5) & 7, (word >>> 8) & 31);
      }
      disk.mem.writeBytes(available, random.bytes(36));
      disk.mem.write16(available + 2, random.next() & 31);
      if (round & 1) disk.mem.writeBytes(descriptors, random.bytes(8));
      disk.notify(0);
      disk.legacyOut(random.next() & 0x3f, random.next(), 4);
      disk.modernWrite(random.next() & 0x3ffc, random.next(), 4);
      disk.notify(0);
      expect(disk.used(0).idx).toBeLessThanOrEqual(0xffff);
    }
  }, 60_000);
});

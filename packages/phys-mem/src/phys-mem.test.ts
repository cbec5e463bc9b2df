/** PhysMem: RAM, ROM, MMIO, unclaimed space, and the map of code pages. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_PAGES_END, CODE_PAGES_OFFSET } from './code-pages.js';
import { KexecError } from './kexec-error.js';
import { createPhysMem } from './phys-mem.js';
import { MAX_RAM_BYTES } from './phys-mem-size.js';

const MB = 0x10_0000;
const memory = (ramBytes = MB) => createPhysMem({ ramBytes, reservedBytes: CODE_PAGES_END });

function recorder(value = 0) {
  const log: string[] = [];
  const handler = {
    read: (offset: number, bytes: number) => {
      log.push(`r${bytes} ${offset.toString(16)}`);
      return value;
    },
    write: (offset: number, bytes: number, written: number) => {
      log.push(`w${bytes} ${offset.toString(16)} ${written.toString(16)}`);
    },
  };
  return { log, handler };
}

describe('RAM', () => {
  it('is little-endian at any alignment', () => {
    const mem = memory();
    mem.write32(0x1001, 0x89abcdef);
    expect([0, 1, 2, 3].map((i) => mem.read8(0x1001 + i))).toEqual([0xef, 0xcd, 0xab, 0x89]);
    expect(mem.read16(0x1002)).toBe(0xabcd);
    expect(mem.read32(0x1001)).toBe(0x89abcdef);
  });

  it('lies at ramBase in the WebAssembly.Memory', () => {
    const mem = memory();
    mem.write8(0x1234, 0x5a);
    expect(new Uint8Array(mem.memory.buffer)[mem.ramBase + 0x1234]).toBe(0x5a);
    expect(mem.hostOffset(1)).toBe(mem.ramBase + 0x1000);
  });

  it('reads back what was written, for all widths, alignments and page crossings', () => {
    const mem = memory(0x4000);
    const oracle = new Uint8Array(0x4000);
    const access = fc.record({
      paddr: fc.integer({ min: 0xff0, max: 0x2010 }),
      bytes: fc.constantFrom(1, 2, 4),
      value: fc.nat(0xffff_ffff),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 40 }), (accesses) => {
        for (const { paddr, bytes, value } of accesses) {
          for (let i = 0; i < bytes; i++) oracle[paddr + i] = value >>> (8 * i);
          if (bytes === 1) mem.write8(paddr, value);
          else if (bytes === 2) mem.write16(paddr, value);
          else mem.write32(paddr, value);
        }
        const view = new DataView(oracle.buffer);
        for (const { paddr } of accesses) {
          expect(mem.read8(paddr)).toBe(view.getUint8(paddr));
          expect(mem.read16(paddr)).toBe(view.getUint16(paddr, true));
          expect(mem.read32(paddr)).toBe(view.getUint32(paddr, true));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('copies as memmove does when source and destination overlap', () => {
    const mem = memory();
    mem.writeBytes(0x1ffe, Uint8Array.of(1, 2, 3, 4));
    mem.copy(0x1fff, 0x1ffe, 4);
    expect([...mem.readBytes(0x1ffe, 5)]).toEqual([1, 1, 2, 3, 4]);
  });

  it('fills exactly the bytes asked for', () => {
    const mem = memory();
    mem.fill(0xfff, 0x1002, 7);
    expect([0xffe, 0xfff, 0x2000, 0x2001].map((paddr) => mem.read8(paddr))).toEqual([0, 7, 7, 0]);
  });
});

describe('ROM', () => {
  const bytes = Uint8Array.of(0xea, 0x5b, 0xe0);
  for (const [where, start] of [
    ['inside RAM', 0xf_0000],
    ['outside RAM', 0xffff_f000],
  ] as const) {
    it(`${where} shows its bytes, then all ones, and ignores writes`, () => {
      const mem = memory(2 * MB);
      mem.addRom({ start, end: start + 0x1000 }, bytes);
      mem.write32(start, 0);
      mem.writeBytes(start, Uint8Array.of(9));
      expect(mem.read32(start)).toBe(0xffe05bea);
      expect([...mem.readBytes(start + 1, 3)]).toEqual([0x5b, 0xe0, 0xff]);
      expect(mem.pageKind(start >>> 12)).toBe('rom');
      expect(new Uint8Array(mem.memory.buffer)[mem.hostOffset(start >>> 12)]).toBe(0xea);
    });
  }
});

describe('RAM beneath a ROM', () => {
  const range = { start: 0xf_0000, end: 0xf_1000 };
  const shadowed = (read: boolean, write: boolean) => {
    const mem = memory(2 * MB);
    mem.write8(0xf_0000, 0x11);
    mem.addRom(range, Uint8Array.of(0xea));
    mem.shadow(range, { read, write });
    mem.write8(0xf_0000, 0x22);
    const seen = [
      mem.read8(0xf_0000),
      mem.pageKind(0xf0),
      new Uint8Array(mem.memory.buffer)[mem.hostOffset(0xf0)],
    ];
    mem.shadow(range, { read: true, write: true });
    return [...seen, mem.read8(0xf_0000)];
  };

  it('answers reads, writes, both or neither', () => {
    expect(shadowed(false, false)).toEqual([0xea, 'rom', 0xea, 0x11]);
    expect(shadowed(false, true)).toEqual([0xea, 'rom', 0xea, 0x22]);
    expect(shadowed(true, false)).toEqual([0x11, 'rom', 0x11, 0x11]);
    expect(shadowed(true, true)).toEqual([0x22, 'ram', 0x22, 0x22]);
  });

  it('is there beneath a hole too, which reads all ones', () => {
    const mem = memory(2 * MB);
    mem.addHole(range);
    mem.shadow(range, { read: false, write: true });
    mem.write32(0xf_0000, 0x1234_5678);
    expect([mem.read16(0xf_0000), mem.pageKind(0xf0), mem.hostOffset(0xf0)]).toEqual([0xffff, 'none', -1]);
    mem.shadow(range, { read: true, write: false });
    expect(mem.read32(0xf_0000)).toBe(0x1234_5678);
    mem.shadow(range, { read: false, write: false });
    expect([mem.read16(0xf_0000), mem.pageKind(0xf0)]).toEqual([0xffff, 'none']);
  });

  it('tells whoever has decoded code of the page that its bytes are others', () => {
    const mem = memory(2 * MB);
    const heard: number[] = [];
    mem.addRom(range, Uint8Array.of(0xea));
    mem.codePages.mark(0xf0);
    mem.codePages.onWrite((pfn) => heard.push(pfn));
    mem.shadow(range, { read: true, write: true });
    expect(heard).toEqual([0xf0]);
  });
});

describe('MMIO', () => {
  it('hands the offset in the range and the width to its handler', () => {
    const mem = memory();
    const { log, handler } = recorder(0x1_8765_4321);
    mem.addMmio({ start: 0xfee0_0000, end: 0xfee0_2000 }, handler);
    expect(mem.read32(0xfee0_1030)).toBe(0x8765_4321);
    expect(mem.read8(0xfee0_0001)).toBe(0x21);
    mem.write16(0xfee0_0002, 0xf_fffe);
    expect(log).toEqual(['r4 1030', 'r1 1', 'w2 2 fffe']);
    expect(mem.hostOffset(0xfee00)).toBe(-1);
  });

  it('is reached byte by byte by an access that leaves its page', () => {
    const mem = memory();
    const { log, handler } = recorder(0xaa);
    mem.addMmio({ start: 0x5000, end: 0x6000 }, handler);
    expect(mem.read32(0x4ffe)).toBe(0xaaaa_0000);
    mem.write32(0x5ffe, 0x1122_3344);
    expect(log).toEqual(['r1 0', 'r1 1', 'w1 ffe 44', 'w1 fff 33']);
    expect(mem.read16(0x6000)).toBe(0x1122);
  });
});

it('unclaimed addresses read all ones and swallow writes', () => {
  const mem = memory();
  mem.write32(0x8000_0000, 0);
  expect([mem.read8(MB), mem.read16(MB), mem.read32(MB)]).toEqual([0xff, 0xffff, 0xffff_ffff]);
  expect(mem.read32(MB - 2)).toBe(0xffff_0000);
});

describe('a write to a page that holds code', () => {
  it('is announced after the bytes are there, whatever wrote them', () => {
    const mem = memory();
    const seen: string[] = [];
    const stop = mem.codePages.onWrite((pfn, start, end) =>
      seen.push(`${pfn} ${start.toString(16)}-${end.toString(16)}:${mem.read8(pfn << 12)}`),
    );
    mem.codePages.mark(2);
    mem.write8(0x2000, 1);
    mem.write16(0x2000, 2);
    mem.write32(0x2000, 3);
    mem.write32(0x1ffe, 0x0004_0000);
    mem.writeBytes(0x1fff, Uint8Array.of(0, 5));
    mem.fill(0x1000, 0x2000, 6);
    mem.write8(0x3000, 0);
    expect(seen).toEqual([
      '2 2000-2001:1',
      '2 2000-2002:2',
      '2 2000-2004:3',
      '2 2000-2001:4',
      '2 2001-2002:4',
      '2 2000-2001:5',
      '2 2000-3000:6',
    ]);
    mem.codePages.clear(2);
    mem.write8(0x2000, 7);
    mem.codePages.mark(2);
    stop();
    mem.write8(0x2000, 8);
    expect(seen).toHaveLength(7);
  });

  it('is marked at CODE_PAGES_OFFSET plus its frame number in the WebAssembly.Memory', () => {
    const mem = memory();
    mem.codePages.mark(3);
    expect(new Uint8Array(mem.memory.buffer)[CODE_PAGES_OFFSET + 3]).toBe(1);
  });
});

it('a size that no PC can have is refused with its limit', () => {
  for (const ramBytes of [0, 100, -4096, MAX_RAM_BYTES + 4096, Number.NaN]) {
    expect(() => memory(ramBytes)).toThrow(KexecError);
  }
  expect(() => createPhysMem({ ramBytes: MB, reservedBytes: 0 })).toThrow(/RESERVED|reservedBytes/);
});

describe('bytes that are no RAM', () => {
  /** RAM, then a device, then RAM; the device answers with the low byte of the offset. */
  function beside() {
    const mem = memory();
    const log: string[] = [];
    const handler = {
      read: (offset: number, bytes: number) => {
        log.push(`r${bytes} ${offset.toString(16)}`);
        return offset & 0xff;
      },
      write: (offset: number, bytes: number, value: number) => {
        log.push(`w${bytes} ${offset.toString(16)} ${value.toString(16)}`);
      },
    };
    mem.addMmio({ start: 0x5000, end: 0x6000 }, handler);
    return { mem, log };
  }

  it('are read one by one', () => {
    const { mem, log } = beside();
    mem.write8(0x4fff, 0x77);
    expect([...mem.readBytes(0x4fff, 3)]).toEqual([0x77, 0, 1]);
    expect(log).toEqual(['r1 0', 'r1 1']);
  });

  it('are written and filled one by one', () => {
    const { mem, log } = beside();
    mem.writeBytes(0x4fff, Uint8Array.of(1, 2, 3));
    mem.fill(0x5ffe, 4, 9);
    expect(log).toEqual(['w1 0 2', 'w1 1 3', 'w1 ffe 9', 'w1 fff 9']);
    expect([mem.read8(0x4fff), mem.read8(0x6000), mem.read8(0x6001), mem.read8(0x6002)]).toEqual([
      1, 9, 9, 0,
    ]);
  });

  it('are copied from and to one by one, where RAM ends in the midst too', () => {
    const { mem, log } = beside();
    mem.writeBytes(0x6000, Uint8Array.of(0xaa, 0xbb));
    mem.copy(0x4ffe, 0x6000, 4);
    expect(log).toEqual(['w1 0 0', 'w1 1 0']);
    mem.copy(0x2000, 0x5ffe, 3);
    expect([...mem.readBytes(0x2000, 4)]).toEqual([0xfe, 0xff, 0xaa, 0]);
  });

  it('are told by kind', () => {
    const { mem } = beside();
    expect([4, 5, 6, 0x100, 0xf_ffff, 0x10_0000].map((pfn) => mem.pageKind(pfn))).toEqual([
      'ram',
      'mmio',
      'ram',
      'none',
      'none',
      'none',
    ]);
    expect(mem.hostOffset(0x100)).toBe(-1);
  });

  it('of a device are all ones beyond its width', () => {
    const { mem, log } = beside();
    mem.write8(0x5002, 0x1ff);
    mem.write32(0x5004, -1);
    expect(log).toEqual(['w1 2 ff', 'w4 4 ffffffff']);
  });
});

describe('a ROM of pages', () => {
  it('has the bytes of each in its place, and leaves the page behind it alone', () => {
    const mem = memory(2 * MB);
    const image = Uint8Array.from({ length: 0x2001 }, (_, i) => (i >>> 12) + 1);
    mem.addRom({ start: 0xf_0000, end: 0xf_3000 }, image);
    expect([0xf_0fff, 0xf_1000, 0xf_2000, 0xf_2001, 0xf_3000].map((paddr) => mem.read8(paddr))).toEqual([
      1, 2, 3, 0xff, 0,
    ]);
    expect(mem.read16(0xf_0fff)).toBe(0x0201);
    expect(mem.read32(0xf_1ffd)).toBe(0x0302_0202);
    expect(mem.pageKind(0xf3)).toBe('ram');
  });
});

describe('a hole', () => {
  it('of pages reads all ones in each, and RAM goes on behind it', () => {
    const mem = memory();
    mem.fill(0x4000, 0x4000, 5);
    mem.addHole({ start: 0x5000, end: 0x7000 });
    mem.write8(0x5000, 1);
    expect([0x4fff, 0x5000, 0x6fff, 0x7000].map((paddr) => mem.read8(paddr))).toEqual([5, 0xff, 0xff, 5]);
    expect([4, 5, 6, 7].map((pfn) => mem.pageKind(pfn))).toEqual(['ram', 'none', 'none', 'ram']);
  });

  it('is shadowed up to the end of RAM, and not beyond', () => {
    const mem = memory();
    const last = { start: MB - 0x1000, end: MB };
    mem.addHole(last);
    mem.shadow({ start: MB, end: MB + 0x1000 }, { read: true, write: true });
    expect(mem.pageKind(MB >>> 12)).toBe('none');
    mem.shadow(last, { read: true, write: true });
    expect(mem.pageKind((MB >>> 12) - 1)).toBe('ram');
    mem.addHole({ start: 0x4000, end: 0x6000 });
    mem.shadow({ start: 0x4000, end: 0x5000 }, { read: true, write: true });
    expect([4, 5].map((pfn) => mem.pageKind(pfn))).toEqual(['ram', 'none']);
  });

  it('that is made where code was decoded is announced with its whole page', () => {
    const mem = memory();
    const heard: number[][] = [];
    mem.codePages.onWrite((...range) => heard.push(range));
    mem.codePages.mark(5);
    mem.addHole({ start: 0x4000, end: 0x7000 });
    expect(heard).toEqual([[5, 0x5000, 0x6000]]);
  });
});

it('nothing is announced for no bytes', () => {
  const mem = memory();
  const heard: number[] = [];
  mem.codePages.onWrite((pfn) => heard.push(pfn));
  mem.codePages.mark(2);
  mem.copy(0x2000, 0x1000, 0);
  mem.writeBytes(0x2000, new Uint8Array(0));
  mem.fill(0x2000, 0, 1);
  expect(heard).toEqual([]);
});

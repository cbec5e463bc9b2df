/** An ATA drive on the primary channel, by ports alone: PIO, addresses, resets, errors. */
import { describe, expect, it } from 'vitest';
import { type BlockBackend, BlockError, MemoryBlocks } from '../../block/block-backend.js';
import { IdeRig, numberedBytes } from '../../testing/ide-rig.js';

const READY = 0x50;
const READY_DRQ = 0x58;
const READY_ERR = 0x51;
const IDENTIFY = 0xec;

/** 4 MB: 8 cylinders of 16 heads and 63 sectors, and a rest. */
const SECTORS = 8192;

function rig() {
  const bytes = numberedBytes(SECTORS);
  return { bytes, ide: new IdeRig(new MemoryBlocks(bytes)) };
}

describe('IDENTIFY DEVICE', () => {
  it('gives 256 words after one data request with one interrupt', () => {
    const { ide } = rig();
    ide.command(IDENTIFY);
    expect([ide.status, ide.irqs[0].level]).toEqual([READY_DRQ, true]);
    ide.reg(7);
    expect(ide.irqs[0].level).toBe(false);
    const words = ide.words(256);
    expect(ide.status).toBe(READY);
    expect(ide.irqs[0].level).toBe(false);
    // Words 1, 3, 6: 8192 / (16 × 63) = 8 cylinders. 60–61 and 100–103: capacity. 49: LBA and DMA.
    expect([words[1], words[3], words[6], words[60], words[61], words[100], words[101]]).toEqual([
      8,
      16,
      63,
      SECTORS,
      0,
      SECTORS,
      0,
    ]);
    expect((words[49] ?? 0) & 0x0300).toBe(0x0300);
    const model = words.slice(27, 47).map((word) => String.fromCharCode(word >>> 8, word & 0xff));
    expect(model.join('').trim()).toBe('kexec disk');
  });
});

describe('READ SECTOR(S)', () => {
  it('requests each sector with an interrupt, and announces no end', () => {
    const { ide } = rig();
    ide.command(0x20, { count: 2, lba: 0x105 });
    expect([ide.reg(7), ide.words(1)[0]]).toEqual([READY_DRQ, 0x0605]);
    ide.words(255);
    expect(ide.status).toBe(0x80);
    ide.settle();
    expect([ide.irqs[0].level, ide.reg(7), ide.words(1)[0]]).toEqual([true, READY_DRQ, 0x0706]);
    ide.words(255);
    ide.settle();
    expect([ide.status, ide.irqs[0].level]).toEqual([READY, false]);
  });

  it('takes 0 for 256 sectors', () => {
    const { ide } = rig();
    ide.command(0x20, { count: 0 });
    let sectors = 0;
    while (ide.status & 0x08) {
      ide.words(256);
      ide.settle();
      sectors++;
    }
    expect(sectors).toBe(256);
  });

  it('finds a sector by cylinder, head and sector', () => {
    const { ide } = rig();
    // Cylinder 1, head 2, sector 3: (1 × 16 + 2) × 63 + 2 = 1136 = 470h.
    ide.setReg(6, 0xa2);
    ide.command(0x20, { count: 1, lba: 0x000103, device: 0xa2 });
    expect(ide.words(1)[0]).toBe(0x7170);
  });

  it('fails with IDNF beyond the last sector, and for sector 0 of a track', () => {
    const { ide } = rig();
    ide.command(0x20, { count: 1, lba: SECTORS });
    expect([ide.status, ide.reg(1), ide.irqs[0].level]).toEqual([READY_ERR, 0x10, true]);
    ide.command(0x20, { count: 2, lba: SECTORS - 1 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x10]);
    ide.command(0x20, { count: 1, lba: 0, device: 0xa0 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x10]);
  });

  it('EXT takes a 48-bit address and a 16-bit count', () => {
    const { ide } = rig();
    ide.commandExt(0x24, { count: 0x101, lba: 0x20 });
    let first: number | undefined;
    let sectors = 0;
    while (ide.status & 0x08) {
      first ??= ide.words(256)[0];
      if (sectors > 0) ide.words(256);
      ide.settle();
      sectors++;
    }
    expect([first, sectors]).toEqual([0x2120, 0x101]);
    ide.commandExt(0x24, { count: 1, lba: 0x1_0000_0000 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x10]);
  });
});

describe('WRITE SECTOR(S)', () => {
  it('requests the first sector without an interrupt, and interrupts after each', () => {
    const { ide, bytes } = rig();
    ide.command(0x30, { count: 2, lba: 7 });
    expect([ide.status, ide.irqs[0].level]).toEqual([READY_DRQ, false]);
    ide.fill(0xaa);
    ide.settle();
    expect([ide.irqs[0].level, ide.reg(7)]).toEqual([true, READY_DRQ]);
    ide.fill(0xbb);
    ide.settle();
    expect([ide.irqs[0].level, ide.reg(7)]).toEqual([true, READY]);
    const at = (lba: number) => [bytes[lba * 512], bytes[lba * 512 + 511]];
    expect([at(6), at(7), at(8), at(9)]).toEqual([
      [6, 5],
      [0xaa, 0xaa],
      [0xbb, 0xbb],
      [9, 8],
    ]);
  });
});

describe('READ MULTIPLE and WRITE MULTIPLE', () => {
  it('are aborted until SET MULTIPLE MODE has been', () => {
    const { ide } = rig();
    ide.command(0xc4, { count: 1 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x04]);
  });

  it('request a block at a time, the last one shorter', () => {
    const { ide, bytes } = rig();
    ide.command(0xc6, { count: 4 });
    expect(ide.reg(7)).toBe(READY);
    ide.command(0xc4, { count: 6, lba: 1 });
    ide.words(4 * 256);
    expect(ide.status).toBe(0x80);
    ide.settle();
    expect(ide.words(1)[0]).toBe(0x0605);
    ide.words(2 * 256 - 1);
    expect(ide.status).toBe(READY);
    ide.command(0xc5, { count: 5, lba: 1 });
    ide.fill(0x11, 4 * 256);
    ide.settle();
    ide.fill(0x22);
    ide.settle();
    expect([ide.reg(7), bytes[4 * 512], bytes[5 * 512], bytes[6 * 512]]).toEqual([READY, 0x11, 0x22, 6]);
  });

  it('take no block that is no power of two up to 16', () => {
    const { ide } = rig();
    for (const count of [3, 32, 255]) {
      ide.command(0xc6, { count });
      expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x04]);
    }
  });
});

describe('Commands without data', () => {
  it('INITIALIZE DEVICE PARAMETERS changes the translation', () => {
    const { ide } = rig();
    ide.command(0x91, { count: 32, device: 0xa7 });
    // 8 heads of 32 sectors: cylinder 1, head 1, sector 1 is (8 + 1) × 32 = 288 = 120h.
    ide.command(0x20, { count: 1, lba: 0x000101, device: 0xa1 });
    expect(ide.words(256)[0]).toBe(0x2120);
    ide.command(IDENTIFY);
    const words = ide.words(256);
    expect([words[3], words[6], words[54], words[55], words[56]]).toEqual([16, 63, 32, 8, 32]);
  });

  it('CHECK POWER MODE says active; READ NATIVE MAX ADDRESS names the last sector', () => {
    const { ide } = rig();
    ide.command(0xe5);
    expect(ide.reg(2)).toBe(0xff);
    ide.command(0xf8);
    expect([ide.reg(3), ide.reg(4), ide.reg(5), ide.reg(6) & 0x0f]).toEqual([0xff, 0x1f, 0, 0]);
  });

  it('SET FEATURES takes transfer modes that IDENTIFY DEVICE offers, and shows the choice', () => {
    const { ide } = rig();
    ide.command(0xef, { features: 0x03, count: 0x42 });
    expect(ide.reg(7)).toBe(READY);
    ide.command(0xef, { features: 0x03, count: 0x46 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x04]);
    ide.command(IDENTIFY);
    const words = ide.words(256);
    expect([words[63], words[88]]).toEqual([0x0007, 0x043f]);
  });

  it('a code that is no command is aborted', () => {
    const { ide } = rig();
    for (const code of [0x00, 0xa1, 0xff]) {
      ide.command(code);
      expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x04]);
    }
  });

  it('FLUSH CACHE returns when the medium has what was written', () => {
    const done: string[] = [];
    const backend: BlockBackend = {
      sectors: 16,
      read: () => undefined,
      write: () => done.push('write'),
      flush: () => done.push('flush'),
    };
    const ide = new IdeRig(backend);
    ide.command(0x30, { count: 1 });
    ide.fill(0);
    ide.settle();
    ide.command(0xe7);
    expect(done).toEqual(['write', 'flush']);
    // With the write cache off, every write is on the medium when it ends.
    ide.command(0xef, { features: 0x82 });
    ide.command(0x30, { count: 1 });
    ide.fill(0);
    ide.settle();
    expect(done).toEqual(['write', 'flush', 'write', 'flush']);
  });
});

describe('A medium that fails', () => {
  it('is an uncorrectable error of the guest, and no error of the host', () => {
    const fail = () => {
      throw new BlockError('IO', 'broken');
    };
    const ide = new IdeRig({ sectors: 16, read: fail, write: fail, flush: fail });
    ide.command(0x20, { count: 1 });
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x40]);
    ide.command(0xe7);
    expect([ide.status, ide.reg(1)]).toEqual([READY_ERR, 0x40]);
  });
});

describe('Reset and selection', () => {
  it('SRST leaves the signature of an ATA device', () => {
    const { ide } = rig();
    ide.setTask({ count: 0x55, lba: 0xaaaaaa });
    ide.setControl(0x04);
    expect(ide.status).toBe(0x80);
    ide.setControl(0x00);
    ide.settle();
    expect([1, 2, 3, 4, 5, 7].map((offset) => ide.reg(offset))).toEqual([1, 1, 1, 0, 0, READY]);
    expect(ide.irqs[0].level).toBe(false);
  });

  it('SRST ends a command that waits for data', () => {
    const { ide } = rig();
    ide.command(0x20, { count: 1 });
    ide.setControl(0x04);
    ide.setControl(0x00);
    ide.settle();
    expect([ide.status, ide.words(1)[0]]).toEqual([READY, 0]);
  });

  it('EXECUTE DEVICE DIAGNOSTIC interrupts with the same signature', () => {
    const { ide } = rig();
    ide.command(0x90, { device: 0xe0 });
    expect([ide.irqs[0].level, ide.reg(1), ide.reg(2), ide.reg(3), ide.reg(4)]).toEqual([true, 1, 1, 1, 0]);
  });

  it('a device that is not there reads as zero, takes no command and keeps the other one out of it', () => {
    const { ide } = rig();
    ide.setReg(6, 0xf0);
    expect([ide.status, ide.reg(7)]).toEqual([0, 0]);
    ide.setReg(7, IDENTIFY);
    ide.settle();
    expect(ide.irqs[0].level).toBe(false);
    ide.setReg(6, 0xe0);
    expect(ide.status).toBe(READY);
  });

  it('two devices answer each for itself', () => {
    const ide = new IdeRig(new MemoryBlocks(numberedBytes(64)), new MemoryBlocks(new Uint8Array(1024)));
    ide.command(IDENTIFY, { device: 0xf0 });
    expect(ide.words(256)[60]).toBe(2);
    ide.command(IDENTIFY, { device: 0xe0 });
    expect(ide.words(256)[60]).toBe(64);
  });

  it('nIEN holds the interrupt back from the wire', () => {
    const { ide } = rig();
    ide.setControl(0x02);
    ide.command(IDENTIFY);
    expect(ide.irqs[0].level).toBe(false);
    ide.setControl(0x00);
    expect(ide.irqs[0].level).toBe(true);
  });

  it('HOB shows what a register held before, until the command block is written', () => {
    const { ide } = rig();
    ide.setReg(3, 0x12);
    ide.setReg(3, 0x34);
    ide.setControl(0x80);
    expect(ide.reg(3)).toBe(0x12);
    ide.setReg(2, 0);
    expect(ide.reg(3)).toBe(0x34);
  });
});

describe('The saved state of a channel', () => {
  it('goes on in the middle of a PIO transfer and of a wait', () => {
    const { ide, bytes } = rig();
    ide.command(0x20, { count: 2, lba: 3 });
    ide.words(200);
    const states = Object.entries(ide.ide.savables()).map(
      ([name, part]) => [name, part.saveState()] as const,
    );
    const saved = new Map(JSON.parse(JSON.stringify(states)));
    const copy = new IdeRig(new MemoryBlocks(bytes));
    for (const [name, part] of Object.entries(copy.ide.savables())) part.loadState(Object(saved.get(name)));
    for (const each of [ide, copy]) {
      expect([each.irqs[0].level, each.status]).toEqual([true, READY_DRQ]);
      expect(each.words(56).at(-1)).toBe(0x0201);
      each.settle();
      expect(each.words(256)[0]).toBe(0x0504);
    }
  });
});

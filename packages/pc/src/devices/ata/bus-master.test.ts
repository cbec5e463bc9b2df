/** The bus master of the IDE function: tables of regions, and what the status bits tell. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryBlocks } from '../../block/block-backend.js';
import { BUS_MASTER_PORT, IdeRig, numberedBytes } from '../../testing/ide-rig.js';

const READ_DMA = 0xc8;
const WRITE_DMA = 0xca;
const ACTIVE = 0x01;
const INTERRUPT = 0x04;

let bytes: Uint8Array;
let ide: IdeRig;

beforeEach(() => {
  bytes = numberedBytes(1024);
  ide = new IdeRig(new MemoryBlocks(bytes));
});

const busMasterStatus = () => ide.bus.inb(BUS_MASTER_PORT + 2);
const sectors = (lba: number, count: number) => [...bytes.subarray(lba * 512, (lba + count) * 512)];

describe('READ DMA', () => {
  it('scatters the sectors over the regions of the table', () => {
    ide.setTask({ count: 3, lba: 0x20 });
    ide.setReg(7, READ_DMA);
    ide.startDma(
      [
        [0x8000, 0x300],
        [0x9002, 0x300],
      ],
      true,
    );
    expect([ide.status & 0x80, busMasterStatus()]).toEqual([0x80, ACTIVE]);
    ide.settle();
    expect([...ide.mem.readBytes(0x8000, 0x300), ...ide.mem.readBytes(0x9002, 0x300)]).toEqual(
      sectors(0x20, 3),
    );
    // The table and the transfer end together: interrupt, and no longer active.
    expect([busMasterStatus(), ide.irqs[0].level, ide.reg(7)]).toEqual([INTERRUPT, true, 0x50]);
  });

  it('waits for the engine when the command comes first, and for the command when the engine does', () => {
    ide.command(READ_DMA, { count: 1, lba: 1 });
    expect(ide.status & 0x80).toBe(0x80);
    ide.startDma([[0x8000, 512]], true);
    ide.settle();
    expect(ide.mem.read8(0x8000)).toBe(1);
    ide.bus.outb(BUS_MASTER_PORT, 0);
    ide.startDma([[0x8000, 512]], true);
    ide.command(READ_DMA, { count: 1, lba: 2 });
    expect(ide.mem.read8(0x8000)).toBe(2);
  });

  it('takes a region of 0 bytes for 64 KB', () => {
    ide.setTask({ count: 129, lba: 0 });
    ide.setReg(7, READ_DMA);
    ide.startDma(
      [
        [0x20000, 0],
        [0x8000, 512],
      ],
      true,
    );
    ide.settle();
    const moved = [...ide.mem.readBytes(0x20000, 0x10000), ...ide.mem.readBytes(0x8000, 512)];
    expect(moved.findIndex((byte, i) => byte !== bytes[i])).toBe(-1);
  });

  it('EXT moves thousands of sectors', () => {
    ide.startDma(
      Array.from({ length: 8 }, (_, i) => [0x20000 + i * 0x10000, 0] as const),
      true,
    );
    ide.commandExt(0x25, { count: 1024, lba: 0 });
    const moved = ide.mem.readBytes(0x20000, 0x80000);
    expect(moved.findIndex((byte, i) => byte !== bytes[i])).toBe(-1);
    expect(busMasterStatus()).toBe(INTERRUPT);
  });

  it('leaves active set when the table is longer than the transfer', () => {
    ide.setTask({ count: 1 });
    ide.setReg(7, READ_DMA);
    ide.startDma([[0x8000, 1024]], true);
    ide.settle();
    expect(busMasterStatus()).toBe(ACTIVE | INTERRUPT);
    ide.bus.outb(BUS_MASTER_PORT, 0x08);
    expect(busMasterStatus()).toBe(INTERRUPT);
  });

  it('never ends when the table is shorter than the transfer: inactive, no interrupt', () => {
    ide.setTask({ count: 2 });
    ide.setReg(7, READ_DMA);
    ide.startDma([[0x8000, 512]], true);
    ide.settle();
    expect([busMasterStatus(), ide.irqs[0].level, ide.status & 0x80]).toEqual([0, false, 0x80]);
    ide.setControl(0x04);
    ide.setControl(0x00);
    ide.settle();
    expect(ide.reg(7)).toBe(0x50);
  });

  it('moves nothing while the command register forbids mastering, or the direction is wrong', () => {
    ide.config(0x04, 0x1);
    ide.command(READ_DMA, { count: 1, lba: 5 });
    ide.startDma([[0x8000, 512]], true);
    ide.settle();
    expect([ide.mem.read8(0x8000), ide.status & 0x80]).toEqual([0, 0x80]);
    const other = new IdeRig(new MemoryBlocks(numberedBytes(16)));
    other.command(READ_DMA, { count: 1, lba: 5 });
    other.startDma([[0x8000, 512]], false);
    other.settle();
    expect([other.mem.read8(0x8000), other.status & 0x80]).toEqual([0, 0x80]);
  });
});

describe('WRITE DMA', () => {
  it('gathers the sectors from the regions of the table', () => {
    const data = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) & 0xff);
    ide.mem.writeBytes(0x8000, data.subarray(0, 100));
    ide.mem.writeBytes(0xa000, data.subarray(100));
    ide.setTask({ count: 2, lba: 0x30 });
    ide.setReg(7, WRITE_DMA);
    ide.startDma(
      [
        [0x8000, 100],
        [0xa000, 924],
      ],
      false,
    );
    ide.settle();
    expect(sectors(0x30, 2)).toEqual([...data]);
    expect(sectors(0x2f, 1)[0]).toBe(0x2f);
  });
});

describe('The status register', () => {
  it('keeps the interrupt until a one is written to it', () => {
    ide.command(0xec);
    expect(busMasterStatus()).toBe(INTERRUPT);
    ide.reg(7);
    ide.bus.outb(BUS_MASTER_PORT + 2, 0x60);
    expect(busMasterStatus()).toBe(0x60 | INTERRUPT);
    ide.bus.outb(BUS_MASTER_PORT + 2, 0x64);
    expect(busMasterStatus()).toBe(0x60);
  });
});

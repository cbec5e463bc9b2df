/** 8237: address and count by the byte pointer, masks, master clear; the second controller's spacing; pages. */
import { describe, expect, it } from 'vitest';
import { run } from '../testing/real-mode.js';
import { DmaPages, I8237 } from './i8237.js';

describe('8237A', () => {
  it('takes and gives words low byte first; C sets the byte pointer to the low byte', () => {
    const dma = new I8237();
    dma.write(12, 0);
    dma.write(2, 0x34);
    dma.write(2, 0x12);
    expect([dma.read(2), dma.read(2)]).toEqual([0x34, 0x12]);
    dma.read(2);
    dma.write(12, 0);
    expect(dma.read(2)).toBe(0x34);
  });

  it('has all channels masked at power-on and after a master clear; masks one, none and all', () => {
    const dma = new I8237();
    expect(dma.read(15)).toBe(0xff);
    dma.write(14, 0);
    dma.write(10, 0x06);
    expect(dma.read(15)).toBe(0xf4);
    dma.write(10, 0x02);
    dma.write(15, 0x0b);
    expect(dma.read(15)).toBe(0xfb);
    dma.write(13, 0);
    expect(dma.read(15)).toBe(0xff);
  });

  it('shows requests by software in the upper half of the status, and no terminal count', () => {
    const dma = new I8237();
    dma.write(9, 0x05);
    expect(dma.read(8)).toBe(0x20);
    dma.write(9, 0x01);
    expect(dma.read(8)).toBe(0);
  });

  it('comes back with its words and its byte pointer', () => {
    const dma = new I8237(1);
    dma.write(4, 0x78);
    dma.write(4, 0x56);
    dma.read(4);
    const copy = new I8237(1);
    copy.loadState(JSON.parse(JSON.stringify(dma.saveState())));
    expect(copy.read(4)).toBe(0x56);
    const pages = new DmaPages();
    pages.write(7, 9);
    expect(pages.saveState()).toEqual({ pages: [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0] });
  });
});

it('the board has two of them, the second with its registers two ports apart, and page registers', () => {
  const { machine } = run(`
      mov al, 0x0f
      out 0xde, al
      in al, 0xde
      mov [0x500], al
      mov al, 0x5a
      out 0x02, al
      mov al, 0xa5
      out 0x02, al
      in al, 0x02
      mov [0x501], al
      mov al, 0x12
      out 0x83, al
      in al, 0x83
      mov [0x502], al
      hlt`);
  expect([0x500, 0x501, 0x502].map((paddr) => machine.pc.mem.read8(paddr))).toEqual([0xff, 0x5a, 0x12]);
});

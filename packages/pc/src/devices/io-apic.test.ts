/** I/O APIC: edges and levels, masks, remote IRR, and what its registers show. */
import { describe, expect, it } from 'vitest';
import type { ApicMessage } from './apic-message.js';
import { IoApic } from './io-apic.js';

const MASKED = 0x1_0000;
const LEVEL = 0x8000;
const REMOTE_IRR = 0x4000;

function setUp() {
  const sent: ApicMessage[] = [];
  const chip = new IoApic({ send: (message) => sent.push(message) });
  const write = (register: number, value: number) => {
    chip.write(0x00, register);
    chip.write(0x10, value);
  };
  const read = (register: number) => {
    chip.write(0x00, register);
    return chip.read(0x10);
  };
  const low = (pin: number) => 0x10 + 2 * pin;
  return { chip, sent, write, read, low, vectors: () => sent.map(({ vector }) => vector) };
}

describe('registers', () => {
  it('tell of version 11h with 24 entries, all masked after a reset', () => {
    const { read, low } = setUp();
    expect(read(0x01)).toBe(0x0017_0011);
    for (let pin = 0; pin < 24; pin++) expect([read(low(pin)), read(low(pin) + 1)]).toEqual([MASKED, 0]);
  });

  it('keep the ID, and what of an entry can be written', () => {
    const { write, read, low } = setUp();
    write(0x00, 0xffff_ffff);
    expect(read(0x00)).toBe(0x0f00_0000);
    write(low(5), 0xffff_ffff);
    write(low(5) + 1, 0xffff_ffff);
    expect([read(low(5)), read(low(5) + 1)]).toEqual([0x1_afff, 0xff00_0000]);
  });
});

describe('an edge', () => {
  it('is sent once, with vector, mode and destination of its entry', () => {
    const { chip, sent, write, low } = setUp();
    write(low(4) + 1, 0x0300_0000);
    write(low(4), 0x931);
    chip.setInput(4, true);
    chip.setInput(4, true);
    chip.setInput(4, false);
    expect(sent).toEqual([{ vector: 0x31, delivery: 1, logical: true, destination: 3, level: false }]);
    chip.setInput(4, true);
    expect(sent.length).toBe(2);
  });

  it('that comes while masked is lost', () => {
    const { chip, write, low, vectors } = setUp();
    write(low(4), 0x31 | MASKED);
    chip.setInput(4, true);
    write(low(4), 0x31);
    expect(vectors()).toEqual([]);
  });
});

describe('a level', () => {
  it('is sent once until its interrupt has ended, then again while it lasts', () => {
    const { chip, write, read, low, vectors } = setUp();
    write(low(10), 0x61 | LEVEL);
    chip.setInput(10, true);
    expect([vectors(), read(low(10))]).toEqual([[0x61], 0x61 | LEVEL | REMOTE_IRR]);
    chip.endOfInterrupt(0x60);
    expect(vectors()).toEqual([0x61]);
    chip.endOfInterrupt(0x61);
    expect(vectors()).toEqual([0x61, 0x61]);
    chip.setInput(10, false);
    chip.endOfInterrupt(0x61);
    expect([vectors().length, read(low(10)) & REMOTE_IRR]).toEqual([2, 0]);
  });

  it('waits behind the mask', () => {
    const { chip, write, low, vectors } = setUp();
    write(low(10), 0x61 | LEVEL | MASKED);
    chip.setInput(10, true);
    expect(vectors()).toEqual([]);
    write(low(10), 0x61 | LEVEL);
    expect(vectors()).toEqual([0x61]);
  });

  it('loses its remote IRR when its entry is made edge triggered for a moment', () => {
    const { chip, write, read, low, vectors } = setUp();
    write(low(10), 0x61 | LEVEL);
    chip.setInput(10, true);
    write(low(10), 0x61 | MASKED);
    expect(read(low(10)) & REMOTE_IRR).toBe(0);
    write(low(10), 0x61 | LEVEL);
    expect(vectors()).toEqual([0x61, 0x61]);
  });
});

describe('a saved chip', () => {
  it('still knows which interrupts are in service', () => {
    const original = setUp();
    original.write(original.low(10), 0x61 | LEVEL);
    original.chip.setInput(10, true);
    const copy = setUp();
    copy.chip.loadState(structuredClone(original.chip.saveState()));
    copy.chip.setInput(10, true);
    expect(copy.vectors()).toEqual([]);
    copy.chip.endOfInterrupt(0x61);
    expect(copy.vectors()).toEqual([0x61]);
  });
});

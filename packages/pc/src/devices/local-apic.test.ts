/** Local APIC: priorities, sources, the timer, the virtual wire, and interprocessor interrupts to itself. */
import { describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { Clock } from '../clock.js';
import { DELIVERY } from './apic-message.js';
import { LocalApic } from './local-apic.js';

const ID = 0x020;
const VERSION = 0x030;
const TPR = 0x080;
const PPR = 0x0a0;
const EOI = 0x0b0;
const LDR = 0x0d0;
const DFR = 0x0e0;
const SVR = 0x0f0;
const ISR = 0x100;
const TMR = 0x180;
const IRR = 0x200;
const ESR = 0x280;
const ICR_LOW = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LINT0 = 0x350;
const LINT1 = 0x360;
const LVT_ERROR = 0x370;
const INITIAL_COUNT = 0x380;
const CURRENT_COUNT = 0x390;
const DIVIDE = 0x3e0;

const ENABLED = 0x1ff;
const PERIODIC = 0x2_0000;
const MASKED = 0x1_0000;

function setUp({ enabled = true } = {}) {
  const events: string[] = [];
  const intr = new Wire();
  const clock = new Clock();
  const apic = new LocalApic({
    clock,
    intr,
    nmi: () => events.push('nmi'),
    init: () => events.push('init'),
    acknowledgeExternal: () => 0x0c,
    endOfInterrupt: (vector) => events.push(`eoi ${vector.toString(16)}`),
  });
  if (enabled) apic.write(SVR, ENABLED);
  const message = (vector: number, options: { level?: boolean; delivery?: number } = {}) =>
    apic.receive({
      vector,
      delivery: options.delivery ?? DELIVERY.FIXED,
      logical: false,
      destination: 0,
      level: options.level ?? false,
    });
  const bit = (register: number, vector: number) =>
    (apic.read(register + (vector >> 5) * 16) >>> (vector & 31)) & 1;
  return { apic, intr, clock, events, message, bit };
}

describe('after a reset', () => {
  it('is disabled by software, with every local source masked, and calls itself version 14h with six vectors', () => {
    const { apic } = setUp({ enabled: false });
    expect(apic.read(VERSION)).toBe(0x5_0014);
    expect(apic.read(SVR)).toBe(0xff);
    expect(apic.read(DFR)).toBe(0xffff_ffff);
    for (let register = LVT_TIMER; register <= LVT_ERROR; register += 16)
      expect(apic.read(register)).toBe(MASKED);
  });

  it('takes no fixed interrupt, and keeps the mask bits of its sources set, until SVR enables it', () => {
    const { apic, intr, message } = setUp({ enabled: false });
    message(0x40);
    apic.write(LINT0, 0x700);
    expect([intr.level, apic.read(LINT0)]).toEqual([false, 0x700 | MASKED]);
  });
});

describe('ranking', () => {
  it('hands out the highest vector first, and a higher class interrupts a lower one in service', () => {
    const { apic, intr, message, bit } = setUp();
    message(0x51);
    message(0x93);
    expect([intr.level, apic.acknowledge(), intr.level]).toEqual([true, 0x93, false]);
    expect([bit(ISR, 0x93), bit(IRR, 0x93), bit(IRR, 0x51)]).toEqual([1, 0, 1]);
    message(0x95);
    expect(intr.level).toBe(false);
    message(0xa0);
    expect([intr.level, apic.acknowledge(), apic.read(PPR)]).toEqual([true, 0xa0, 0xa0]);
    apic.write(EOI, 0);
    expect(apic.read(PPR)).toBe(0x90);
    apic.write(EOI, 0);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x95]);
  });

  it('lets the task priority hold off its class and those below', () => {
    const { apic, intr, message } = setUp();
    apic.write(TPR, 0x5f);
    message(0x5a);
    expect([intr.level, apic.read(PPR)]).toEqual([false, 0x5f]);
    apic.write(TPR, 0x4f);
    expect(intr.level).toBe(true);
  });

  it('answers an acknowledge cycle without a request by the spurious vector, which sets no ISR bit', () => {
    const { apic, bit } = setUp();
    apic.write(SVR, 0x1ef);
    expect(apic.acknowledge()).toBe(0xef);
    expect(bit(ISR, 0xef)).toBe(0);
  });

  it('broadcasts the end of a level-triggered interrupt, and of no other', () => {
    const { apic, events, message, bit } = setUp();
    message(0x41, { level: true });
    message(0x61);
    expect([bit(TMR, 0x41), bit(TMR, 0x61)]).toEqual([1, 0]);
    apic.acknowledge();
    apic.write(EOI, 0);
    expect(events).toEqual([]);
    apic.acknowledge();
    apic.write(EOI, 0);
    expect(events).toEqual(['eoi 41']);
  });
});

describe('timer', () => {
  it('counts down once at the divided bus clock, and interrupts at zero', () => {
    const { apic, intr, clock } = setUp();
    apic.write(LVT_TIMER, 0x40);
    apic.write(DIVIDE, 0x3);
    apic.write(INITIAL_COUNT, 1000);
    clock.advance(15_999);
    expect([intr.level, apic.read(CURRENT_COUNT)]).toEqual([false, 1]);
    clock.advance(1);
    expect([intr.level, apic.acknowledge(), apic.read(CURRENT_COUNT)]).toEqual([true, 0x40, 0]);
    apic.write(EOI, 0);
    clock.advance(1_000_000);
    expect(intr.level).toBe(false);
  });

  it.each([
    [0x0, 2],
    [0x1, 4],
    [0x2, 8],
    [0x3, 16],
    [0x8, 32],
    [0x9, 64],
    [0xa, 128],
    [0xb, 1],
  ])('divide configuration %x divides by %d', (divide, by) => {
    const { apic, clock } = setUp();
    apic.write(DIVIDE, divide);
    apic.write(INITIAL_COUNT, 1000);
    clock.advance(10 * by);
    expect(apic.read(CURRENT_COUNT)).toBe(990);
  });

  it('begins again by itself in periodic mode, and drifts by nothing', () => {
    const { apic, intr, clock } = setUp();
    apic.write(DIVIDE, 0xb);
    apic.write(LVT_TIMER, 0x40 | PERIODIC);
    apic.write(INITIAL_COUNT, 700);
    for (let period = 0; period < 3; period++) {
      clock.advance(699);
      expect(intr.level).toBe(false);
      clock.advance(1);
      expect([intr.level, apic.acknowledge()]).toEqual([true, 0x40]);
      apic.write(EOI, 0);
    }
    apic.write(INITIAL_COUNT, 0);
    clock.advance(10_000);
    expect([intr.level, apic.read(CURRENT_COUNT)]).toEqual([false, 0]);
  });

  it('counts on while masked, and a zero that passed then is lost', () => {
    const { apic, intr, clock } = setUp();
    apic.write(DIVIDE, 0xb);
    apic.write(LVT_TIMER, 0x40 | MASKED);
    apic.write(INITIAL_COUNT, 100);
    clock.advance(60);
    expect(apic.read(CURRENT_COUNT)).toBe(40);
    clock.advance(60);
    apic.write(LVT_TIMER, 0x40);
    clock.advance(1000);
    expect([intr.level, apic.read(CURRENT_COUNT)]).toEqual([false, 0]);
  });

  it('goes on from its count when the divider changes', () => {
    const { apic, clock } = setUp();
    apic.write(DIVIDE, 0xb);
    apic.write(INITIAL_COUNT, 1000);
    clock.advance(400);
    apic.write(DIVIDE, 0x0);
    expect(apic.read(CURRENT_COUNT)).toBe(600);
    clock.advance(400);
    expect(apic.read(CURRENT_COUNT)).toBe(400);
  });
});

describe('pins', () => {
  it('LINT0 in ExtINT mode passes the 8259s through: the virtual wire', () => {
    const { apic, intr } = setUp();
    apic.write(LINT0, 0x8700);
    apic.setLint0(true);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x0c]);
    apic.setLint0(false);
    expect(intr.level).toBe(false);
    apic.write(LINT0, 0x8700 | MASKED);
    apic.setLint0(true);
    expect(intr.level).toBe(false);
  });

  it('LINT0 in fixed mode interrupts with its own vector when it rises', () => {
    const { apic, intr } = setUp();
    apic.write(LINT0, 0x35);
    apic.setLint0(true);
    expect([intr.level, apic.acknowledge(), intr.level]).toEqual([true, 0x35, false]);
  });

  it('LINT1 is NMI if its entry says so and is not masked', () => {
    const { apic, events } = setUp();
    apic.pulseLint1();
    expect(events).toEqual([]);
    apic.write(LINT1, 0x400);
    apic.pulseLint1();
    expect(events).toEqual(['nmi']);
  });

  it('are INTR and NMI while IA32_APIC_BASE says that there is no local APIC, and no register answers', () => {
    const { apic, intr, events } = setUp();
    apic.setPresent(false);
    apic.setLint0(true);
    apic.pulseLint1();
    expect([intr.level, apic.acknowledge(), events]).toEqual([true, 0x0c, ['nmi']]);
    expect(apic.read(VERSION)).toBe(0xffff_ffff);
    apic.setPresent(true);
    expect([intr.level, apic.read(SVR)]).toEqual([false, 0xff]);
  });
});

describe('messages', () => {
  it('ExtINT announces an interrupt of the 8259s', () => {
    const { apic, intr, message } = setUp();
    message(0, { delivery: DELIVERY.EXTINT });
    expect([intr.level, apic.acknowledge(), intr.level]).toEqual([true, 0x0c, false]);
  });

  it.each([
    ['physical, its ID', 0, false, 0xf, 3, true],
    ['physical, another’s', 0, false, 0xf, 4, false],
    ['physical, broadcast', 0, false, 0xf, 0xff, true],
    ['flat, a bit in common', 0x06, true, 0xf, 0x0c, true],
    ['flat, none', 0x06, true, 0xf, 0x08, false],
    ['cluster, same cluster and a bit', 0x21, true, 0x0, 0x23, true],
    ['cluster, another', 0x21, true, 0x0, 0x31, false],
  ])('are for it or not: %s', (_, ldr, logical, model, destination, expected) => {
    const { apic, intr } = setUp();
    apic.write(ID, 3 << 24);
    apic.write(LDR, ldr << 24);
    apic.write(DFR, model << 28);
    apic.receive({ vector: 0x55, delivery: DELIVERY.LOWEST, logical, destination, level: false });
    expect(intr.level).toBe(expected);
  });

  it('the interrupt command register sends to itself by shorthand or by destination, and to nobody else', () => {
    const { apic, intr, events } = setUp();
    apic.write(ICR_LOW, 0xc_0041);
    expect(intr.level).toBe(false);
    apic.write(ICR_LOW, 0x4_0041);
    expect([intr.level, apic.acknowledge()]).toEqual([true, 0x41]);
    apic.write(EOI, 0);
    apic.write(ICR_HIGH, 5 << 24);
    apic.write(ICR_LOW, 0x42);
    expect(intr.level).toBe(false);
    apic.write(ICR_HIGH, 0);
    apic.write(ICR_LOW, 0x42);
    expect(apic.acknowledge()).toBe(0x42);
    apic.write(ICR_LOW, 0x8500);
    expect(events).toEqual([]);
    apic.write(ICR_LOW, 0xc500);
    apic.write(ICR_LOW, 0x0400);
    expect(events).toEqual(['init', 'nmi']);
  });
});

describe('errors', () => {
  it('are shown by ESR after it was written, and interrupt by the error entry', () => {
    const { apic, intr } = setUp();
    apic.write(LVT_ERROR, 0xfe);
    apic.write(ICR_LOW, 0x4_0005);
    expect([apic.read(ESR), intr.level, apic.acknowledge()]).toEqual([0, true, 0xfe]);
    apic.write(ESR, 0);
    expect(apic.read(ESR)).toBe(0x20);
    apic.write(ESR, 0);
    expect(apic.read(ESR)).toBe(0);
    apic.read(0x3f0);
    apic.write(ESR, 0);
    expect(apic.read(ESR)).toBe(0x80);
  });
});

describe('a saved local APIC', () => {
  it('goes on: requests, services and the running timer', () => {
    const original = setUp();
    original.apic.write(DIVIDE, 0xb);
    original.apic.write(LVT_TIMER, 0x40);
    original.apic.write(INITIAL_COUNT, 100);
    original.message(0x80);
    original.apic.acknowledge();
    original.message(0x30);
    const copy = setUp({ enabled: false });
    copy.apic.loadState(structuredClone(original.apic.saveState()));
    for (const { apic, clock, intr } of [original, copy]) {
      clock.advance(100);
      expect(intr.level).toBe(false);
      apic.write(EOI, 0);
      expect([intr.level, apic.acknowledge()]).toEqual([true, 0x40]);
      apic.write(EOI, 0);
      expect(apic.acknowledge()).toBe(0x30);
    }
    expect(copy.apic.saveState()).toEqual(original.apic.saveState());
  });
});

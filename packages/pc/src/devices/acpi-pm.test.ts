/** ACPI fixed hardware: PM timer, the system control interrupt, and soft off. */
import { describe, expect, it } from 'vitest';
import { Wire } from '../bus/interrupt-line.js';
import { Clock } from '../clock.js';
import { AcpiPm } from './acpi-pm.js';

const STATUS = 0;
const ENABLE = 2;
const CONTROL = 4;
const TIMER = 8;
const COMMAND = 16;
const TMR = 0x0001;
const PWRBTN = 0x0100;
const SCI_EN = 1;
const SLP_EN = 0x2000;

function setUp() {
  const clock = new Clock();
  const sci = new Wire();
  const slept: number[] = [];
  const pm = new AcpiPm({
    clock,
    sci,
    sleep: (type) => slept.push(type),
    enableCommand: 0xf1,
    disableCommand: 0xf0,
  });
  return { clock, sci, pm, slept };
}

describe('PM timer', () => {
  it('counts 3.579545 MHz with 24 bits', () => {
    const { clock, pm } = setUp();
    clock.advance(1_000_000_000);
    expect(pm.read(TIMER, 4)).toBe(3_579_545);
    clock.advance(4_000_000_000);
    expect(pm.read(TIMER, 4)).toBe((5 * 3_579_545) % 0x100_0000);
    expect(pm.read(TIMER + 1, 1)).toBe((((5 * 3_579_545) % 0x100_0000) >> 8) & 0xff);
  });

  it('sets TMR_STS when its highest bit changes, and interrupts if that is enabled', () => {
    const { clock, sci, pm } = setUp();
    pm.write(COMMAND, 0xf1, 1);
    pm.write(ENABLE, TMR, 2);
    // 2^23 ticks of 3.579545 MHz: 2.3434844 s.
    clock.advance(2_343_484_000);
    expect([sci.level, pm.read(STATUS, 2)]).toEqual([false, 0]);
    clock.advance(1_000);
    expect([sci.level, pm.read(STATUS, 2)]).toEqual([true, TMR]);
    pm.write(STATUS, TMR, 2);
    expect([sci.level, pm.read(STATUS, 2)]).toEqual([false, 0]);
    clock.advance(2_343_485_000);
    expect(sci.level).toBe(true);
  });
});

describe('control', () => {
  it('belongs to ACPI after the enable command to APMC, and not before', () => {
    const { pm } = setUp();
    pm.write(CONTROL, SCI_EN, 2);
    expect(pm.read(CONTROL, 2)).toBe(0);
    pm.write(COMMAND, 0xf1, 1);
    expect(pm.read(CONTROL, 2)).toBe(SCI_EN);
    pm.write(COMMAND, 0xf0, 1);
    expect(pm.read(CONTROL, 2)).toBe(0);
  });

  it('sleeps as SLP_TYP says when SLP_EN is written, which reads 0', () => {
    const { pm, slept } = setUp();
    pm.write(CONTROL, 5 << 10, 2);
    expect(slept).toEqual([]);
    pm.write(CONTROL, (5 << 10) | SLP_EN, 2);
    expect([slept, pm.read(CONTROL, 2)]).toEqual([[5], 5 << 10]);
  });
});

describe('power button', () => {
  it('sets its status, and interrupts when enabled and ACPI has control', () => {
    const { sci, pm } = setUp();
    pm.pressPowerButton();
    pm.write(ENABLE, PWRBTN, 2);
    expect([sci.level, pm.read(STATUS, 2)]).toEqual([false, PWRBTN]);
    pm.write(COMMAND, 0xf1, 1);
    expect(sci.level).toBe(true);
    pm.write(STATUS + 1, PWRBTN >> 8, 1);
    expect(sci.level).toBe(false);
  });
});

describe('saved registers', () => {
  it('wait for the timer as the original does', () => {
    const original = setUp();
    original.pm.write(COMMAND, 0xf1, 1);
    original.pm.write(ENABLE, TMR, 2);
    original.clock.advance(2_000_000_000);
    const copy = setUp();
    copy.clock.skip(2_000_000_000);
    copy.pm.loadState(structuredClone(original.pm.saveState()));
    copy.clock.advance(400_000_000);
    expect(copy.sci.level).toBe(true);
  });
});

/** Intel 8254 programmable interval timer: three counters of a 1.193182 MHz clock. */
import type { InterruptLine } from '../bus/interrupt-line.js';
import { type Clock, type Timer, ticksToNs } from '../clock.js';
import type { DeviceState } from '../device-state.js';
import { I8254Counter } from './i8254-counter.js';

/** CLK of all three counters: a third of the colour burst's 3.579545 MHz. */
export const PIT_HZ = 1_193_182;

/** Offset of the control word register; the counters are at 0–2. */
const CONTROL_OFFSET = 3;
const READ_BACK = 3;
const READ_BACK_COUNT = 0x20;
const READ_BACK_STATUS = 0x10;

/** The chip, with OUT 0 on an interrupt line. */
export class I8254 {
  readonly counters: readonly [I8254Counter, I8254Counter, I8254Counter];
  private readonly clock: Clock;
  private readonly irq: InterruptLine;
  private readonly timer: Timer;
  /** The tick at which OUT 0 changes next; undefined when it will not by itself. */
  private changeTick: number | undefined;

  /** @param wiring - `irq` follows OUT of counter 0 */
  constructor({ irq, clock }: { irq: InterruptLine; clock: Clock }) {
    this.counters = [new I8254Counter(), new I8254Counter(), new I8254Counter()];
    this.clock = clock;
    this.irq = irq;
    this.timer = clock.timer(() => this.catchUp());
  }

  /** The number of CLK pulses since power-on. */
  get tick(): number {
    return this.clock.ticks(PIT_HZ);
  }

  read(offset: number): number {
    this.catchUp();
    // 8254, "Read Operations Summary": reading the control word register leaves the bus three-state.
    return this.counters[offset]?.read(this.tick) ?? 0xff;
  }

  write(offset: number, value: number): void {
    this.catchUp();
    if (offset === CONTROL_OFFSET) this.control(value);
    else this.counters[offset]?.write(value, this.tick);
    this.follow();
  }

  /** Drives GATE of a counter. */
  setGate(index: 0 | 1 | 2, level: boolean): void {
    this.catchUp();
    this.counters[index].setGate(level, this.tick);
    this.follow();
  }

  /** Level of a counter's OUT now. */
  out(index: 0 | 1 | 2): boolean {
    this.catchUp();
    return this.counters[index].out(this.tick);
  }

  /** Saves the registers of the three counters, brought up to now, as `0.start`. */
  saveState(): DeviceState {
    this.catchUp();
    const tick = this.tick;
    for (const counter of this.counters) counter.out(tick);
    return Object.fromEntries(
      this.counters.flatMap((counter, i) =>
        Object.entries(counter.saveState()).map(([name, value]) => [`${i}.${name}`, value]),
      ),
    );
  }

  loadState(state: DeviceState): void {
    this.counters.forEach((counter, i) => {
      const own = Object.entries(state).filter(([name]) => name.startsWith(`${i}.`));
      counter.loadState(Object.fromEntries(own.map(([name, value]) => [name.slice(2), value])));
    });
    this.follow();
  }

  private control(value: number): void {
    const select = value >> 6;
    if (select === READ_BACK) this.readBack(value);
    else if ((value & 0x30) === 0) this.counters[select]?.latchCount(this.tick);
    else this.counters[select]?.program(value & 0x3f);
  }

  // 8254, "Read-Back Command": both latch bits are active low; D3–D1 select counters 2–0.
  private readBack(value: number): void {
    this.counters.forEach((counter, i) => {
      if (!(value & (2 << i))) return;
      if (!(value & READ_BACK_COUNT)) counter.latchCount(this.tick);
      if (!(value & READ_BACK_STATUS)) counter.latchStatus(this.tick);
    });
  }

  /**
   * Drives the interrupt line through every change of OUT 0 up to now.
   *
   * A bus cycle lasts longer than the one tick for which a strobe is low: the edge at its end must not be lost
   * because both ends have passed when the clock is next looked at.
   */
  private catchUp(): void {
    const now = this.tick;
    while (this.changeTick !== undefined && this.changeTick <= now) {
      const tick = this.changeTick;
      this.irq.set(this.counters[0].out(tick));
      this.changeTick = this.counters[0].nextChange(tick);
    }
    this.await();
  }

  /** Brings the interrupt line to OUT 0 after its counter was written. */
  private follow(): void {
    const tick = this.tick;
    this.irq.set(this.counters[0].out(tick));
    this.changeTick = this.counters[0].nextChange(tick);
    this.await();
  }

  private await(): void {
    if (this.changeTick === undefined) this.timer.disarm();
    else this.timer.arm(ticksToNs(this.changeTick, PIT_HZ));
  }
}

/** Clock: time from instructions, events in order. */
import { describe, expect, it } from 'vitest';
import { Clock, nsToTicks, ticksToNs } from './clock.js';

describe('Clock', () => {
  it('counts four nanoseconds an instruction, plus what was skipped', () => {
    let instructions = 7;
    const clock = new Clock(() => instructions);
    clock.skip(1000);
    instructions = 9;
    expect(clock.now()).toBe(1036);
  });

  it('fires events in the order of their deadlines, equal ones in the order of their timers', () => {
    const clock = new Clock();
    const fired: string[] = [];
    const a = clock.timer(() => fired.push(`a ${clock.now()}`));
    const b = clock.timer(() => fired.push(`b ${clock.now()}`));
    const c = clock.timer(() => fired.push(`c ${clock.now()}`));
    c.arm(50);
    b.arm(70);
    a.arm(70);
    clock.advance(69);
    expect(fired).toEqual(['c 50']);
    clock.advance(1);
    expect(fired).toEqual(['c 50', 'a 70', 'b 70']);
  });

  it('fires a timer that is armed again in its own callback at each of its deadlines', () => {
    const clock = new Clock();
    const at: number[] = [];
    const timer = clock.timer(() => {
      at.push(clock.now());
      timer.arm(clock.now() + 30);
    });
    timer.arm(10);
    clock.advance(100);
    expect(at).toEqual([10, 40, 70, 100]);
  });

  it('does not fire a disarmed timer', () => {
    const clock = new Clock();
    const timer = clock.timer(() => expect.unreachable());
    timer.arm(10);
    timer.disarm();
    clock.advance(100);
    expect(clock.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('calls back once at a given time', () => {
    const clock = new Clock();
    let calls = 0;
    clock.at(25, () => calls++);
    clock.advance(24);
    expect(calls).toBe(0);
    clock.advance(1000);
    expect(calls).toBe(1);
    expect(clock.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells of every deadline when it is set, so that a slice can be shortened', () => {
    const clock = new Clock();
    const heard: number[] = [];
    clock.onArm = (deadline) => heard.push(deadline);
    clock.timer(() => undefined).arm(5);
    expect(heard).toEqual([5]);
  });

  it('has the same time after loading, whatever the instruction counter says then', () => {
    const saved = new Clock(() => 100, 10);
    saved.skip(77);
    const restored = new Clock(() => 3, 10);
    restored.loadState(saved.saveState());
    expect(restored.now()).toBe(1077);
  });
});

describe('oscillator ticks', () => {
  it('are whole ticks, also after days', () => {
    // 1,193,182 ticks a second: the first is complete after 838.095… ns.
    expect(nsToTicks(838, 1_193_182)).toBe(0);
    expect(nsToTicks(839, 1_193_182)).toBe(1);
    expect(nsToTicks(86_400e9, 1_193_182)).toBe(103_090_924_800);
  });

  it('convert back to the first nanosecond at which they are complete', () => {
    for (const tick of [1, 2, 18, 65_536, 1_193_181, 1_193_182, 1_193_183, 103_090_924_801]) {
      const ns = ticksToNs(tick, 1_193_182);
      expect(nsToTicks(ns, 1_193_182)).toBe(tick);
      expect(nsToTicks(ns - 1, 1_193_182)).toBe(tick - 1);
    }
  });
});

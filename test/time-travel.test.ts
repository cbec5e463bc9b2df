/** A run gone through in both directions: the same place is the same machine, to the last bit. */
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import { createMachine, Debugger, type DebuggerOptions, ReplayedOutput } from '@kexec/machine';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';

interface Held {
  readonly held: Debugger;
  text(): string;
  /** Runs what is under way to its end. */
  finish(): void;
}

function holdMachine(image: Uint8Array, options: DebuggerOptions = {}, memory = '32M'): Held {
  let text = '';
  const serial = new ReplayedOutput((byte) => {
    text += String.fromCharCode(byte);
  });
  const machine = createMachine({ memory, onSerial: serial.onByte });
  machine.load(image, { append: 'console=ttyS0' });
  machine.exec();
  const held = new Debugger(machine, { outputs: [serial], paused: true, interval: 20_000, ...options });
  return { held, text: () => text, finish: () => finish(held) };
}

function finish(held: Debugger): void {
  for (let slices = 0; slices < 10_000 && held.isRunning; slices++) held.advance({ instructions: 50_000 });
  expect(held.isRunning).toBe(false);
}

/** Everything but RAM. */
const registersOf = ({ target }: Debugger) => JSON.stringify(target.pc.saveState());
const hashOf = ({ target }: Debugger) => target.pc.traceHash();

test('every step back is the place before it, from the end of a kernel to the jump into its stub', () => {
  const { held, finish: done } = holdMachine(createElfGuest());
  const trail = [registersOf(held)];
  const start = hashOf(held);
  for (let i = 0; i < 40; i++) {
    held.step();
    done();
    trail.push(registersOf(held));
  }
  for (let i = 39; i >= 0; i--) {
    held.stepBack();
    done();
    expect(registersOf(held)).toEqual(trail[i]);
  }
  held.stepBack();
  done();
  expect(held.lastStop).toEqual({ kind: 'history' });
  expect(hashOf(held)).toBe(start);
});

test('a kernel that has run to its end, gone back in and run again ends the same, and says nothing twice', () => {
  const { held, text, finish: done } = holdMachine(createBzImageGuest());
  held.resume();
  done();
  expect(held.lastStop).toMatchObject({ kind: 'machine' });
  const [end, said] = [hashOf(held), text()];
  expect(said).toContain('kexec demo kernel');
  held.stepBack(30_000);
  done();
  expect(hashOf(held)).not.toBe(end);
  held.resume();
  done();
  expect([hashOf(held), text()]).toEqual([end, said]);
});

test('going back finds the last arrival at a breakpoint and the last write to what is watched', () => {
  const { held, finish: done } = holdMachine(createElfGuest());
  const { cpu, mem } = held.target.pc;
  const entry = cpu.edx;
  const stub = cpu.ebx;
  held.resume();
  done();
  held.setBreakpoints([entry, stub]);
  held.resumeBack();
  done();
  expect([held.lastStop, cpu.eip]).toEqual([{ kind: 'breakpoint', laddr: entry }, entry]);
  held.resumeBack();
  done();
  expect([held.lastStop, cpu.eip]).toEqual([{ kind: 'breakpoint', laddr: stub }, stub]);
  held.setBreakpoints([]);
  // The stub writes the kernel's first word into place.
  held.setWatchpoints([{ laddr: entry, bytes: 4, read: false, write: true }]);
  held.resume();
  done();
  const written = held.timeline.position;
  const word = mem.read32(entry);
  held.resumeBack();
  done();
  expect(held.lastStop).toMatchObject({ kind: 'watchpoint', access: 'write' });
  expect(held.timeline.position.icount).toBe(written.icount - 1);
  expect(mem.read32(entry)).not.toBe(word);
  held.resumeBack();
  done();
  expect(held.lastStop).toEqual({ kind: 'history' });
});

test('what was typed, and what a debugger wrote, comes again at its place; a change in the past makes another future', () => {
  const { held, finish: done } = holdMachine(createElfGuest());
  const { pc } = held.target;
  held.step(1000);
  done();
  held.input(Uint8Array.of(0x41));
  held.step(500);
  done();
  held.outside(() => pc.mem.write32(0x9000, 0x1234_5678));
  held.step(500);
  done();
  const [end, position] = [hashOf(held), held.timeline.position];
  held.stepBack(1500);
  done();
  expect(pc.mem.read32(0x9000)).toBe(0);
  held.step(1500);
  done();
  expect([hashOf(held), held.timeline.position]).toEqual([end, position]);
  held.stepBack(1500);
  done();
  held.outside(() => pc.mem.write32(0x9004, 1));
  held.step(1500);
  done();
  expect([pc.mem.read32(0x9000), pc.mem.read32(0x9004)]).toEqual([0, 1]);
});

const vmlinuz = fixture('vmlinuz');
test.skipIf(!vmlinuz)(
  'a boot of Linux, gone back in to three places and run again, is the same to the bit',
  () => {
    if (!vmlinuz) return;
    const { held, finish: done } = holdMachine(vmlinuz, { interval: 3_000_000, maxCheckpoints: 4 }, '64M');
    const hashes = new Map<number, string>();
    for (let i = 0; i < 5; i++) {
      held.step(4_000_001);
      done();
      hashes.set(held.timeline.position.icount, hashOf(held));
    }
    const [last = 0] = [...hashes.keys()].slice(-1);
    for (const [icount, hash] of [...hashes].reverse().slice(1)) {
      held.stepBack(held.timeline.position.icount - icount);
      done();
      expect([held.timeline.position.icount, hashOf(held)]).toEqual([icount, hash]);
    }
    held.step(last - held.timeline.position.icount);
    done();
    expect(hashOf(held)).toBe(hashes.get(last));
  },
);

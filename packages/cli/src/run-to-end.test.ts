/** A run from its first slice to its exit code, on a machine that does as it is told. */
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type RunFlags, runToEnd } from './run-to-end.js';
import { SerialOutput } from './serial-output.js';
import { busy, exitWith, FakeConsole, FakeMachine, idle, type Slice } from './testing/fake-machine.js';

const fastReader = () => new Writable({ write: (_chunk, _encoding, done) => done() });

function start(slices: readonly Slice[], flags: RunFlags = {}, stream = fastReader()) {
  const machine = new FakeMachine(...slices);
  const console = new FakeConsole();
  const serial = new SerialOutput(stream);
  const end = runToEnd(machine, serial, flags, console.attach);
  return { machine, console, serial, end };
}

let told = '';
beforeEach(() => {
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('idle', () => {
  test('input wakes the guest', async () => {
    const { machine, console, end } = start([idle, exitWith(7)]);
    await delay(20);
    expect(machine.asked).toHaveLength(1);
    console.type('ls\r');
    expect(await end).toBe(7);
    expect(machine.typed).toBe('ls\r');
    expect(console.detached).toBe(true);
  });

  test('input that arrives between the stop and the sleep wakes it too', async () => {
    // Queued before runToEnd's own setImmediate, so it runs while that is awaited.
    const { console, end } = start([
      () => {
        setImmediate(() => console.type('x'));
        return { kind: 'idle' };
      },
      exitWith(7),
    ]);
    expect(await end).toBe(7);
  });

  test('input that comes with the end of stdin is still seen', async () => {
    const { console, end } = start([
      () => {
        setImmediate(() => {
          console.type('x');
          console.end();
        });
        return { kind: 'idle' };
      },
      exitWith(7),
    ]);
    expect(await end).toBe(7);
  });

  test('the end of stdin leaves nothing to wait for: a guest fault', async () => {
    const { console, end } = start([idle]);
    await delay(5);
    console.end();
    expect(await end).toBe(5);
    expect(told).toContain('stdin has ended');
  });

  test('a masked timer that ticks through whole slices is no reason to go on', async () => {
    const { console, end } = start([
      (machine, instructions) => {
        machine.pass(instructions * 1_000_000);
        return { kind: 'budget' };
      },
    ]);
    console.end();
    expect(await end).toBe(5);
  });
});

describe('time in HLT', () => {
  /** Halts for 60 ms a slice: more than is let pass before it is slept. */
  const halting: Slice = (machine) => {
    machine.halt(60_000_000);
    return { kind: 'budget' };
  };

  test('is slept while somebody may type', async () => {
    const { machine, console, end } = start([halting, busy, exitWith(0)]);
    await delay(5);
    // One slice, and the sleep after it.
    expect(machine.asked).toHaveLength(1);
    console.type('x');
    expect(await end).toBe(0);
  });

  test('is skipped when stdin has ended', async () => {
    const { console, end } = start([...Array.from({ length: 500 }, () => halting), exitWith(0)]);
    console.end();
    // 30 s, which the test would not live to see.
    expect(await end).toBe(0);
  });

  test('is skipped while the guest talks', async () => {
    const talking: Slice = (machine, instructions) => {
      run.serial.onByte(0x41);
      return halting(machine, instructions);
    };
    const run = start([idle, ...Array.from({ length: 500 }, () => talking), exitWith(0)]);
    run.console.type('x');
    expect(await run.end).toBe(0);
  }, 5_000);
});

describe('in real time', () => {
  test('all of the guest’s time is slept, though it talks and stdin has ended', async () => {
    const passing: Slice = (machine, instructions) => {
      run.serial.onByte(0x41);
      machine.retire(instructions);
      machine.pass(60_000_000);
      return { kind: 'budget' };
    };
    const run = start([idle, passing, passing, exitWith(0)], { realtime: true });
    run.console.type('x');
    run.console.end();
    await delay(5);
    // One slice after the first key, and the sleep after it.
    expect(run.machine.asked).toHaveLength(2);
    expect(await run.end).toBe(0);
  });
});

describe('limits', () => {
  test('no slice passes the instruction limit', async () => {
    const { machine, end } = start([busy], { icountLimit: 120_001 });
    expect(await end).toBe(124);
    expect(machine.pc.cpu.icount).toBe(120_001);
    expect(machine.asked).toEqual([50_000, 50_000, 20_001]);
  });

  test('a guest that ends with its last instruction has ended', async () => {
    const last: Slice = (machine, instructions) => {
      machine.retire(instructions);
      return { kind: 'exit', code: 0 };
    };
    expect(await start([last], { icountLimit: 10 }).end).toBe(0);
  });

  test('the time limit ends a busy guest', async () => {
    expect(await start([busy], { timeout: 30 }).end).toBe(124);
    expect(told).toContain('the time limit is reached');
  });

  test('and one that waits for input', async () => {
    expect(await start([idle], { timeout: 10 }).end).toBe(124);
  });

  test('a limit of years is none', async () => {
    expect(await start([busy, busy, exitWith(0)], { timeout: 1e12 }).end).toBe(0);
  });
});

describe('a stop from outside', () => {
  test('Ctrl-A x ends the run with 0', async () => {
    const { console, end } = start([idle]);
    console.escape();
    expect(await end).toBe(0);
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with %i', async (signal, exitCode) => {
    const before = process.listeners(signal);
    const { end } = start([busy]);
    const added = process.listeners(signal).filter((listener) => !before.includes(listener));
    expect(added).toHaveLength(1);
    for (const listener of added) listener(signal);
    expect(await end).toBe(exitCode);
    expect(process.listeners(signal)).toEqual(before);
  });
});

describe('the reader of the serial line', () => {
  /** Says one byte, then waits for input. */
  function talkTo(stream: Writable, flags: RunFlags) {
    const talk: Slice = () => {
      run.serial.onByte(0x41);
      return { kind: 'idle' };
    };
    const run = start([idle, talk, exitWith(0)], flags, stream);
    run.console.type('x');
    return run;
  }

  test('holds the guest up while it is slow', async () => {
    const accepted: (() => void)[] = [];
    const slow = new Writable({ write: (_chunk, _encoding, done) => accepted.push(done) });
    const { machine, console, end } = talkTo(slow, {});
    await vi.waitFor(() => expect(accepted).toHaveLength(1));
    console.type('x');
    await delay(20);
    expect(machine.asked).toHaveLength(2);
    accepted.shift()?.();
    expect(await end).toBe(0);
  });

  test('does not hold up the time limit', async () => {
    const accepted: (() => void)[] = [];
    const stuck = new Writable({ write: (_chunk, _encoding, done) => accepted.push(done) });
    const { console, end } = talkTo(stuck, { timeout: 100 });
    await vi.waitFor(() => expect(console.detached).toBe(true));
    accepted.shift()?.();
    expect(await end).toBe(124);
  });

  test('ends the run by going away, though the guest would talk for ever', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    const forever: Slice = () => {
      run.serial.onByte(0x41);
      return { kind: 'budget' };
    };
    const run = start([idle, forever], {}, new Writable({ write: (_chunk, _encoding, done) => done(gone) }));
    run.console.type('x');
    expect(await run.end).toBe(141);
    expect([run.console.detached, told]).toEqual([true, '']);
  });

  test('fails the run when it fails', async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
    const { console, end } = talkTo(full, {});
    await expect(end).rejects.toThrow('disk full');
    expect(console.detached).toBe(true);
  });
});

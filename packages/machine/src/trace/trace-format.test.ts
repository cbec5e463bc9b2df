/** Traces as text, JSON and Trace Events: events made by hand, and what is written of them. */
import { describe, expect, test } from 'vitest';
import type { JumpDetail, JumpEvent } from './trace-event.js';
import { TRACE_FORMATS, type TraceFormat } from './trace-format.js';

const since = { icount: 900, time: 4_000_000 };
const at = (detail: JumpDetail): JumpEvent => ({
  icount: 1000,
  time: 5_000_000,
  cs: 0x60,
  eip: 0x10_0000,
  ...detail,
});
const copy = (source: number, destination: number) =>
  at({ kind: 'copy', source, destination, bytes: 4096, since });

function written(format: TraceFormat, ...events: readonly JumpEvent[]): string {
  const writer = TRACE_FORMATS[format]();
  return writer.begin() + events.map((event) => writer.event(event)).join('') + writer.end({ exitCode: 0 });
}

/** What stands in the column of events. */
function told(...events: readonly JumpEvent[]): string[] {
  return written('text', ...events)
    .split('\n')
    .slice(1, -2)
    .map((line) => line.slice(39));
}

describe('text', () => {
  test('has the count, the time in milliseconds, and CS:EIP before each event', () => {
    expect(written('text', at({ kind: 'relocate_new_kernel' })).split('\n')[1]).toBe(
      '        1000     5.000  0060:00100000  relocate_new_kernel',
    );
  });

  test('joins copies from and to neighbouring pages, at the moment when the first began', () => {
    const events = [copy(0x5000, 0x1000), copy(0x6000, 0x2000), copy(0x7000, 0x9000), copy(0xa000, 0xa000)];
    expect(told(...events)).toEqual([
      'copy 00005000 -> 00001000  2 pages',
      'copy 00007000 -> 00009000  1 page',
      'copy 0000a000 in place     1 page',
    ]);
    expect(written('text', ...events)).toMatch(/^ {9}900 {5}4\.000 /m);
    expect(written('text', ...events)).toMatch(/\n4 pages copied, in 3 runs\n$/);
  });

  test('names the bits of a control register that have changed', () => {
    expect(told(at({ kind: 'control', register: 'cr0', before: 0x8005_0033, after: 0x3b }))).toEqual([
      'CR0  80050033 -> 0000003b +TS -WP -AM -PG',
    ]);
    expect(told(at({ kind: 'control', register: 'cr4', before: 0, after: 0x90 }))).toEqual([
      'CR4  00000000 -> 00000090 +PSE +PGE',
    ]);
  });

  test('tells of notifiers and devices, and of what was not done', () => {
    const device = { kind: 'device', name: 'pci', action: 'shutdown', since } as const;
    expect(
      told(
        at({ kind: 'start', call: 'reboot' }),
        at({ kind: 'notifiers', event: 1, registered: 2 }),
        at({ kind: 'notifier', name: 'one', answer: 0x8001, since }),
        at({ ...device, outcome: 'done' }),
        at({ ...device, outcome: 'left' }),
        at({ ...device, outcome: 'none' }),
        at({ kind: 'stop', stop: { kind: 'power-off' } }),
      ),
    ).toEqual([
      'reboot(LINUX_REBOOT_CMD_KEXEC)',
      'reboot notifiers: 2',
      'notifier one: 8001, 1000 us',
      'device pci: shut down, 1000 us',
      'device pci: left as it is',
      'device pci: its driver does nothing',
      'the machine stops: power-off',
    ]);
  });

  test('cuts what the guest says to 80 columns', () => {
    const [, line = ''] = told(at({ kind: 'milestone', milestone: 'panic', text: 'x'.repeat(100) }));
    expect(line).toBe(`${'x'.repeat(40)}…`);
  });
});

describe('JSON', () => {
  test('holds the events as they came, and the outcome behind them', () => {
    const events = [at({ kind: 'start', call: 'panic' }), copy(0x5000, 0x1000), copy(0x6000, 0x2000)];
    expect(JSON.parse(written('json', ...events))).toEqual({ schemaVersion: 1, events, exitCode: 0 });
    expect(JSON.parse(written('json'))).toEqual({ schemaVersion: 1, events: [], exitCode: 0 });
  });
});

describe('Trace Events', () => {
  test('are in microseconds: a notifier and a page are slices, a register is a mark', () => {
    const table = { base: 0, limit: 0 };
    const { traceEvents, otherData } = JSON.parse(
      written(
        'perfetto',
        at({ kind: 'notifier', name: 'one', answer: 0, since }),
        copy(0x5000, 0x1000),
        at({ kind: 'table', register: 'idtr', before: table, after: table }),
      ),
    );
    expect(otherData).toEqual({ exitCode: 0 });
    expect(traceEvents.slice(4)).toMatchObject([
      { ph: 'X', name: 'notifier one', ts: 4000, dur: 1000 },
      { ph: 'X', name: 'page', ts: 4000, dur: 1000, args: { source: '00005000', instructions: 100 } },
      { ph: 'i', name: 'IDTR', ts: 5000, s: 't' },
    ]);
  });

  test('have a slice from each phase’s beginning to the next one’s, and the last to the end', () => {
    const events = [
      { ...at({ kind: 'start', call: 'reboot' }), time: 1000 },
      { ...at({ kind: 'relocate_new_kernel' }), time: 3000 },
      { ...at({ kind: 'milestone', milestone: 'kernel-entry' }), time: 7000 },
      { ...at({ kind: 'stop', stop: { kind: 'power-off' } }), time: 9000 },
    ] satisfies JumpEvent[];
    const { traceEvents } = JSON.parse(written('perfetto', ...events));
    const slices = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
    expect(slices).toMatchObject([
      { name: 'running kernel', ts: 1, dur: 2 },
      { name: 'relocate_new_kernel', ts: 3, dur: 4 },
      { name: 'kernel, from its entry', ts: 7, dur: 2 },
    ]);
  });
});

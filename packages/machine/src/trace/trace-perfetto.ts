/** A trace in the Trace Event Format, which ui.perfetto.dev and chrome://tracing open. */
import { type Instant, type JumpEvent, MILESTONES, type Milestone } from './trace-event.js';
import type { TraceOutcome, TraceWriter } from './trace-format.js';

/*
 * One process, three threads. A phase is a slice of the first; what is done in it – a device, a page – lies within.
 * Time is the guest's, in microseconds, as the format has it.
 */
const PROCESS = 1;
const THREADS = { phases: 1, steps: 2, registers: 3 } as const;
type Thread = keyof typeof THREADS;
const THREAD_NAMES: Readonly<Record<Thread, string>> = {
  phases: 'who executes',
  steps: 'devices and pages',
  registers: 'system registers',
};

/** What begins when this is told. */
const PHASES: Readonly<Partial<Record<JumpEvent['kind'] | Milestone, string>>> = {
  start: 'running kernel',
  machine_kexec: 'machine_kexec',
  relocate_new_kernel: 'relocate_new_kernel',
  purgatory: 'purgatory',
  'setup-entry': 'setup code',
  'kernel-entry': 'kernel, from its entry',
  decompressed: 'kernel, decompressed',
  init: 'init',
};

interface Phase {
  readonly name: string;
  readonly since: Instant;
}

export class TracePerfetto implements TraceWriter {
  #isFirst = true;
  #phase: Phase | undefined;
  #last: Instant | undefined;

  begin(): string {
    const names = [
      this.#put({ ph: 'M', name: 'process_name', args: { name: 'kexec' } }),
      ...Object.entries(THREADS).map(([thread, tid]) =>
        this.#put({ ph: 'M', name: 'thread_name', tid, args: { name: THREAD_NAMES[thread as Thread] } }),
      ),
    ];
    return `{"displayTimeUnit":"ns","traceEvents":[${names.join('')}`;
  }

  event(event: JumpEvent): string {
    this.#last = event;
    const phase = PHASES[event.kind === 'milestone' ? event.milestone : event.kind];
    const ended = phase === undefined ? '' : this.#beginPhase({ name: phase, since: event }, event);
    return ended + this.#step(event);
  }

  /** @param outcome - stands beside the events, as "otherData" */
  end(outcome: TraceOutcome): string {
    const ended = this.#last ? this.#beginPhase(undefined, this.#last) : '';
    return `${ended}\n],"otherData":${JSON.stringify(outcome)}}\n`;
  }

  #beginPhase(next: Phase | undefined, now: Instant): string {
    const phase = this.#phase;
    this.#phase = next;
    return phase ? this.#slice('phases', phase.name, phase.since, now) : '';
  }

  #step(event: JumpEvent): string {
    const { kind, icount, time, cs, eip, ...detail } = event;
    const where = { icount, 'cs:eip': `${hex(cs, 4)}:${hex(eip)}` };
    switch (event.kind) {
      case 'notifier':
        return this.#slice('steps', `notifier ${event.name}`, event.since, event, { answer: event.answer });
      case 'device':
        return this.#slice('steps', event.name, event.since, event, {
          action: event.action,
          outcome: event.outcome,
        });
      case 'copy': {
        const { source, destination, bytes } = event;
        const places = { source: hex(source), destination: hex(destination), bytes };
        return this.#slice('steps', 'page', event.since, event, places);
      }
      case 'control': {
        const change = { before: hex(event.before), after: hex(event.after), ...where };
        return this.#instant('registers', event.register.toUpperCase(), event, change);
      }
      case 'table':
        return this.#instant('registers', event.register.toUpperCase(), event, { ...detail, ...where });
      case 'milestone': {
        const text = event.text === undefined ? {} : { text: event.text };
        return this.#instant('phases', MILESTONES[event.milestone], event, { ...text, ...where });
      }
      case 'stop':
        return this.#instant('phases', `the machine stops: ${event.stop.kind}`, event, where);
      default:
        return this.#instant('phases', kind, event, { ...detail, ...where });
    }
  }

  #slice(thread: Thread, name: string, since: Instant, now: Instant, args: object = {}): string {
    const instructions = now.icount - since.icount;
    return this.#put({
      ph: 'X',
      name,
      tid: THREADS[thread],
      ts: microseconds(since),
      dur: (now.time - since.time) / 1000,
      args: { ...args, icount: since.icount, instructions },
    });
  }

  #instant(thread: Thread, name: string, now: Instant, args: object): string {
    // Scope t: a mark on its own thread.
    return this.#put({ ph: 'i', s: 't', name, tid: THREADS[thread], ts: microseconds(now), args });
  }

  #put(event: {
    readonly ph: 'M' | 'X' | 'i';
    readonly name: string;
    readonly [member: string]: unknown;
  }): string {
    const separator = this.#isFirst ? '\n' : ',\n';
    this.#isFirst = false;
    return `${separator}${JSON.stringify({ pid: PROCESS, tid: THREADS.phases, cat: 'kexec', ...event })}`;
  }
}

const microseconds = ({ time }: Instant) => time / 1000;
const hex = (value: number, digits = 8) => (value >>> 0).toString(16).padStart(digits, '0');

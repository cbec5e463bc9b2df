/** A trace for people: a line an event, copies of neighbouring pages in one. */
import type { TableRegister } from '@kexec/x86-cpu';
import { type CopyRun, CopyRuns } from './page-runs.js';
import { type Instant, type JumpEvent, MILESTONES, type Moment } from './trace-event.js';
import type { TraceWriter } from './trace-format.js';

/** Columns; a line from the guest is cut to them. */
const WIDTH = 80;
const HEADING = 'instructions        ms         cs:eip  event';

/** Names of CR0's and CR4's bits. @see SDM Vol. 3A, 2.5 "Control Registers" */
const BITS = {
  cr0: { PE: 0, MP: 1, EM: 2, TS: 3, ET: 4, NE: 5, WP: 16, AM: 18, NW: 29, CD: 30, PG: 31 },
  cr3: {},
  cr4: { VME: 0, PVI: 1, TSD: 2, DE: 3, PSE: 4, PAE: 5, MCE: 6, PGE: 7, PCE: 8, OSFXSR: 9, OSXMMEXCPT: 10 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

const ACTIONS = {
  shutdown: 'shut down',
  'crash-shutdown': 'quieted',
  resume: 'set up again',
} as const;

export class TraceText implements TraceWriter {
  readonly #runs = new CopyRuns();
  #pages = 0;
  #lines = 0;

  begin(): string {
    return `${HEADING}\n`;
  }

  event(event: JumpEvent): string {
    if (event.kind !== 'copy') return this.#copied(this.#runs.take()) + this.#line(event, describe(event));
    this.#pages++;
    return this.#copied(this.#runs.add(event));
  }

  end(): string {
    return `${this.#copied(this.#runs.take())}${this.#pages} pages copied, in ${this.#lines} runs\n`;
  }

  #copied(run: CopyRun | undefined): string {
    if (!run) return '';
    this.#lines++;
    const { first, copies } = run;
    const { source, destination } = first;
    const pages = `${copies} page${copies === 1 ? '' : 's'}`;
    const places =
      source === destination ? `${hex(source)} in place   ` : `${hex(source)} -> ${hex(destination)}`;
    return this.#line({ ...first, ...first.since }, [`copy ${places}  ${pages}`]);
  }

  #line(moment: Moment, [head = '', ...rest]: readonly string[]): string {
    const { icount, cs, eip } = moment;
    const columns = `${String(icount).padStart(12)} ${milliseconds(moment).padStart(9)}  ${hex(cs, 4)}:${hex(eip)}  `;
    return [columns + head, ...rest.map((line) => ' '.repeat(columns.length) + line)]
      .map((line) => `${line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line}\n`)
      .join('');
  }
}

/** One line or more. */
function describe(event: Exclude<JumpEvent, { kind: 'copy' }>): readonly string[] {
  switch (event.kind) {
    case 'start':
      return [event.call === 'panic' ? 'panic' : 'reboot(LINUX_REBOOT_CMD_KEXEC)'];
    case 'notifiers':
      return [`reboot notifiers: ${event.registered === 0 ? 'none' : event.registered}`];
    case 'notifier':
      return [`notifier ${event.name}: ${hex(event.answer, 4)}, ${took(event)}`];
    case 'device':
      return [`device ${event.name}: ${turnOf(event)}`];
    case 'machine_kexec':
      return [
        'machine_kexec',
        `page directory ${hex(event.pgd)}`,
        `control page   ${hex(event.controlPage)}`,
        `entry list     ${hex(event.list)}`,
        `start          ${hex(event.start)}`,
      ];
    case 'relocate_new_kernel':
      return ['relocate_new_kernel'];
    case 'control': {
      const { register, before, after } = event;
      const change = `${register.toUpperCase()}  ${hex(before)} -> ${hex(after)}`;
      return [[change, ...changedBits(BITS[register], before, after)].join(' ')];
    }
    case 'table':
      return [`${event.register.toUpperCase()} ${tableText(event.before)} -> ${tableText(event.after)}`];
    case 'milestone':
      return [`* ${MILESTONES[event.milestone]}`, ...(event.text === undefined ? [] : [event.text])];
    case 'stop':
      return [`the machine stops: ${event.stop.kind}`];
  }
}

function turnOf(event: Extract<JumpEvent, { kind: 'device' }>): string {
  if (event.outcome === 'left') return 'left as it is';
  if (event.outcome === 'none') return 'its driver does nothing';
  return `${ACTIONS[event.action]}, ${took(event)}`;
}

function took({ time, since }: Instant & { readonly since: Instant }): string {
  return `${(time - since.time) / 1000} us`;
}

/** `-PG +WP`. */
function changedBits(names: Readonly<Record<string, number>>, before: number, after: number): string[] {
  return Object.entries(names).flatMap(([name, bit]) => {
    if ((((before ^ after) >>> bit) & 1) === 0) return [];
    return [`${(after >>> bit) & 1 ? '+' : '-'}${name}`];
  });
}

const tableText = ({ base, limit }: TableRegister) => `${hex(base)}/${hex(limit, 4)}`;
const milliseconds = ({ time }: Instant) => (time / 1e6).toFixed(3);
const hex = (value: number, digits = 8) => (value >>> 0).toString(16).padStart(digits, '0');

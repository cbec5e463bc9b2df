/** The Trace Event Format as its document has it, for tests: what is wrong with a file that claims to be in it. */

/** @see "Trace Event Format" (Chromium project), "JSON Object Format" and "Event Descriptions" */
interface TraceEvent {
  readonly [member: string]: unknown;
}

/** Phases of the document that these traces may have, and what each must bring beside name, pid and tid. */
const PHASES: Readonly<Record<string, (event: TraceEvent) => string | undefined>> = {
  // Complete Events: ts and dur, in microseconds.
  X: ({ ts, dur }) => (isTime(ts) && isTime(dur) ? undefined : 'a complete event has ts and dur'),
  // Instant Events: a scope, which is g, p or t.
  i: ({ ts, s }) =>
    isTime(ts) && ['g', 'p', 't'].includes(String(s)) ? undefined : 'an instant event has ts and a scope',
  // Metadata Events: the name says what args.name names.
  M: ({ name, args }) =>
    ['process_name', 'thread_name'].includes(String(name)) && typeof (args as TraceEvent)?.name === 'string'
      ? undefined
      : 'a metadata event names a process or a thread',
};

const isTime = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** @returns a sentence for each fault; none for a valid file */
export function traceEventFaults(text: string): string[] {
  const file: unknown = JSON.parse(text);
  if (typeof file !== 'object' || file === null || !('traceEvents' in file))
    return ['there is no traceEvents'];
  const { traceEvents, displayTimeUnit } = file as TraceEvent;
  if (!Array.isArray(traceEvents)) return ['traceEvents is no array'];
  const unit =
    displayTimeUnit === undefined || displayTimeUnit === 'ms' || displayTimeUnit === 'ns'
      ? []
      : ['displayTimeUnit is ms or ns'];
  return [
    ...unit,
    ...traceEvents.flatMap((event: TraceEvent, index) =>
      faultsOf(event).map((fault) => `${index}: ${fault}`),
    ),
    ...threadsOf(traceEvents).flatMap(nestingFaults),
  ];
}

function faultsOf(event: TraceEvent): string[] {
  const { name, ph, pid, tid, args, cat } = event;
  const faults: string[] = [];
  if (typeof name !== 'string' || name === '') faults.push('no name');
  if (!Number.isInteger(pid) || !Number.isInteger(tid)) faults.push('no pid or tid');
  if (cat !== undefined && typeof cat !== 'string') faults.push('categories are one string');
  if (args !== undefined && (typeof args !== 'object' || args === null)) faults.push('args is no object');
  const check = typeof ph === 'string' ? PHASES[ph] : undefined;
  const fault = check ? check(event) : `there is no phase ${ph}`;
  return fault === undefined ? faults : [...faults, fault];
}

function threadsOf(events: readonly TraceEvent[]): (readonly TraceEvent[])[] {
  const threads = new Map<unknown, TraceEvent[]>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const thread = threads.get(event.tid);
    if (thread) thread.push(event);
    else threads.set(event.tid, [event]);
  }
  return [...threads.values()];
}

/** "The events should be nested": a slice of a thread begins within another and ends there, or begins after it. */
function nestingFaults(slices: readonly TraceEvent[]): string[] {
  const edges = slices.map(({ ts, dur, name }) => ({
    begin: nanoseconds(ts),
    end: nanoseconds(ts) + nanoseconds(dur),
    name,
  }));
  const sorted = edges.sort((a, b) => a.begin - b.begin || b.end - a.end);
  const open: { readonly end: number; readonly name: unknown }[] = [];
  const faults: string[] = [];
  for (const slice of sorted) {
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= slice.begin) open.pop();
    const around = open.at(-1);
    if (around && slice.end > around.end) faults.push(`${slice.name} ends after ${around.name}, around it`);
    open.push(slice);
  }
  return faults;
}

/** Whole: sums of fractions of microseconds would not compare. */
const nanoseconds = (microseconds: unknown) => Math.round(Number(microseconds) * 1000);

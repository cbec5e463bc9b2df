/** A trace on its way to a file: what comes first, each event, and what comes last. */
import type { JumpEvent } from './trace-event.js';
import { TraceJson } from './trace-json.js';
import { TracePerfetto } from './trace-perfetto.js';
import { TraceText } from './trace-text.js';

/** How a run ended, for the end of a trace: plain data. */
export type TraceOutcome = Readonly<Record<string, unknown>>;

/** Writes one trace, in order; the pieces put together are the file. */
export interface TraceWriter {
  begin(): string;
  /** @returns what can be written by now, perhaps nothing */
  event(event: JumpEvent): string;
  end(outcome: TraceOutcome): string;
}

/** What a trace can be written as. */
export const TRACE_FORMATS = {
  text: () => new TraceText(),
  json: () => new TraceJson(),
  perfetto: () => new TracePerfetto(),
} as const satisfies Readonly<Record<string, () => TraceWriter>>;

export type TraceFormat = keyof typeof TRACE_FORMATS;

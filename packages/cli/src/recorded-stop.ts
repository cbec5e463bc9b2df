/** How a run ended, as its record says it. */
import { ENDING_SIGNALS, type RunStop } from './run-stop.js';

/** What a record keeps of a stop. */
export interface RecordedStop {
  readonly kind: string;
  readonly code?: number;
  readonly by?: string;
  readonly signal?: string;
}

export function recordedStop(stop: RunStop): RecordedStop {
  const { kind } = stop;
  if (kind === 'exit') return { kind, code: stop.code };
  if (kind === 'reset') return { kind, by: stop.by };
  return kind === 'interrupted' ? { kind, signal: stop.signal } : { kind };
}

/** Stops that a machine comes to by itself, however its run is sliced. */
const OWN_STOPS: readonly string[] = [
  'exit',
  'reset',
  'power-off',
  'returned',
  'halted-forever',
  'triple-fault',
] satisfies readonly RunStop['kind'][];

export function isOwnStop({ kind }: { readonly kind: string }): boolean {
  return OWN_STOPS.includes(kind);
}

const HOST_STOPS = ['icount-limit', 'timeout', 'escape', 'killed', 'reader-gone', 'idle'] as const;

/** A stop that did not come from the machine, again; what nobody knows is the record's end and no more. */
export function hostStop(recorded: unknown): RunStop {
  const { kind, signal } = stopFields(recorded);
  const ending = ENDING_SIGNALS.find((known) => known === signal);
  if (kind === 'interrupted' && ending) return { kind, signal: ending };
  return { kind: HOST_STOPS.find((known) => known === kind) ?? 'record-end' };
}

/** The fields of a stop that was read from a file. */
export function stopFields(recorded: unknown): { readonly kind: string; readonly signal?: unknown } {
  const fields = typeof recorded === 'object' && recorded !== null ? { ...recorded } : {};
  const { kind, signal } = fields as { readonly kind?: unknown; readonly signal?: unknown };
  return { kind: typeof kind === 'string' ? kind : '', signal };
}

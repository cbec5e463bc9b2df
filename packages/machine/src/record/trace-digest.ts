/** What a run has done up to a moment, without a look at memory: cheap enough for every key that is typed. */
import type { Pc } from '@kexec/pc';

/** The hash over the events of the trace so far, as 16 digits. */
export function traceDigest(pc: Pc): string {
  const { high = 0, low = 0 } = pc.saveState().trace as { readonly high?: number; readonly low?: number };
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

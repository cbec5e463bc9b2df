/** Debian's boot in a page's worker: what scripts/trace-hash-chromium.mjs runs. */
import { type TracedEnd, tracedMachine } from './traced-machine.js';

/** What the page sends. */
export interface TraceOrder {
  readonly vmlinuz: Uint8Array<ArrayBuffer>;
  readonly initrd: Uint8Array<ArrayBuffer>;
  readonly translator: boolean;
}

/** What the worker answers at the end; `longestSlice` in milliseconds. */
export type TraceReport = (TracedEnd & { readonly longestSlice: number }) | { readonly error: string };

const SLICE_INSTRUCTIONS = 1_000_000;

/** What a worker's global scope has of its own. */
interface WorkerScope {
  onmessage: ((event: { readonly data: TraceOrder }) => void) | null;
  postMessage(report: TraceReport): void;
}
const scope = globalThis as unknown as WorkerScope;

/** A turn of the event loop. Timers are held back to 4 ms each; messages are not. */
const { port1, port2 } = new MessageChannel();
const turn = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

/** Boots until the machine stops by itself. */
async function boot({ vmlinuz, initrd, translator }: TraceOrder): Promise<TraceReport> {
  const machine = tracedMachine(vmlinuz, initrd, translator);
  let longestSlice = 0;
  for (;;) {
    const began = performance.now();
    const { kind } = machine.run({ instructions: SLICE_INSTRUCTIONS });
    longestSlice = Math.max(longestSlice, performance.now() - began);
    if (kind !== 'budget')
      return { stop: kind, instructions: machine.pc.cpu.icount, hash: machine.pc.traceHash(), longestSlice };
    await turn();
  }
}

scope.onmessage = ({ data }) => {
  boot(data).then(
    (report) => scope.postMessage(report),
    (error) => scope.postMessage({ error: String(error) }),
  );
};

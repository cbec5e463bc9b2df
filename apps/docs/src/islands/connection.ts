/** A page's end of its worker: questions with answers, and what the live machine reports. */
import type { Argument, Order, Refusal, Report, Result, Verb } from './protocol.js';

/** What the live machine tells without being asked. */
export type MachineEvent = Extract<Report, { kind: 'serial' | 'status' }>;

/** The worker refused an order: KexecError's code, message and remedy. */
export class RefusedError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;

  constructor({ code, message, remedy }: Refusal) {
    super(message);
    this.name = 'RefusedError';
    this.code = code;
    this.remedy = remedy;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One worker. Making it downloads the machine. */
export class Connection {
  readonly #worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(onEvent: (event: MachineEvent) => void = () => undefined) {
    this.#worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.kind === 'serial' || data.kind === 'status') return onEvent(data);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.kind === 'answer') waiting?.resolve(data.result);
      else waiting?.reject(new RefusedError(data.refusal));
    };
    this.#worker.onerror = ({ message }) => {
      const refusal = { code: 'WORKER', message: message || 'the worker could not be started' };
      for (const { reject } of this.#waiting.values()) reject(new RefusedError(refusal));
      this.#waiting.clear();
    };
  }

  /** @throws RefusedError when the machine refuses */
  ask<V extends Verb>(verb: V, argument: Argument<V>): Promise<Result<V>> {
    const id = ++this.#lastId;
    const order: Order = { id, verb, argument };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage(order);
    });
  }

  close(): void {
    this.#worker.terminate();
  }
}

/** Notifier chains: who is told of an event, in which order, and who may end the telling. */
import { EEXIST, ENOENT } from './uapi/errno.js';

/** What a notifier answers. @see include/linux/notifier.h */
export const NOTIFY_DONE = 0x0000;
export const NOTIFY_OK = 0x0001;
/** Set in an answer after which nobody else is called. */
export const NOTIFY_STOP_MASK = 0x8000;
export const NOTIFY_BAD = NOTIFY_STOP_MASK | 0x0002;
export const NOTIFY_STOP = NOTIFY_OK | NOTIFY_STOP_MASK;

/** One who wants to be told. */
export interface NotifierBlock<Data = unknown> {
  /** For whoever watches the chain. */
  readonly name?: string;
  /** Higher is told earlier; 0 when absent. Among equals, who registered first. */
  readonly priority?: number;
  notifierCall(event: number, data: Data): number;
}

/** Watches a chain being told. */
export interface NotifierWatch {
  /** Blocks are about to be told, so many. */
  called(event: number, registered: number): void;
  /** One has been told. */
  told(name: string | undefined, answer: number): void;
}

/** A chain of notifiers. @see kernel/notifier.c */
export class NotifierChain<Data = unknown> {
  /** Whoever watches the chain; it changes nothing. */
  watch: NotifierWatch | undefined;
  readonly #chain: NotifierBlock<Data>[] = [];

  /** @returns 0, or `-EEXIST` for a block that is in the chain */
  register(block: NotifierBlock<Data>): number {
    if (this.#chain.includes(block)) return -EEXIST;
    const later = this.#chain.findIndex((other) => priorityOf(block) > priorityOf(other));
    this.#chain.splice(later < 0 ? this.#chain.length : later, 0, block);
    return 0;
  }

  /** @returns 0, or `-ENOENT` for a block that is not in the chain */
  unregister(block: NotifierBlock<Data>): number {
    const index = this.#chain.indexOf(block);
    if (index < 0) return -ENOENT;
    this.#chain.splice(index, 1);
    return 0;
  }

  /** Tells the chain; returns the last answer, NOTIFY_DONE of an empty chain. */
  callChain(event: number, data: Data): number {
    let answer = NOTIFY_DONE;
    this.watch?.called(event, this.#chain.length);
    for (const block of [...this.#chain]) {
      answer = block.notifierCall(event, data);
      this.watch?.told(block.name, answer);
      if (answer & NOTIFY_STOP_MASK) break;
    }
    return answer;
  }
}

function priorityOf(block: NotifierBlock<never>): number {
  return block.priority ?? 0;
}

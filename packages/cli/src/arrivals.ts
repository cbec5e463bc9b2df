/** What reaches a run from outside: input, the end of stdin, a signal, the time limit. None is lost while the run is busy. */
import type { HostStop } from './run-stop.js';

export class Arrivals {
  #asked: HostStop | undefined;
  #any = false;
  #wake: () => void = () => {};
  #stopWaiting: () => void = () => {};

  /** The first stop that the host asked for. */
  get asked(): HostStop | undefined {
    return this.#asked;
  }

  /** Whether anything came since `clear`. */
  get any(): boolean {
    return this.#any;
  }

  /** To be called before a run that sees whatever came till now. */
  clear(): void {
    this.#any = false;
  }

  /** Something came that the guest may wait for. */
  note(): void {
    this.#any = true;
    this.#wake();
  }

  ask(stop: HostStop): void {
    this.#asked ??= stop;
    this.#stopWaiting();
    this.note();
  }

  /** Resolves at the next arrival; at once when one came since `clear`. */
  async next(): Promise<void> {
    if (this.#any) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves at the next arrival, or after so many milliseconds. */
  async within(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([this.next(), elapsed]);
    clearTimeout(timer);
  }

  /** Waits for `work`, or until a stop is asked for. */
  async unlessAsked(work: Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      work.then(resolve, reject);
      if (this.#asked) resolve();
      else this.#stopWaiting = resolve;
    });
  }
}

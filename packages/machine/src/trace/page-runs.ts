/** Copies of pages that follow each other, as one. */
import type { JumpEvent } from './trace-event.js';

type PageCopyEvent = Extract<JumpEvent, { kind: 'copy' }>;

/** Pages that were copied one after another from ascending places to ascending places. */
export interface CopyRun {
  readonly first: PageCopyEvent;
  readonly bytes: number;
  readonly copies: number;
}

/** Gathers copies into runs. */
export class CopyRuns {
  #run: CopyRun | undefined;

  /** @returns the run that ends because this copy does not continue it */
  add(copy: PageCopyEvent): CopyRun | undefined {
    const run = this.#run;
    if (run && continues(run, copy)) {
      this.#run = { ...run, bytes: run.bytes + copy.bytes, copies: run.copies + 1 };
      return undefined;
    }
    this.#run = { first: copy, bytes: copy.bytes, copies: 1 };
    return run;
  }

  /** @returns the run that is under way, which ends here */
  take(): CopyRun | undefined {
    const run = this.#run;
    this.#run = undefined;
    return run;
  }
}

function continues({ first, bytes }: CopyRun, { source, destination }: PageCopyEvent): boolean {
  return source === first.source + bytes && destination === first.destination + bytes;
}

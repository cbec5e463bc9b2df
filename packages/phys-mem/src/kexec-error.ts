/** KexecError: misuse by a caller, or a bad file; the root of every error class of the packages. */

/** What an error may carry besides its message. */
export interface KexecErrorOptions {
  /** The values that the message names, for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the reader can do about it. */
  readonly remedy?: string;
}

/** Thrown on misuse by our caller or a bad file; never for a guest's fault or a system call's result. */
export class KexecError extends Error {
  /** Stable, for programs: 'RAM_SIZE', 'TRUNCATED'. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, options: KexecErrorOptions = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.remedy = options.remedy;
  }
}

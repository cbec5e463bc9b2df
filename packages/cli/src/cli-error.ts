/** An error that ends the command: its exit code, a stable code, a message and what to do. */

export class CliError extends Error {
  readonly exitCode: number;
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(exitCode: number, code: string, message: string, options: { readonly remedy?: string } = {}) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.code = code;
    this.remedy = options.remedy;
  }
}

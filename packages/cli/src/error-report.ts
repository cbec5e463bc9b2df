/** Errors as the user sees them: what happened, the code, and what to do about it. */
import { LOADER_ERRORS, LoaderError } from '@kexec/loaders';
import { KexecError, KexecSyscallError } from '@kexec/machine';
import pc from 'picocolors';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';

interface ErrorReport {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly errno?: number;
  /** The values that the message names. */
  readonly details?: KexecError['details'];
}

/** Prints an error to stderr, or as JSON to stdout. @returns the exit code that it calls for */
export function reportError(error: unknown, json: boolean): number {
  const report = describeError(error);
  if (json) {
    const { exitCode, ...rest } = report;
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, exitCode, error: rest }, bigintAsText)}\n`);
    return exitCode;
  }
  process.stderr.write(`${pc.red('kexec:')} ${report.message} [${report.code}]\n`);
  if (report.remedy) process.stderr.write(`       ${report.remedy}\n`);
  if (report.exitCode === EXIT.INTERNAL && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return report.exitCode;
}

/** JSON has no bigint: a 64-bit field of a header is written in decimal. */
const bigintAsText = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

/** Sorts an error into the table of exit codes. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, code: error.code, message: error.message, remedy: error.remedy };
  }
  if (error instanceof KexecError) {
    const { code, message } = error;
    const { exitCode, remedy = error.remedy } = outcomeOf(error);
    const errno = error instanceof KexecSyscallError ? { errno: error.errno } : {};
    return { exitCode, code, message, remedy, ...errno, details: error.details };
  }
  if (isSystemError(error)) {
    return { exitCode: EXIT.IO, code: error.code, message: error.message, remedy: undefined };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: EXIT.INTERNAL,
    code: 'INTERNAL',
    message,
    remedy: REPORT_IT,
  };
}

interface Outcome {
  readonly exitCode: number;
  /** Said instead of the error's own remedy: the command knows what its user can do. */
  readonly remedy?: string;
}

function outcomeOf(error: KexecError): Outcome {
  if (error instanceof LoaderError) {
    const { refuses } = LOADER_ERRORS[error.code];
    return { exitCode: refuses === 'image' ? EXIT.UNKNOWN_IMAGE : EXIT.LOAD_REFUSED };
  }
  if (error instanceof KexecSyscallError) return { exitCode: EXIT.LOAD_REFUSED };
  const row = OUTCOMES.find(([codes]) => codes.test(error.code));
  // No file and no option leads to any other code: the command has misused the library.
  return row ? row[1] : { exitCode: EXIT.INTERNAL, remedy: error.remedy ?? REPORT_IT };
}

const REPORT_IT = 'This is a bug in kexec; please report it.';
const LOAD_AGAIN = 'Remove the saved machine and load the image again.';

/** Codes that are neither a loader's nor a system call's. */
const OUTCOMES: readonly (readonly [codes: RegExp, outcome: Outcome])[] = [
  [/^(CPU_MODEL|MEMORY_SIZE|RAM_SIZE|NO_DEVICE|KERNEL_AWAY)$/, { exitCode: EXIT.USAGE }],
  [/^(NO_MEMORY|BOOT_FAILED)$/, { exitCode: EXIT.LOAD_REFUSED }],
  [/^(RUN_LIMIT|CALL_STOPPED|NOT_DECOMPRESSED)$/, { exitCode: EXIT.GUEST_FAULT }],
  [/^RECORD_(START|DIVERGED)$/, { exitCode: EXIT.EXPECTATION }],
  [/^RECORD_/, { exitCode: EXIT.IO }],
  [
    /^(SNAPSHOT_|STATE_|CPU_STATE|BAD_STATE|MEM_MAP_STATE|TEXT_CHANGED)/,
    { exitCode: EXIT.IO, remedy: LOAD_AGAIN },
  ],
];

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

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
}

/** Prints an error to stderr, or as JSON to stdout. @returns the exit code that it calls for */
export function reportError(error: unknown, json: boolean): number {
  const report = describeError(error);
  if (json) {
    const { exitCode, ...rest } = report;
    process.stdout.write(`${JSON.stringify({ schemaVersion: 1, exitCode, error: rest })}\n`);
    return exitCode;
  }
  process.stderr.write(`${pc.red('kexec:')} ${report.message} [${report.code}]\n`);
  if (report.remedy) process.stderr.write(`       ${report.remedy}\n`);
  if (report.exitCode === EXIT.INTERNAL && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return report.exitCode;
}

/** Sorts an error into the table of exit codes. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, code: error.code, message: error.message, remedy: error.remedy };
  }
  if (error instanceof KexecError) {
    const { code, message, remedy } = error;
    const errno = error instanceof KexecSyscallError ? { errno: error.errno } : {};
    return { exitCode: exitCodeOf(error), code, message, remedy, ...errno };
  }
  if (isSystemError(error)) {
    return { exitCode: EXIT.IO, code: error.code, message: error.message, remedy: undefined };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: EXIT.INTERNAL,
    code: 'INTERNAL',
    message,
    remedy: 'This is a bug in kexec; please report it.',
  };
}

function exitCodeOf(error: KexecError): number {
  if (error instanceof LoaderError) {
    return LOADER_ERRORS[error.code].refuses === 'image' ? EXIT.UNKNOWN_IMAGE : EXIT.LOAD_REFUSED;
  }
  if (error instanceof KexecSyscallError) return EXIT.LOAD_REFUSED;
  if (error.code.startsWith('SNAPSHOT_')) return EXIT.IO;
  return EXIT.USAGE;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

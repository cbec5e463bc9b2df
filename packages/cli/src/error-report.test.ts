/** Which error ends the command with which exit code. */
import { LoaderError } from '@kexec/loaders';
import { KexecError } from '@kexec/machine';
import { describe, expect, test } from 'vitest';
import { CliError } from './cli-error.js';
import { describeError } from './error-report.js';

const describeCode = (code: string, remedy?: string) =>
  describeError(new KexecError(code, 'words', remedy === undefined ? {} : { remedy }));

describe('an error of the library', () => {
  test.each([
    ['CPU_MODEL', 2],
    ['MEMORY_SIZE', 2],
    ['RAM_SIZE', 2],
    ['NO_MEMORY', 3],
    ['BOOT_FAILED', 3],
    ['RUN_LIMIT', 5],
    ['CALL_STOPPED', 5],
    ['SNAPSHOT_MAGIC', 6],
    ['SNAPSHOT_STATE', 6],
    ['STATE_VERSION', 6],
    ['CPU_STATE', 6],
    ['BAD_STATE', 6],
    ['MEM_MAP_STATE', 6],
    ['TEXT_CHANGED', 6],
    ['IRQ_TAKEN', 70],
  ])('%s → %i', (code, exitCode) => expect(describeCode(code)).toMatchObject({ code, exitCode }));

  test('in a saved state tells how to get rid of it', () => {
    expect(describeCode('TEXT_CHANGED', 'Use the version that saved it.').remedy).toBe(
      'Remove the saved machine and load the image again.',
    );
  });

  test('keeps its own remedy otherwise', () => {
    expect(describeCode('NO_MEMORY', 'Take less.').remedy).toBe('Take less.');
    expect(describeCode('CPU_MODEL').remedy).toBeUndefined();
    expect(describeCode('IRQ_TAKEN').remedy).toBe('This is a bug in kexec; please report it.');
  });
});

test('a loader tells an unknown image from a refused load', () => {
  expect(describeError(new LoaderError('UNKNOWN_TYPE', 'words')).exitCode).toBe(4);
  expect(describeError(new LoaderError('TRUNCATED', 'words')).exitCode).toBe(3);
});

test('a library’s error brings the values that its message names', () => {
  const error = new LoaderError('TRUNCATED', 'words', { details: { want: 2048, have: 1024 } });
  expect(describeError(error).details).toEqual({ want: 2048, have: 1024 });
});

test('the command’s own errors carry their code', () => {
  expect(describeError(new CliError(3, 'NOTHING_LOADED', 'words', { remedy: 'Load.' }))).toEqual({
    exitCode: 3,
    code: 'NOTHING_LOADED',
    message: 'words',
    remedy: 'Load.',
  });
});

test('a failed system call of the host is I/O; anything else is a bug', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' });
  expect(describeError(full)).toMatchObject({ exitCode: 6, code: 'ENOSPC' });
  expect(describeError(new TypeError('x is undefined'))).toMatchObject({ exitCode: 70, code: 'INTERNAL' });
  expect(describeError('words')).toMatchObject({ exitCode: 70, message: 'words' });
});

/** What a test expects of a refusal: LoaderError, its code, and that it says what to do. */
import { expect } from 'vitest';
import { LoaderError, type LoaderErrorCode } from '../loader-error.js';

/** Runs `load`, which must throw a LoaderError of this code with a remedy, and returns the error. */
export function refusal(code: LoaderErrorCode, load: () => unknown): LoaderError {
  try {
    load();
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    expect(error.code, error.message).toBe(code);
    expect(error.remedy).toBeTruthy();
    return error;
  }
  throw new Error(`expected ${code}, nothing was thrown`);
}

/** Figures that a test run ends with: a test notes its own, scripts/figures-reporter.mjs prints their table. */
import { TestRunner } from 'vitest';

/** Numbers by name, in the order of the table's line. */
export type Figures = Readonly<Record<string, number>>;

declare module 'vitest' {
  interface TaskMeta {
    /** Lines of the table by title. */
    figures?: Record<string, Figures>;
  }
}

/**
 * Notes figures of the running test under a title; lines of one title are added up, whatever tests they are from:
 * `noteFigures('silicon', { forms: 1169, vectors: 9352, disagreements: 0 })`.
 */
export function noteFigures(title: string, figures: Figures): void {
  const task = TestRunner.getCurrentTest();
  if (task === undefined) throw new Error(`figures of ${title} outside of a test`);
  task.meta.figures = { ...task.meta.figures, [title]: figures };
}

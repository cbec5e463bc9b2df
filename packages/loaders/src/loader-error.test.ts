/** The table of codes: numbers are unique, explanations are paragraphs. */
import { expect, test } from 'vitest';
import { LOADER_ERRORS } from './loader-error.js';

const rows = Object.entries(LOADER_ERRORS);

test('every code has a number of its own', () => {
  const numbers = rows.map(([, { number }]) => number);
  expect(new Set(numbers).size).toBe(rows.length);
  for (const number of numbers) expect(number).toMatch(/^KX1\d{3}$/);
});

test.each(rows)('%s has a title and one paragraph that ends as a sentence', (_, { title, explanation }) => {
  expect(title.length).toBeGreaterThan(10);
  expect(explanation).toMatch(/^[A-Z\\a-z][^\n]{60,}\.$/);
});

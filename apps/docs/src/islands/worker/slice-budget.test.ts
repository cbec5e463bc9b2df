/** A budget follows the speed that was measured. */
import { expect, test } from 'vitest';
import { SliceBudget } from './slice-budget.js';

test('a budget that took too long is followed by one of the target’s length', () => {
  const budget = new SliceBudget();
  const { instructions } = budget;
  budget.measured(instructions, 2);
  expect(budget.instructions).toBe(instructions / 4);
});

test('a fast one grows by half at most, and one that ended early says nothing', () => {
  const budget = new SliceBudget();
  const { instructions } = budget;
  budget.measured(instructions, 0.01);
  expect(budget.instructions).toBe(instructions * 1.5);
  budget.measured(budget.instructions / 2, 0.1);
  expect(budget.instructions).toBe(instructions * 1.5);
});

test('a budget has a least and a greatest length', () => {
  const slow = new SliceBudget();
  for (let i = 0; i < 50; i++) slow.measured(1, 1000);
  expect(slow.instructions).toBe(500);
  const fast = new SliceBudget();
  for (let i = 0; i < 50; i++) fast.measured(fast.instructions, 0.01);
  expect(fast.instructions).toBe(200_000);
});

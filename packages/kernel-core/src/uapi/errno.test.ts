/** errno names. */
import { expect, it } from 'vitest';
import { EADDRNOTAVAIL, EINVAL, errnoName } from './errno.js';

it('an errno has its name with either sign', () => {
  expect([errnoName(22), errnoName(-EINVAL), errnoName(-EADDRNOTAVAIL)]).toEqual([
    'EINVAL',
    'EINVAL',
    'EADDRNOTAVAIL',
  ]);
  expect(errnoName(0)).toBeUndefined();
});

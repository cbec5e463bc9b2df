/** The system call table. */
import { expect, it } from 'vitest';
import { runningMachine } from './fixture.js';

it('says of each number what it is and how much of it there is', () => {
  const rows = runningMachine().kernel.syscalls.rows();
  expect(rows.map(({ nr }) => nr)).toEqual([1, 3, 4, 5, 6, 20, 29, 36, 45, 88, 90, 91, 103, 122, 158, 192]);
  expect(rows.find(({ nr }) => nr === 88)).toEqual({ nr: 88, name: 'reboot', support: 'full' });
  expect(rows.find(({ nr }) => nr === 4)?.support).toEqual({
    partial: 'file descriptors 1 and 2, which are the consoles, and files that the kernel makes',
  });
});

it('gives a number to one system call only', () => {
  const { kernel } = runningMachine();
  const row = { name: 'second', support: 'full', call: () => 0 } as const;
  expect(() => kernel.registerSyscall(20, row)).toThrow(/20 is getpid; second cannot have it/);
});

/** A program in ring 3 that makes the system calls itself: no library of ours loads or reboots for it. */
import { createKexecProgram } from '@kexec/guests';
import { CAP_SYS_BOOT } from '@kexec/kernel-core';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

test('kexec_load by int 80h, a load that fails and changes nothing, reboot, and the new kernel speaks', () => {
  const listened = listenedMachine({ memory: '16M' });
  const process = listened.machine.kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
  expect(process.run(createKexecProgram())).toEqual({ returned: false, why: 'kexec' });
  expect(listened.machine.run({ instructions: 1_000_000 })).toEqual({ kind: 'exit', code: 0 });
  expect(listened.text()).toMatch(/Starting new kernel\r\nloaded by int 80h, and entered\r\n$/);
});

test('without CAP_SYS_BOOT its first call fails, and it says so', () => {
  const { machine } = listenedMachine({ memory: '16M' });
  const process = machine.kernel.createProcess({ capabilities: [] });
  expect(process.run(createKexecProgram())).toEqual({ returned: true, value: 1 });
  expect(machine.loaded).toBe(false);
});

/** kernel_kexec's order, and the state in which it leaves the machine to the new kernel. */
import { createElf, createElfGuest } from '@kexec/guests';
import { NOTIFY_DONE, SYS_RESTART } from '@kexec/kernel-core';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

test('notifiers, then device shutdown in reverse order, then the word, then the jump', () => {
  const { machine, text } = listenedMachine({ memory: '16M' });
  const events: string[] = [];
  const { kernel } = machine;
  kernel.rebootNotifiers.register({
    priority: 0,
    notifierCall: (event: number) => {
      events.push(`notifier ${event}`);
      return NOTIFY_DONE;
    },
  });
  for (const name of ['first', 'second']) {
    kernel.devices.register({
      name,
      shutdown: () => {
        events.push(`${name} ${text().includes('Starting new kernel')}`);
      },
    });
  }
  machine.load(createElfGuest());
  machine.exec();
  expect(events).toEqual([`notifier ${SYS_RESTART}`, 'second false', 'first false']);
  expect(text()).toContain('Starting new kernel');
});

test('the new kernel finds the PIC masked', () => {
  const { machine, text } = listenedMachine({ memory: '16M' });
  machine.load(
    createElf(`
entry:  in al, 0x21
        mov dx, 0x3f8
        out dx, al
        in al, 0xa1
        out dx, al
        out 0xf4, al
        jmp $`),
  );
  machine.exec();
  machine.run({ instructions: 1_000_000 });
  expect(text().slice(-2)).toBe('\xff\xff');
});

test.each([
  ['386', 0x4600],
  ['pentium', 0x44600],
])('on a %s CR0 has PE, and no PG, AM, WP, TS or EM; flags are clear, whatever they were', (cpu, flags) => {
  const { machine, text } = listenedMachine({ memory: '16M', cpu });
  machine.load(createElfGuest());
  machine.exec();
  // The worst that the running kernel could leave: NT, DF, IF, and AC where the CPU has it.
  machine.pc.cpu.eflags |= flags;
  machine.run({ instructions: 20_000_000 });
  const cr0 = Number.parseInt(/cr0 ([0-9a-f]{8})/.exec(text())?.[1] ?? '', 16);
  expect(cr0 & 0x8005000d).toBe(1);
  expect(text()).toContain('eflags 00000046');
});

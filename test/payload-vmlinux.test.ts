/** The vmlinux in Debian's bzImage, without its decompressor: taken out by the setup header, started as an ELF file. */
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine, runUntil } from './serial-text.js';

const vmlinuz = fixture('vmlinuz');

test.skipIf(!vmlinuz)(
  'Linux 6.1 starts from its vmlinux with args-linux',
  () => {
    if (!vmlinuz) return;
    const listened = listenedMachine({ memory: '256M' });
    const append = 'earlyprintk=serial,ttyS0,115200';
    const plan = listened.machine.load(vmlinuz, { type: 'elf-x86', append, checks: false });
    expect(plan.type).toBe('elf-x86');
    expect(plan.notes[0]).toMatch(/^the vmlinux in the bzImage's payload: \d{8} bytes$/);
    listened.machine.exec();
    runUntil(listened, `Kernel command line: ${append}`, 400_000_000);
    expect(listened.text()).toContain(`Kernel command line: ${append}`);
  },
  300_000,
);

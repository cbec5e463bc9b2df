/** A crash kernel: the modelled kernel panics, Debian’s Linux starts in the memory set aside, and reads the old memory. */
import { KERN_DEBUG } from '@kexec/kernel-core';
import { describe, expect, test } from 'vitest';
import { debianUserland } from './debian-userland.js';
import { fixture } from './fixture.js';
import { type Listened, listenedMachine, runUntil } from './serial-text.js';

const vmlinuz = fixture('vmlinuz');
/** Its /init starts a shell. */
const initramfs = fixture('initramfs.gz');
const APPEND = 'console=ttyS0 cryptomgr.notests irqpoll nr_cpus=1 reset_devices';
/** Logged at a level that the console does not show: whoever says it has read the memory. */
const PATTERN = 'said before the panic: 5eed2548';
/** Instructions; the boot takes some 7 thousand million. */
const LIMIT = 20_000_000_000;

/** A machine whose kernel has panicked with Debian's Linux loaded for that. */
function crashed(memory: string, crashkernel: string, initrd: Uint8Array | undefined): Listened {
  if (!vmlinuz || !initrd) throw new Error('the fixtures are not there');
  const listened = listenedMachine({ memory, commandLine: `crashkernel=${crashkernel}` });
  const { machine } = listened;
  machine.load(vmlinuz, { onCrash: true, initrd, append: APPEND });
  machine.kernel.printk(KERN_DEBUG, PATTERN);
  machine.crash();
  expect(listened.text()).toContain('Kernel panic - not syncing: sysrq triggered crash');
  expect(listened.text()).not.toContain(PATTERN);
  return listened;
}

function type({ machine }: Listened, line: string): void {
  machine.input(new TextEncoder().encode(`${line}\n`));
}

describe.skipIf(!vmlinuz || !initramfs)('after a panic of the modelled kernel', () => {
  test('Debian’s Linux finds the old kernel’s log in /proc/vmcore', () => {
    const listened = crashed('160M', '96M', initramfs);
    runUntil(listened, '/ # ', LIMIT);
    // Only what lies outside the reservation is in the dump.
    type(listened, 'wc -c < /proc/vmcore; grep -a -o -m1 "<7>said before the panic: [0-9a-f]*" /proc/vmcore');
    runUntil(listened, `<7>${PATTERN}`, LIMIT);
    expect(listened.text()).toContain(`<7>${PATTERN}`);
    type(listened, 'poweroff -f');
    expect(runUntil(listened, 'never said', LIMIT)).toEqual({ kind: 'power-off' });
    expect(Number(/^(6\d{7})\r?$/m.exec(listened.text())?.[1])).toBeLessThan(64 << 20);
  }, 3_600_000);

  test.skipIf(!fixture('kexec.gz'))(
    'vmcore-dmesg of kexec-tools prints the old kernel’s log, each message with its level',
    () => {
      // What the serial line has not sent is lost when the power goes.
      const initrd = debianUserland(
        'vmcore-dmesg /proc/vmcore\necho "ended with $?"\nsleep 5\npoweroff -f\n',
      );
      const listened = crashed('160M', '96M', initrd);
      const log = listened.machine.kernel.logBuffer.raw();
      const said = listened.text().length;
      expect(runUntil(listened, 'never said', LIMIT)).toEqual({ kind: 'power-off' });
      const printed = listened.text().slice(said).replaceAll('\r', '');
      expect(log).toContain(`<7>${PATTERN}\n`);
      expect(log).toMatch(/<0>Kernel panic - not syncing: .*\n$/);
      expect(printed).toContain(`${log}ended with 0\n`);
    },
    3_600_000,
  );
});

/** Debian's Linux 6.1 from the jump to its shell, at which one can type, and to the end that poweroff makes. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine, runUntil } from './serial-text.js';

const vmlinuz = fixture('vmlinuz');
const initramfs = fixture('initramfs.gz');

/** What the kernel says when it has found the platform, in its order. */
const PLATFORM_LINES = [
  'SMBIOS 2.8 present.',
  'tsc: Fast TSC calibration using PIT',
  'found SMP MP-table at [mem 0x000f',
  'ACPI: Core revision',
  'ACPI: PM: (supports S0 S5)',
  'ACPI: Using IOAPIC for interrupt routing',
  'hpet0: at MMIO 0xfed00000, IRQs 2, 8, 0',
  'Run /init as init process',
];
const TROUBLE =
  /unstable|spurious|nobody cared|Call Trace|not responding|BIOS (Error|bug)|calibration failed/i;

/** Instructions; it takes 6.5 thousand million to the shell. */
const BOOT_LIMIT = 9_000_000_000;
const COMMAND_LIMIT = 400_000_000;
const PASTE_LIMIT = 4_000_000_000;

/** A text of 16 KB: a terminal sends it in one piece, and its end long before the shell has read its beginning. */
const PASTED = Array.from({ length: 256 }, (_, line) =>
  `line ${line} of a text that was pasted, with some words more.\n`.padStart(64, '.'),
).join('');

test.skipIf(!vmlinuz || !initramfs)(
  'Debian’s Linux boots to a shell, executes what is typed there, loses nothing of what is pasted, and turns the machine off',
  () => {
    if (!vmlinuz || !initramfs) return;
    const listened = listenedMachine({ memory: '256M' });
    const { machine, text } = listened;
    machine.load(vmlinuz, { initrd: initramfs, append: 'console=ttyS0' });
    machine.exec();
    runUntil(listened, '# ', BOOT_LIMIT);
    let from = 0;
    for (const line of PLATFORM_LINES) {
      const at = text().indexOf(line, from);
      expect(at, `"${line}" in\n${text()}`).toBeGreaterThanOrEqual(from);
      from = at + line.length;
    }
    expect(text()).not.toMatch(TROUBLE);

    machine.input(new TextEncoder().encode('echo $((6 * 7)) of $(uname -m)\r'));
    runUntil(listened, '42 of i686', COMMAND_LIMIT);
    machine.input(new TextEncoder().encode(`cat > /tmp/pasted << END\r${PASTED}END\rmd5sum /tmp/pasted\r`));
    const md5 = createHash('md5').update(PASTED).digest('hex');
    runUntil(listened, `${md5}  /tmp/pasted`, PASTE_LIMIT);
    expect(text()).toContain(`${md5}  /tmp/pasted`);
    machine.input(new TextEncoder().encode('poweroff -f\r'));
    expect(machine.run({ instructions: COMMAND_LIMIT })).toEqual({ kind: 'power-off' });
    expect(text()).toContain('reboot: Power down');
  },
  900_000,
);

/** 16-bit entries through the BIOS: Debian's Linux, and memtest86+, which is entered in both ways. */
import { createMachine } from '@kexec/machine';
import { describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine, runUntil } from './serial-text.js';

const vmlinuz = fixture('vmlinuz');
const memtest = fixture('memtest86+ia32.bin');

test.skipIf(!vmlinuz)(
  'Linux 6.1 asks the BIOS, goes to protected mode, decompresses itself, and has the memory map of E820',
  () => {
    if (!vmlinuz) return;
    const listened = listenedMachine({ memory: '256M' });
    const append = 'earlyprintk=serial,ttyS0,115200 console=ttyS0';
    listened.machine.load(vmlinuz, { append, realMode: true });
    listened.machine.exec();
    runUntil(listened, 'Probing EDD (edd=off to disable)... ok', 800_000_000);
    expect(listened.text()).toContain('Probing EDD (edd=off to disable)... ok');
    runUntil(listened, `Kernel command line: ${append}\r\n`, 4_000_000_000);
    const text = listened.text();
    const firmware = [...text.matchAll(/BIOS-e820: (\[mem .*)\r?\n/g)].map(([, range]) => range);
    // The modelled kernel's own lines come first, without a time before them.
    expect(firmware.slice(firmware.length / 2)).toEqual(firmware.slice(0, firmware.length / 2));
    expect(text).toContain(`Kernel command line: ${append}`);
  },
  600_000,
);

/** What QEMU's screen shows of memtest86+, wherever it says nothing of the processor or the time. */
const MEMTEST_SCREEN: readonly (readonly [row: number, text: RegExp])[] = [
  [0, /^ {6}Memtest86\+ v6\.10 {6}│ /],
  [1, /^CLK\/Temp: +\d+MHz +│ Pass +\d+%( #+)?$/],
  [2, /^L1 Cache: .* │ Test +\d+%( #+)?$/],
  [3, /^L2 Cache: .* │ Test #\d +\[.*\]$/],
  [4, /^L3 Cache: .* │ Testing: .*MB \[\d+MB of 63\.\dMB\]/],
  [5, /^Memory {2}: +6[34]MB +│ Pattern: 0x[0-9a-f]+$/],
  [6, /^─{28}┴─{13}┬─{37}$/],
  [7, /^CPU: 1 Cores 1 Threads {4}SMP: Disabled {3}│ Time: {2}0:00:\d\d {2}Status: Testing {2}[-/|\\]$/],
  [8, /^Using: All Cores {26}│ Pass: {2}0 {8}Errors: 0$/],
  [9, /^─{42}┴─{37}$/],
  [24, /^ <ESC> Exit {2}<F1> Configuration {2}<Space> Scroll Lock {12}6\.10\.unknown\.x32$/],
];

describe.skipIf(!memtest)('memtest86+', () => {
  test.each([
    ['32-bit', false],
    ['16-bit', true],
  ])(
    'entered at its %s entry tests memory, and its screen is that of QEMU',
    (_, realMode) => {
      if (!memtest) return;
      const machine = createMachine({ memory: '64M' });
      machine.load(memtest, { realMode });
      machine.exec();
      expect(machine.run({ instructions: 600_000_000 })).toEqual({ kind: 'budget' });
      const { vga } = machine.pc.devices;
      const lines = vga.text().split('\n');
      for (const [row, text] of MEMTEST_SCREEN) expect(lines[row]).toMatch(text);
      // White on blue; the last row blue on white.
      expect(vga.attributes(1)[0]).toBe(0x17);
      expect(new Set(vga.attributes(24))).toEqual(new Set([0x71]));
    },
    600_000,
  );
});

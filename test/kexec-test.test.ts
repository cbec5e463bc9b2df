/** Debian's kexec_test through the modelled kexec: protected mode, real mode, every BIOS call, and back. */
import { restoreMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine } from './serial-text.js';

const kexecTest = fixture('kexec_test.static');

/**
 * All that it prints on a machine of 64 MB with two serial ports, a VGA and no disk: GDT and IDT as the stub of 2002
 * leaves them; E801 and 88 in KB above 1 MB, of which 88 tells 63 MB at most; equipment: coprocessor, pointing device,
 * 80×25 colour, two serial ports. The stack pointer and the address of the system description are left open.
 */
const LINES = [
  'kexec_test 2.0.25 starting...',
  'eax: 00000000 ebx: 00000000 ecx: 00000000 edx: 00000000',
  /^esi: 00000000 edi: 00000000 esp: [0-9A-F]{8} ebp: 00000000$/,
  'idt: 00000000 C0000000',
  'gdt: 00000000 C0000000',
  'Switching descriptors.',
  'Descriptors changed.',
  'Legacy pic setup.',
  'In real mode.',
  'Interrupts enabled.',
  'Base memory size: 027F',
  'A20 disabled.',
  'E820 Memory Map.',
  '000000000009FC00 @ 0000000000000000 type: 00000001',
  '0000000000000400 @ 000000000009FC00 type: 00000002',
  '0000000000010000 @ 00000000000F0000 type: 00000002',
  '0000000003F00000 @ 0000000000100000 type: 00000001',
  'E801  Memory size: 0000FC00',
  'Mem88 Memory size: FC00',
  'Testing for APM.',
  'APM Found disconnecting.',
  'APM connecting.',
  'APM disabling.',
  'APM disconnecting.',
  'APM test done.',
  'Equiptment list: 0426',
  /^Sysdesc: F000:E[0-9A-F]{3}$/,
  'Video type: VGA',
  'Cursor Position(Row,Column): 0000 0000',
  'Video Mode: 0003',
  'Setting auto repeat rate  done',
  'DASD type: 0000 00000000',
  'EDD:  none ',
  'A20 enabled',
  'Interrupts disabled.',
  'In protected mode.',
  'Halting.',
];

test.skipIf(!kexecTest)(
  'kexec_test, loaded in one machine and run in another, halts after its last line',
  () => {
    if (!kexecTest) return;
    const first = listenedMachine({ memory: '64M' });
    first.machine.load(kexecTest);
    const bytes: number[] = [];
    const machine = restoreMachine(first.machine.saveSnapshot(), { onSerial: (byte) => bytes.push(byte) });
    machine.exec();
    expect(machine.run({ instructions: 50_000_000 })).toEqual({ kind: 'halted-forever' });
    const text = String.fromCharCode(...bytes);
    const lines = text.slice(text.indexOf('kexec_test 2.0.25')).split(/\r?\n/);
    for (const [i, line] of lines.entries()) {
      const expected = LINES[i];
      if (expected instanceof RegExp) expect(line).toMatch(expected);
      else expect(line).toBe(expected ?? '');
    }
    expect(lines.filter((line) => line !== '')).toHaveLength(LINES.length);
  },
);

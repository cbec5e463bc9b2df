/** Debian's kexec_test through the modelled kexec, into real mode. */
import { restoreMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine, runUntil } from './serial-text.js';

const kexecTest = fixture('kexec_test.static');

/** What kexec_test prints up to real mode, in its order. */
const KEXEC_TEST_LINES = [
  'kexec_test 2.0.25 starting...',
  'eax: 00000000 ebx: 00000000 ecx: 00000000 edx: 00000000',
  'esi: 00000000 edi: 00000000',
  'idt: 00000000 C0000000',
  'gdt: 00000000 C0000000',
  'Switching descriptors.',
  'Descriptors changed.',
  'Legacy pic setup.',
  'In real mode.',
];

test.skipIf(!kexecTest)(
  'kexec_test loads in one machine, and in another, restored, runs into real mode',
  () => {
    if (!kexecTest) return;
    const first = listenedMachine({ memory: '64M' });
    first.machine.load(kexecTest);
    const bytes: number[] = [];
    const machine = restoreMachine(first.machine.saveSnapshot(), { onSerial: (byte) => bytes.push(byte) });
    const text = () => String.fromCharCode(...bytes);
    machine.exec();
    runUntil({ machine, text }, 'In real mode.', 50_000_000);
    let from = 0;
    for (const line of KEXEC_TEST_LINES) {
      const at = text().indexOf(line, from);
      expect(at, `"${line}" in\n${text()}`).toBeGreaterThanOrEqual(from);
      from = at + line.length;
    }
  },
);

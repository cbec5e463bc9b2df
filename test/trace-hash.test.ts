/** The same boot of Debian gives the same trace hash: sliced otherwise, interpreted, and over a snapshot. */
import { restoreMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { runTo, tracedMachine } from './traced-machine.js';

const vmlinuz = fixture('vmlinuz');
const initrd = fixture('initramfs.gz');
/** Instructions: into the decompressor, which has been translated by then. */
const END = 40_000_000;
/** Where the machine is saved: no round number. */
const SAVED_AT = 23_456_789;

test.skipIf(!vmlinuz || !initrd)(
  'a boot’s trace hash is the boot’s alone',
  () => {
    if (!vmlinuz || !initrd) return;
    const whole = runTo(tracedMachine(vmlinuz, initrd), END);
    expect(whole).toMatchObject({ stop: 'budget', instructions: END });
    expect(runTo(tracedMachine(vmlinuz, initrd), END, 777_777)).toEqual(whole);
    expect(runTo(tracedMachine(vmlinuz, initrd, false), END)).toEqual(whole);
    const first = tracedMachine(vmlinuz, initrd);
    runTo(first, SAVED_AT);
    expect(runTo(restoreMachine(first.saveSnapshot()), END)).toEqual(whole);
    expect(runTo(tracedMachine(vmlinuz, initrd), END - 1).hash).not.toBe(whole.hash);
  },
  600_000,
);

/** What a machine says on ttyS0, as text. */

import type { Machine, MachineOptions, MachineStop } from '@kexec/machine';
import { createMachine } from '@kexec/machine';

export interface Listened {
  readonly machine: Machine;
  /** Everything that has left ttyS0 so far. */
  text(): string;
}

/** A machine with somebody listening on its serial line. */
export function listenedMachine(options: MachineOptions = {}): Listened {
  let text = '';
  const onSerial = (byte: number) => {
    text += String.fromCharCode(byte);
  };
  return { machine: createMachine({ ...options, onSerial }), text: () => text };
}

/** Runs in slices until the machine stops by itself, the text has come, or the instructions are used up. */
export function runUntil({ machine, text }: Listened, expected: string, instructions: number): MachineStop {
  const sliceInstructions = 5_000_000;
  for (let left = instructions; left > 0; left -= sliceInstructions) {
    const stop = machine.run({ instructions: Math.min(left, sliceInstructions) });
    if (stop.kind !== 'budget' || text().includes(expected)) return stop;
  }
  return { kind: 'budget' };
}

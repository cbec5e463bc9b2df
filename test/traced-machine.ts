/** A machine before Debian's boot, and how its run ends: with a count of instructions and a trace hash. */
import { createMachine, type Machine } from '@kexec/machine';

const SLICE_INSTRUCTIONS = 50_000_000;

/** How a run ended. */
export interface TracedEnd {
  readonly stop: string;
  readonly instructions: number;
  readonly hash: string;
}

/** A machine that stands before its first instruction of the new kernel's boot. */
export function tracedMachine(
  vmlinuz: Uint8Array,
  initrd: Uint8Array,
  translator: NonNullable<Parameters<typeof createMachine>[0]>['translator'] = true,
): Machine {
  const machine = createMachine({ memory: '256M', translator });
  machine.load(vmlinuz, { initrd, append: 'console=ttyS0 run=poweroff' });
  machine.exec();
  return machine;
}

/** Runs up to a count of instructions, or until the machine stops by itself. */
export function runTo(machine: Machine, icount: number, slice = SLICE_INSTRUCTIONS): TracedEnd {
  let stop = 'budget';
  while (stop === 'budget' && machine.pc.cpu.icount < icount)
    stop = machine.run({ instructions: Math.min(slice, icount - machine.pc.cpu.icount) }).kind;
  return { stop, instructions: machine.pc.cpu.icount, hash: machine.pc.traceHash() };
}

/** Debian's boot to its power-off, whole or from a snapshot: what scripts/trace-hash.mjs runs, each in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createMachine, type Machine, restoreMachine } from '@kexec/machine';

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

/** `whole VMLINUZ INITRD`, `until ICOUNT FILE VMLINUZ INITRD` or `from FILE`; `--no-jit` at the end interprets. */
export function traceBoot(args: readonly string[]): TracedEnd {
  const [what, ...rest] = args.filter((arg) => arg !== '--no-jit');
  const translator = !args.includes('--no-jit');
  if (what === 'from') {
    const snapshot = readFileSync(rest[0] ?? '');
    return runTo(restoreMachine(snapshot, { translator }), Number.POSITIVE_INFINITY);
  }
  const [initrd = '', vmlinuz = ''] = [...rest].reverse();
  const machine = tracedMachine(readFileSync(vmlinuz), readFileSync(initrd), translator);
  if (what === 'whole') return runTo(machine, Number.POSITIVE_INFINITY);
  const end = runTo(machine, Number(rest[0]));
  writeFileSync(rest[1] ?? '', machine.saveSnapshot());
  return end;
}

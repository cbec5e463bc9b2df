/** Debian's boot to its power-off, whole or from a snapshot: what scripts/trace-hash.mjs runs, each in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { restoreMachine } from '@kexec/machine';
import { runTo, type TracedEnd, tracedMachine } from './traced-machine.js';

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

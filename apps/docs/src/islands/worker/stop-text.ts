/** Why a machine stopped, in the words of `kexec`. */
import type { MachineStop } from '@kexec/machine';

const TEXTS: Readonly<Partial<Record<MachineStop['kind'], string>>> = {
  'power-off': 'the guest turned the machine off',
  returned: 'the image gave the machine back to the running kernel',
  'halted-forever': 'the CPU halted with interrupts off: nothing can wake it',
};

export function stopText(stop: MachineStop): string {
  if (stop.kind === 'reset') return `the guest reset the machine (${stop.by})`;
  if (stop.kind === 'exit') return `the guest ended with ${stop.code}`;
  if (stop.kind === 'triple-fault') {
    const { vectors, disassembly } = stop.report;
    return `triple fault at ${disassembly ?? 'unknown code'}: exceptions ${vectors.join(' → ')} → shutdown`;
  }
  return TEXTS[stop.kind] ?? `the machine stopped: ${stop.kind}`;
}

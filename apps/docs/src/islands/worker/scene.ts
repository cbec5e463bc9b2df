/** From a scene of the protocol to a machine and what is loaded into it. */
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import type { LoadPlan } from '@kexec/loaders';
import { createMachine, type Machine, type MachineLoadOptions, type MachineOptions } from '@kexec/machine';
import type { DemoName, ImageRequest, LoadSummary, MachineSetup, NamedRange, Scene } from '../protocol.js';

const DEMO_IMAGES: Readonly<Record<DemoName, () => Uint8Array>> = {
  elf: createElfGuest,
  bzimage: createBzImageGuest,
};
/** As in `kexec demo`: its CRC-32 is cbf43926, the check value of the algorithm. */
const DEMO_INITRD = new TextEncoder().encode('123456789');

/** A machine whose kernel runs. @throws KexecError for options that make none */
export function machineOf(
  { memory, cpu, engine, translator }: MachineSetup,
  more: Pick<MachineOptions, 'onSerial' | 'commandLine'> = {},
): Machine {
  return createMachine({
    ...more,
    memory,
    ...(cpu === undefined ? {} : { cpu }),
    ...(engine === undefined ? {} : { engine }),
    ...(translator === undefined ? {} : { translator }),
  });
}

/** The image's bytes, and what `kexec` would load them with. */
export function loadOf({ kernel, initrd, append }: ImageRequest): [Uint8Array, MachineLoadOptions] {
  if (typeof kernel === 'string')
    return [DEMO_IMAGES[kernel](), { append, initrd: initrd?.bytes ?? DEMO_INITRD }];
  return [kernel.bytes, { name: kernel.name, append, initrd: initrd?.bytes }];
}

/** A machine with the image loaded, and its plan. @throws KexecError when it is refused */
export function loadedMachine({ setup, image }: Scene): { machine: Machine; plan: LoadPlan } {
  const machine = machineOf(setup);
  return { machine, plan: machine.load(...loadOf(image)) };
}

export function segmentRanges({ segments }: LoadPlan): NamedRange[] {
  return segments.map(({ name, mem, memsz }) => ({ name, start: mem, end: mem + memsz, kind: 'segment' }));
}

export function summaryOf(plan: LoadPlan): LoadSummary {
  return { type: plan.type, entry: plan.entry, segments: segmentRanges(plan), notes: plan.notes };
}

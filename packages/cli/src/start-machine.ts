/** Making the machine of a run: from a kernel, a demo, a saved machine or a BIOS. */
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import type { LoadPlan } from '@kexec/loaders';
import {
  type BiosMachine,
  createBiosMachine,
  createMachine,
  KexecError,
  type Machine,
  type MachineLoadOptions,
  type MachineOptions,
  ReplayedOutput,
  restoreMachine,
} from '@kexec/machine';
import { CliError } from './cli-error.js';
import { openDisks } from './disk-file.js';
import { EXIT } from './exit-code.js';
import { readFile, readImage } from './image-file.js';
import type { KexecFlags } from './kexec-flags.js';
import { loadOptions } from './load-flags.js';
import type { SerialOutput } from './serial-output.js';
import { BUILT_IN_BIOS, type Start, type StartFlags } from './start-conditions.js';

/** What of a run's making is not part of what it does. */
export interface MakingFlags extends Pick<KexecFlags, 'jit' | 'debugcon'> {
  /** Is told the plan of a load. */
  readonly onPlan?: (plan: LoadPlan) => void;
}

/** Whoever hears the serial line. */
export type Heard = Pick<SerialOutput, 'onByte'>;

/** A machine before its run. */
export interface Started<Target extends Machine | BiosMachine = Machine | BiosMachine> {
  readonly target: Target;
  /** Whoever hears it. */
  readonly outputs: readonly ReplayedOutput[];
}

/** Makes the machine, and brings it to where its run begins. */
export function startMachine(start: Start, serial: SerialOutput, making: MakingFlags): Started {
  if (start.from === 'bios') return startBios(start, serial, making);
  return { target: startKernel(start, serial, making), outputs: [serial.output] };
}

/** The same, for a machine with a kernel. */
export function startKernel(start: Start, serial: Heard, making: MakingFlags): Machine {
  const { from, name, first, flags } = start;
  if (from === 'snapshot') {
    const machine = restored(readFile(name), name, serial, { ...making, disk: flags.disk ?? [] });
    if (first === 'exec') machine.exec();
    else if (first === 'crash') machine.crash();
    return machine;
  }
  // Before the machine: a file that is not there is told first.
  const image = from === 'demo' ? demoImage(name) : readImage(name);
  const machine = createMachine(machineOptions({ ...flags, ...making }, serial));
  const options = loadOptions(name, flags, machine);
  const plan = machine.load(image, from === 'demo' && !start.bare ? withDemoDefaults(options) : options);
  making.onPlan?.(plan);
  machine.exec();
  return machine;
}

/** A machine from a saved one. @throws CliError when the snapshot cannot be used */
export function restored(
  snapshot: Uint8Array,
  path: string,
  serial: Heard,
  flags: Pick<KexecFlags, 'disk' | 'jit'>,
): Machine {
  try {
    return restoreMachine(snapshot, {
      onSerial: serial.onByte,
      disks: openDisks(flags.disk ?? []),
      ...translation(flags),
    });
  } catch (error) {
    if (!(error instanceof KexecError)) throw error;
    throw new CliError(EXIT.IO, error.code, error.message, {
      remedy:
        error.code === 'SNAPSHOT_DISKS'
          ? 'Give the same --disk again.'
          : `Remove ${path} and load the image again.`,
    });
  }
}

/** The machine's part of the flags. */
export function machineOptions(flags: StartFlags & MakingFlags, serial: Heard): MachineOptions {
  const { memory, cpu, engine, disk = [], net, seed, kernelArgs, skipShutdown } = flags;
  return {
    disks: openDisks(disk),
    ...(net === undefined ? {} : { net }),
    ...(seed === undefined ? {} : { seed }),
    onSerial: serial.onByte,
    ...translation(flags),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(kernelArgs === undefined ? {} : { commandLine: kernelArgs }),
    ...(skipShutdown === undefined ? {} : { skipShutdown }),
    ...(engine === undefined ? {} : { engine }),
  };
}

/** How the CPU executes, which the machine's state does not depend on. */
function translation({ jit }: MakingFlags): Pick<MachineOptions, 'translator'> {
  return jit === undefined ? {} : { translator: jit };
}

/** A PC that is turned on, and no kernel. */
function startBios({ name, flags }: Start, serial: SerialOutput, { debugcon }: MakingFlags): Started {
  const { memory, cpu, disk = [] } = flags;
  const debug = new ReplayedOutput((byte) => process.stderr.write(Uint8Array.of(byte)));
  const target = createBiosMachine({
    onSerial: serial.onByte,
    disks: openDisks(disk),
    ...(name === BUILT_IN_BIOS ? {} : { bios: readFile(name) }),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(debugcon ? { onDebug: debug.onByte } : {}),
  });
  return { target, outputs: [serial.output, debug] };
}

const DEMOS: Readonly<Record<string, () => Uint8Array>> = {
  elf: createElfGuest,
  bzimage: createBzImageGuest,
};

/** Names that `kexec demo` takes. */
export const DEMO_NAMES = Object.keys(DEMOS);

const DEFAULT_COMMAND_LINE = 'console=ttyS0 demo=1';
/** The demo's own initrd, when none is given: its CRC-32 is cbf43926, the check value of the algorithm. */
const DEFAULT_INITRD = new TextEncoder().encode('123456789');

function withDemoDefaults(options: MachineLoadOptions): MachineLoadOptions {
  const { append = DEFAULT_COMMAND_LINE, initrd = DEFAULT_INITRD } = options;
  return { ...options, append, initrd };
}

/** A demo's kernel image. @throws CliError when there is no such demo */
function demoImage(name: string): Uint8Array {
  const create = Object.hasOwn(DEMOS, name) ? DEMOS[name] : undefined;
  if (create) return create();
  throw new CliError(EXIT.USAGE, 'DEMO_NAME', `there is no demo "${name}"`, {
    remedy: `The demos are: ${DEMO_NAMES.join(', ')}.`,
  });
}

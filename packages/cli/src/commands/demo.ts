/** `kexec demo`: one of our own kernels, from nothing to its last word. */
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import { createMachine } from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { readFile } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import { listModels, machineOptions, serialOutput } from './kexec.js';
import { runMachine } from './run-machine.js';

const DEMOS: Readonly<Record<string, () => Uint8Array>> = {
  elf: createElfGuest,
  bzimage: createBzImageGuest,
};

/** Names that `kexec demo` takes. */
export const DEMO_NAMES = Object.keys(DEMOS);

const DEFAULT_COMMAND_LINE = 'console=ttyS0 demo=1';
/** The demo's own initrd, when none is given: its CRC-32 is cbf43926, the check value of the algorithm. */
const DEFAULT_INITRD = new TextEncoder().encode('123456789');

/** @returns the exit code */
export async function demoCommand(name: string, flags: KexecFlags): Promise<number> {
  if (listModels(flags)) return EXIT.OK;
  const image = demoImage(name);
  const initrdPath = flags.initrd ?? flags.ramdisk;
  const serial = serialOutput(flags);
  const machine = createMachine(machineOptions(flags, serial));
  machine.load(image, {
    append: flags.append ?? flags.commandLine ?? DEFAULT_COMMAND_LINE,
    initrd: initrdPath === undefined ? DEFAULT_INITRD : readFile(initrdPath),
  });
  machine.exec();
  return runMachine(machine, serial, flags);
}

/** A demo's kernel image. @throws CliError when there is no such demo */
export function demoImage(name: string): Uint8Array {
  const create = Object.hasOwn(DEMOS, name) ? DEMOS[name] : undefined;
  if (create) return create();
  throw new CliError(EXIT.USAGE, 'DEMO_NAME', `there is no demo "${name}"`, {
    remedy: `The demos are: ${DEMO_NAMES.join(', ')}.`,
  });
}

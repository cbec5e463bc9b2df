/** `kexec --bios FILE`: a machine that is turned on, with a BIOS of the user's choice and no kernel. */
import { createBiosMachine, ReplayedOutput } from '@kexec/machine';
import type { GdbFlags } from '../debugged-machine.js';
import { type DiskFlag, openDisks } from '../disk-file.js';
import { readFile } from '../image-file.js';
import type { RunFlags } from '../run-to-end.js';
import type { SerialOutput } from '../serial-output.js';
import { runDebugged } from './run-machine.js';

/** The machine's part of the command line, and what of it is shown. */
export interface PowerOnFlags extends RunFlags, GdbFlags {
  readonly memory?: number;
  readonly cpu?: string;
  readonly disk?: readonly DiskFlag[];
  readonly debugcon?: boolean;
  readonly screen?: boolean;
}

/** The name of our own BIOS on the command line. */
const BUILT_IN = 'builtin';

/**
 * Runs the BIOS from the reset vector.
 *
 * @param bios - a ROM image's path, or `builtin`
 * @returns the exit code
 */
export async function powerOn(bios: string, serial: SerialOutput, flags: PowerOnFlags): Promise<number> {
  const { memory, cpu, disk = [], debugcon, screen } = flags;
  const debug = new ReplayedOutput((byte) => process.stderr.write(Uint8Array.of(byte)));
  const machine = createBiosMachine({
    onSerial: serial.onByte,
    disks: openDisks(disk),
    ...(bios === BUILT_IN ? {} : { bios: readFile(bios) }),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(debugcon ? { onDebug: debug.onByte } : {}),
  });
  const exitCode = await runDebugged(machine, serial, flags, [serial.output, debug]);
  if (screen) process.stdout.write(`${machine.pc.devices.vga.text()}\n`);
  return exitCode;
}

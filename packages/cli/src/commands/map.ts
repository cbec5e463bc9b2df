/** `kexec map [FILE]`: physical memory before and after the jump, as bars, a picture, or JSON. */
import { createMachine, mapSvg, mapText, type PhysicalMap, physicalMap } from '@kexec/machine';
import { EXIT } from '../exit-code.js';
import { readImage } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import { loadOptions, refuseOptions } from '../load-flags.js';
import { replaceFile } from '../replace-file.js';
import { SerialOutput } from '../serial-output.js';
import { machineOptions } from '../start-machine.js';
import { listModels } from './kexec.js';

/** What the command takes besides the options of a load and a machine. */
export interface MapFlags extends KexecFlags {
  readonly svg?: boolean;
  readonly json?: boolean;
  /** A file instead of stdout. */
  readonly output?: string;
}

/** @returns the exit code */
export function mapCommand(file: string | undefined, flags: MapFlags): number {
  if (listModels(flags)) return EXIT.OK;
  refuseOptions(flags);
  const machine = createMachine(machineOptions(flags, new SerialOutput(process.stderr)));
  const plan =
    file === undefined
      ? undefined
      : machine.load(readImage(file), { ...loadOptions(file, flags, machine), onCrash: flags.crash });
  const text = written(physicalMap(machine, plan), flags);
  if (flags.output === undefined) process.stdout.write(text);
  else replaceFile(flags.output, new TextEncoder().encode(text));
  return EXIT.OK;
}

function written(map: PhysicalMap, { svg, json }: MapFlags): string {
  if (json) return `${JSON.stringify({ schemaVersion: 1, exitCode: EXIT.OK, ...map })}\n`;
  return svg ? mapSvg(map) : mapText(map);
}

/** What is kept of a boot that failed: all that it takes to look at it, and to have it again. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BootOutcome, FailedBoot } from './boot-outcome.js';
import { type BootSpec, bootSpecJson, parseBootSpecs } from './boot-spec.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { readFile } from './image-file.js';

/*
 * serial.log       the serial line, as it came
 * registers.json   the CPU where the test ended
 * machine.snapshot the machine there: kexec --snapshot-load goes on with it
 * spec.json        the boot alone, with absolute paths
 * outcome.json     how it ended, to the instruction
 * replay.txt       the command that has it again
 */

/** Writes the folder of one boot. @returns its path */
export function keepFailure(
  root: string,
  spec: BootSpec,
  outcome: BootOutcome,
  { machine, log }: FailedBoot,
): string {
  const folder = resolve(root, spec.name.replace(/[^\w.-]+/g, '-'));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, data: string | Uint8Array) => writeFileSync(join(folder, name), data);
  const { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cr0, cr3, icount } = machine.pc.cpu;
  const registers = { eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cr0, cr3, icount };
  write('serial.log', log);
  write('registers.json', `${JSON.stringify(registers, null, 2)}\n`);
  write('machine.snapshot', machine.saveSnapshot());
  write('spec.json', bootSpecJson(spec));
  write('outcome.json', `${JSON.stringify(outcome, null, 2)}\n`);
  write('replay.txt', `kexec test --replay ${folder}\n`);
  return folder;
}

/** A boot that was kept. @throws CliError when the folder holds none */
export async function keptFailure(
  folder: string,
): Promise<{ readonly spec: BootSpec; readonly outcome: BootOutcome }> {
  const file = join(folder, 'spec.json');
  const [spec] = await parseBootSpecs(new TextDecoder().decode(readFile(file)), file);
  if (!spec) throw new CliError(EXIT.USAGE, 'BOOT_SPEC', `${file} holds no boot`);
  const outcome: BootOutcome = JSON.parse(readFileSync(join(folder, 'outcome.json'), 'utf8'));
  return { spec, outcome };
}

/** What is kept of a boot that failed: all that it takes to look at it, and to have it again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BootOutcome, FailedBoot } from './boot-outcome.js';
import { type BootSpec, bootSpecJson } from './boot-spec.js';

/*
 * serial.log       the serial line, as it came
 * registers.json   the CPU where the test ended
 * machine.snapshot the machine there: kexec --snapshot-load goes on with it
 * spec.json        the boot alone, with absolute paths
 * outcome.json     how it ended, to the instruction
 * run.record       the run: kexec --replay has it again, kexec debug --replay goes back and forth in it
 * replay.txt       the command for that
 */

/** Writes the folder of one boot. @returns its path */
export function keepFailure(
  root: string,
  spec: BootSpec,
  outcome: BootOutcome,
  { machine, log, record }: FailedBoot,
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
  write('run.record', record);
  write('replay.txt', `kexec --replay ${join(folder, 'run.record')}\n`);
  return folder;
}

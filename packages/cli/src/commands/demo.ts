/** `kexec demo`: one of our own kernels, from nothing to its last word. */
import { EXIT } from '../exit-code.js';
import type { KexecFlags } from '../kexec-flags.js';
import { checkDemo } from '../kexec-usage.js';
import { startFlags } from '../start-conditions.js';
import { listModels, serialOutput } from './kexec.js';
import { runStart } from './run-machine.js';

/** @returns the exit code */
export async function demoCommand(name: string, flags: KexecFlags): Promise<number> {
  if (listModels(flags)) return EXIT.OK;
  checkDemo(flags);
  return runStart({ from: 'demo', name, flags: startFlags(flags) }, serialOutput(flags), flags);
}

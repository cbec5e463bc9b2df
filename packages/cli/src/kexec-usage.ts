/** Which options of `kexec` go together; what means nothing is refused rather than ignored. */
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import type { KexecFlags } from './kexec-flags.js';
import { LOAD_OPTIONS, optionName } from './kexec-options.js';
import type { LoadFlags } from './load-flags.js';

/** Options that say how a FILE is loaded. */
export const LOAD_NAMES = LOAD_OPTIONS.map((row) => optionName(row) as keyof LoadFlags);

/** Options that say how a machine is made. */
export const MACHINE_OPTIONS = [
  'memory',
  'cpu',
  'kernelArgs',
  'skipShutdown',
  'engine',
  'net',
  'seed',
] as const;

/** Options that mean nothing without a FILE. */
const FILE_OPTIONS = [...LOAD_NAMES, ...MACHINE_OPTIONS] as const;

/** Options that say what becomes of a FILE or a saved machine. */
const KERNEL_OPTIONS = [
  'load',
  'exec',
  'unload',
  'status',
  'loadPanic',
  'loadPreserveContext',
  'crash',
  'printCkrSize',
  ...LOAD_NAMES,
] as const;

/** @throws CliError `USAGE` */
export function checkUsage(file: string | undefined, flags: KexecFlags): void {
  const usage = (message: string) =>
    new CliError(EXIT.USAGE, 'USAGE', message, { remedy: 'kexec --help lists the options.' });
  if (flags.load && file === undefined) throw usage('--load needs a FILE');
  const verbs = [flags.exec, flags.crash, flags.unload, flags.status, flags.printCkrSize];
  if (flags.loadPanic && file === undefined && !flags.unload && !flags.status)
    throw usage('--load-panic needs a FILE, -u or -S');
  if (flags.loadPreserveContext) checkPreserveContext(file, flags, usage);
  if (file === undefined && !verbs.some(Boolean)) throw usage('name a FILE, or say -e, -u, -S or --crash');
  if (file !== undefined && (flags.unload || flags.status)) throw usage('--unload and --status take no FILE');
  const runs = flags.exec || flags.crash || (file !== undefined && !loadsOnly(flags));
  if (flags.snapshotSave !== undefined && !runs)
    throw usage('--snapshot-save saves a machine when its run ends, and none runs');
  if ((flags.gdb !== undefined || flags.waitGdb) && !runs)
    throw usage('--gdb and --wait-gdb debug a machine that runs, and none does');
  if (flags.record !== undefined && !runs) throw usage('--record records a run, and none is');
  checkRecord(flags);
  const idle = FILE_OPTIONS.find((name) => isGiven(flags, name));
  if (file === undefined && idle)
    throw usage(`${optionOf(idle)} says how a FILE is loaded, and there is none`);
}

/** Whether a FILE is loaded and no more. @see kexec-tools kexec/kexec.c main() */
export function loadsOnly({ load, loadPanic, loadPreserveContext }: KexecFlags): boolean {
  return [load, loadPanic, loadPreserveContext].some(Boolean);
}

/** What an image that may come back needs. @see kexec-tools kexec/kexec.c main() */
function checkPreserveContext(
  file: string | undefined,
  flags: KexecFlags,
  usage: (message: string) => CliError,
): void {
  if (file === undefined) throw usage('--load-preserve-context needs a FILE');
  if (flags.loadPanic)
    throw usage('what --load-panic loads never comes back: --load-preserve-context means nothing');
  if (flags.engine === 'historic') throw usage('--load-preserve-context came years after --engine historic');
  if (flags.memMax === undefined)
    throw usage('--load-preserve-context needs --mem-max: the end of the memory that the new kernel may use');
}

/** A debugger changes a machine in ways that no record says. @throws CliError `USAGE` */
function checkRecord({ record, gdb, waitGdb }: KexecFlags): void {
  if (record === undefined || (gdb === undefined && !waitGdb)) return;
  throw new CliError(EXIT.USAGE, 'USAGE', '--record and a debugger do not go together', {
    remedy: 'Record the run alone; then --replay it with --gdb, or with kexec debug.',
  });
}

/** Refuses what a record says already. @throws CliError `USAGE` */
export function checkReplay(file: string | undefined, flags: KexecFlags): void {
  const idle = [...KERNEL_OPTIONS, ...MACHINE_OPTIONS, 'disk', 'bios', 'snapshotLoad', 'record'] as const;
  refuse('--replay has a recorded run again', file, flags, idle);
}

/** @throws CliError `USAGE` */
export function checkDebug(flags: KexecFlags): void {
  refuse('kexec debug goes back and forth in a run', undefined, flags, ['record']);
}

/** @throws CliError `USAGE` */
export function checkDemo(flags: KexecFlags): void {
  checkRecord(flags);
  refuse('kexec demo boots one of our own kernels', undefined, flags, ['replay']);
}

/** Refuses what needs a kernel or a saved machine. @throws CliError `USAGE` */
export function checkPowerOn(file: string | undefined, flags: KexecFlags): void {
  const idle = [
    ...KERNEL_OPTIONS,
    'kernelArgs',
    'skipShutdown',
    'engine',
    'snapshotSave',
    'snapshotLoad',
  ] as const;
  checkRecord(flags);
  refuse('--bios turns on a machine without a kernel', file, flags, idle);
}

/** Refuses what a machine from a file has already. @throws CliError `USAGE` */
export function checkSnapshotLoad(file: string | undefined, flags: KexecFlags): void {
  const idle = [...KERNEL_OPTIONS, ...MACHINE_OPTIONS];
  checkRecord(flags);
  refuse('--snapshot-load goes on with a machine that runs', file, flags, idle);
}

function refuse(
  why: string,
  file: string | undefined,
  flags: KexecFlags,
  names: readonly (keyof KexecFlags)[],
): void {
  const idle = names.find((name) => isGiven(flags, name));
  if (file === undefined && idle === undefined) return;
  const what = idle === undefined ? `FILE ${file}` : optionOf(idle);
  throw new CliError(EXIT.USAGE, 'USAGE', `${why}: ${what} means nothing`, {
    remedy: 'Leave one of the two out.',
  });
}

/** commander makes --no-checks a `checks` that is true where nobody gave it. */
function isGiven(flags: KexecFlags, name: keyof KexecFlags): boolean {
  return flags[name] !== undefined && !(name === 'checks' && flags.checks);
}

/** `--real-mode` for realMode. */
function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

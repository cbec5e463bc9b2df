/** kexec(8)'s verbs on a saved machine: load, exec, unload, status; and FILE alone, which loads and jumps. */

import type { LoadPlan } from '@kexec/loaders';
import { IMAGE_TYPES } from '@kexec/loaders';
import type { Machine, MachineLoadOptions, MachineOptions } from '@kexec/machine';
import { CPU_MODEL_NAMES, createMachine, KexecError, restoreMachine } from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { openDisks } from '../disk-file.js';
import { EXIT } from '../exit-code.js';
import { readFile, readImage } from '../image-file.js';
import { MachineStore } from '../machine-store.js';
import { describePlan } from '../plan-text.js';
import { SerialOutput } from '../serial-output.js';
import type { PowerOnFlags } from './power-on.js';
import { powerOn } from './power-on.js';
import { runMachine } from './run-machine.js';

/** Options as commander names them. */
export interface KexecFlags extends PowerOnFlags {
  readonly load?: boolean;
  readonly exec?: boolean;
  readonly unload?: boolean;
  readonly status?: boolean;
  readonly debug?: boolean;
  readonly type?: string;
  readonly machine?: string;
  readonly append?: string;
  readonly commandLine?: string;
  readonly initrd?: string;
  readonly ramdisk?: string;
  readonly realMode?: boolean;
  /** A ROM image's path, or `builtin`. */
  readonly bios?: string;
  readonly engine?: 'fixed' | 'historic';
  readonly net?: boolean;
  readonly seed?: number;
  readonly jit?: boolean;
  readonly snapshotSave?: string;
  readonly snapshotLoad?: string;
}

/** @returns the exit code */
export async function kexecCommand(file: string | undefined, flags: KexecFlags): Promise<number> {
  if (flags.type === 'help') return listTypes();
  if (listModels(flags)) return EXIT.OK;
  if (flags.bios !== undefined) {
    checkPowerOn(file, flags);
    return powerOn(flags.bios, serialOutput(flags), flags);
  }
  if (flags.snapshotLoad !== undefined) {
    checkSnapshotLoad(file, flags);
    return goOn(flags.snapshotLoad, flags);
  }
  checkUsage(file, flags);
  if (file !== undefined && !flags.load) return loadAndRun(file, flags);
  const store = new MachineStore(flags.machine ?? 'default');
  if (flags.status) return status(store, flags);
  return store.locked(async () => {
    if (flags.unload) return unload(store, flags);
    if (file !== undefined) load(store, file, flags);
    return flags.exec ? exec(store, flags) : EXIT.OK;
  });
}

function checkUsage(file: string | undefined, flags: KexecFlags): void {
  const usage = (message: string) =>
    new CliError(EXIT.USAGE, 'USAGE', message, { remedy: 'kexec --help lists the options.' });
  if (flags.load && file === undefined) throw usage('--load needs a FILE');
  if (file === undefined && !flags.exec && !flags.unload && !flags.status)
    throw usage('name a FILE, or say -e, -u or -S');
  if (file !== undefined && (flags.unload || flags.status)) throw usage('--unload and --status take no FILE');
  if (flags.snapshotSave !== undefined && (file === undefined || flags.load) && !flags.exec)
    throw usage('--snapshot-save saves a machine when its run ends, and none runs');
  const idle = FILE_OPTIONS.find((name) => flags[name] !== undefined);
  if (file === undefined && idle)
    throw usage(`${optionOf(idle)} says how a FILE is loaded, and there is none`);
}

/** Refuses what needs a kernel or a saved machine. */
function checkPowerOn(file: string | undefined, flags: KexecFlags): void {
  const idle = KERNEL_OPTIONS.find((name) => flags[name] !== undefined);
  if (file === undefined && idle === undefined) return;
  const what = idle === undefined ? `FILE ${file}` : optionOf(idle);
  throw new CliError(
    EXIT.USAGE,
    'USAGE',
    `--bios turns on a machine without a kernel: ${what} means nothing`,
    {
      remedy: 'Leave one of the two out.',
    },
  );
}

/** Refuses what a machine from a file has already. */
function checkSnapshotLoad(file: string | undefined, flags: KexecFlags): void {
  const idle = [...LOAD_OPTIONS, ...MACHINE_OPTIONS].find((name) => flags[name] !== undefined);
  if (file === undefined && idle === undefined) return;
  const what = idle === undefined ? `FILE ${file}` : optionOf(idle);
  throw new CliError(
    EXIT.USAGE,
    'USAGE',
    `--snapshot-load goes on with a machine that runs: ${what} means nothing`,
    {
      remedy: 'Leave one of the two out.',
    },
  );
}

/** Options that say what becomes of a FILE or a saved machine. */
const LOAD_OPTIONS = [
  'load',
  'exec',
  'unload',
  'status',
  'type',
  'append',
  'commandLine',
  'initrd',
  'ramdisk',
  'realMode',
] as const;

/** Options that mean nothing on a machine without a kernel. */
const KERNEL_OPTIONS = [...LOAD_OPTIONS, 'engine', 'snapshotSave', 'snapshotLoad'] as const;

/** Options that mean nothing without a FILE. */
const FILE_OPTIONS = [
  'type',
  'append',
  'initrd',
  'ramdisk',
  'realMode',
  'memory',
  'cpu',
  'engine',
  'net',
  'seed',
] as const;

/** Options that say how a machine is made. */
const MACHINE_OPTIONS = ['memory', 'cpu', 'engine', 'net', 'seed'] as const;

/** `--real-mode` for realMode. */
function optionOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** FILE alone: the machine lives as long as this call. */
async function loadAndRun(file: string, flags: KexecFlags): Promise<number> {
  const serial = serialOutput(flags);
  const image = readImage(file);
  const machine = createMachine(machineOptions(flags, serial));
  tell(machine.load(image, loadOptions(flags)), flags);
  machine.exec();
  return runMachine(machine, serial, flags);
}

/** A machine from a file, where it stopped. */
function goOn(path: string, flags: KexecFlags): Promise<number> {
  const serial = serialOutput(flags);
  return runMachine(restored(readFile(path), path, serial, flags), serial, flags);
}

function load(store: MachineStore, file: string, flags: KexecFlags): void {
  const image = readImage(file);
  const serial = serialOutput(flags);
  const machine = saved(store, serial, flags) ?? createMachine(machineOptions(flags, serial));
  tell(machine.load(image, loadOptions(flags)), flags);
  store.write(machine.saveSnapshot());
  if (flags.json && !flags.exec) printJson({ exitCode: EXIT.OK, loaded: true });
}

async function exec(store: MachineStore, flags: KexecFlags): Promise<number> {
  const serial = serialOutput(flags);
  const machine = saved(store, serial, { disk: flags.disk ?? [] });
  if (!machine?.loaded) {
    throw new CliError(EXIT.LOAD_REFUSED, 'NOTHING_LOADED', 'nothing has been loaded', {
      remedy: 'Load a kernel first: kexec -l FILE.',
    });
  }
  machine.exec();
  // The running kernel is gone from here on, and the saved machine with it.
  store.remove();
  return runMachine(machine, serial, flags);
}

function unload(store: MachineStore, flags: KexecFlags): number {
  const machine = saved(store, serialOutput(flags), { disk: flags.disk ?? [] });
  machine?.unload();
  if (machine) store.write(machine.saveSnapshot());
  if (flags.json) printJson({ exitCode: EXIT.OK, loaded: false });
  return EXIT.OK;
}

/** A command's result for a program. */
function printJson(result: { readonly exitCode: number; readonly loaded: boolean }): void {
  process.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...result })}\n`);
}

function status(store: MachineStore, flags: KexecFlags): number {
  const serial = new SerialOutput(process.stdout);
  const loaded = saved(store, serial, { disk: flags.disk ?? [] })?.loaded ?? false;
  const exitCode = loaded ? EXIT.EXPECTATION : EXIT.OK;
  if (flags.json) printJson({ exitCode, loaded });
  return exitCode;
}

/** The saved machine, or undefined; flags that would make another one are refused rather than ignored. */
function saved(store: MachineStore, serial: SerialOutput, flags: KexecFlags): Machine | undefined {
  const snapshot = store.read();
  if (!snapshot) return undefined;
  if (MACHINE_OPTIONS.some((name) => flags[name] !== undefined)) {
    throw new CliError(
      EXIT.USAGE,
      'MACHINE_EXISTS',
      'the saved machine has its memory, CPU, engine and cards already',
      {
        remedy: `Leave --memory, --cpu, --engine, --net and --seed out, choose another --machine, or remove ${store.path}.`,
      },
    );
  }
  return restored(snapshot, store.path, serial, flags);
}

/** @throws CliError when the snapshot cannot be used */
function restored(snapshot: Uint8Array, path: string, serial: SerialOutput, flags: KexecFlags): Machine {
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

/** The serial line's way out: stdout, unless a JSON result goes there. */
export function serialOutput({ json }: KexecFlags): SerialOutput {
  return new SerialOutput(json ? process.stderr : process.stdout);
}

/** The machine's part of the flags. */
export function machineOptions(flags: KexecFlags, serial: SerialOutput): MachineOptions {
  const { memory, cpu, engine, disk = [], net, seed } = flags;
  return {
    disks: openDisks(disk),
    ...(net === undefined ? {} : { net }),
    ...(seed === undefined ? {} : { seed }),
    onSerial: serial.onByte,
    ...translation(flags),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(engine === undefined ? {} : { engine }),
  };
}

/** How the CPU executes, which the machine's state does not depend on. */
function translation({ jit }: KexecFlags): Pick<MachineOptions, 'translator'> {
  return jit === undefined ? {} : { translator: jit };
}

function loadOptions(flags: KexecFlags): MachineLoadOptions {
  const append = flags.append ?? flags.commandLine;
  const initrd = flags.initrd ?? flags.ramdisk;
  const type = IMAGE_TYPES.find((name) => name === flags.type);
  if (flags.type !== undefined && type === undefined) {
    throw new CliError(EXIT.USAGE, 'TYPE', `there is no image type "${flags.type}"`, {
      remedy: 'kexec -t help lists the types.',
    });
  }
  return {
    ...(type === undefined ? {} : { type }),
    ...(append === undefined ? {} : { append }),
    ...(flags.realMode ? { realMode: true } : {}),
    ...(initrd === undefined ? {} : { initrd: readFile(initrd) }),
  };
}

function tell(plan: LoadPlan, flags: KexecFlags): void {
  if (flags.debug) process.stderr.write(describePlan(plan));
}

function listTypes(): number {
  const lines = IMAGE_TYPES.map((name) => `  ${name}\n`);
  process.stdout.write(`Image types:\n${lines.join('')}`);
  return EXIT.OK;
}

/** `--cpu help` lists the models. @returns whether it did */
export function listModels({ cpu }: KexecFlags): boolean {
  if (cpu !== 'help') return false;
  process.stdout.write(`CPU models:\n${CPU_MODEL_NAMES.map((name) => `  ${name}\n`).join('')}`);
  return true;
}

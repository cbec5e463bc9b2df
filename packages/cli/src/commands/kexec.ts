/** kexec(8)'s verbs on a saved machine: load, exec, unload, status; and FILE alone, which loads and jumps. */

import { writeFileSync } from 'node:fs';
import { IMAGE_TYPES } from '@kexec/loaders';
import { CPU_MODEL_NAMES, createMachine, type Machine } from '@kexec/machine';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import { readImage } from '../image-file.js';
import type { KexecFlags } from '../kexec-flags.js';
import {
  checkPowerOn,
  checkReplay,
  checkSnapshotLoad,
  checkUsage,
  loadsOnly,
  MACHINE_OPTIONS,
} from '../kexec-usage.js';
import { loadOptions, refuseOptions } from '../load-flags.js';
import { MachineStore } from '../machine-store.js';
import { describePlan } from '../plan-text.js';
import { SerialOutput } from '../serial-output.js';
import { type Start, startFlags } from '../start-conditions.js';
import { machineOptions, restored } from '../start-machine.js';
import { replayCommand } from './replay.js';
import { runMachine, runStart } from './run-machine.js';

/** @returns the exit code */
export async function kexecCommand(file: string | undefined, flags: KexecFlags): Promise<number> {
  if (flags.type === 'help') return listTypes();
  if (listModels(flags)) return EXIT.OK;
  if (flags.replay !== undefined) {
    checkReplay(file, flags);
    return replayCommand(flags.replay, serialOutput(flags), flags);
  }
  const start = startOf(file, flags);
  if (start) return runStart(start, serialOutput(flags), flags);
  const store = new MachineStore(flags.machine ?? 'default');
  if (flags.status) return status(store, flags);
  if (flags.printCkrSize) return printCkrSize(store, flags);
  return store.locked(async () => {
    if (flags.unload) return unload(store, flags);
    if (file !== undefined) load(store, file, flags);
    return flags.exec || flags.crash ? exec(store, flags) : EXIT.OK;
  });
}

/** Where a run begins whose machine lives as long as this call; undefined for what is done to a saved one. */
function startOf(file: string | undefined, flags: KexecFlags): Start | undefined {
  if (flags.bios !== undefined) {
    checkPowerOn(file, flags);
    return { from: 'bios', name: flags.bios, flags: startFlags(flags) };
  }
  if (flags.snapshotLoad !== undefined) {
    checkSnapshotLoad(file, flags);
    return { from: 'snapshot', name: flags.snapshotLoad, flags: startFlags(flags) };
  }
  refuseOptions(flags);
  checkUsage(file, flags);
  if (file === undefined || loadsOnly(flags)) return undefined;
  return { from: 'file', name: file, flags: startFlags(flags) };
}

function load(store: MachineStore, file: string, flags: KexecFlags): void {
  const image = readImage(file);
  const serial = serialOutput(flags);
  const machine = saved(store, serial, flags) ?? createMachine(machineOptions(flags, serial));
  const plan = machine.load(image, loadOptions(file, flags, machine));
  if (flags.debug) process.stderr.write(describePlan(plan));
  store.write(machine.saveSnapshot());
  if (flags.json && !flags.exec) printJson({ exitCode: EXIT.OK, loaded: true });
}

async function exec(store: MachineStore, flags: KexecFlags): Promise<number> {
  const serial = serialOutput(flags);
  const machine = saved(store, serial, { disk: flags.disk ?? [] });
  if (!machine?.loaded && !(machine && flags.crash)) {
    throw new CliError(EXIT.LOAD_REFUSED, 'NOTHING_LOADED', 'nothing has been loaded', {
      remedy: 'Load a kernel first: kexec -l FILE.',
    });
  }
  const start = savedStart(store, flags);
  if (flags.crash) machine.crash();
  else machine.exec();
  // The running kernel is gone from here on, and the saved machine with it, unless the image gives it back.
  store.remove();
  const started = { target: machine, outputs: [serial.output] };
  const exitCode = await runMachine(started, start, serial, flags);
  if (machine.kernel.state === 'running') store.write(machine.saveSnapshot());
  return exitCode;
}

/** Where the run of a saved machine begins. It is gone afterwards: what is recorded keeps a copy beside the record. */
function savedStart(store: MachineStore, { record, crash, disk }: KexecFlags): Start {
  const name = record === undefined ? store.path : `${record}.snapshot`;
  if (record !== undefined) writeFileSync(name, store.read() ?? '');
  const flags = disk === undefined ? {} : { disk };
  return { from: 'snapshot', name, first: crash ? 'crash' : 'exec', flags };
}

function unload(store: MachineStore, flags: KexecFlags): number {
  const machine = saved(store, serialOutput(flags), { disk: flags.disk ?? [] });
  machine?.unload({ onCrash: flags.loadPanic ?? false });
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
  const machine = saved(store, serial, { disk: flags.disk ?? [] });
  const loaded = (flags.loadPanic ? machine?.kexec.crashImage !== undefined : machine?.loaded) ?? false;
  const exitCode = loaded ? EXIT.EXPECTATION : EXIT.OK;
  if (flags.json) printJson({ exitCode, loaded });
  return exitCode;
}

/** `--print-ckr-size`: what crashkernel= has set aside. */
function printCkrSize(store: MachineStore, flags: KexecFlags): number {
  const serial = new SerialOutput(process.stdout);
  const { start, end } = saved(store, serial, { disk: flags.disk ?? [] })?.kernel.crashkRes ?? {
    start: 0,
    end: 0,
  };
  process.stdout.write(`${end - start}\n`);
  return EXIT.OK;
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
        remedy: `Leave --memory, --cpu, --kernel-args, --skip-shutdown, --engine, --net and --seed out, choose another --machine, or remove ${store.path}.`,
      },
    );
  }
  return restored(snapshot, store.path, serial, flags);
}

/** The serial line's way out: stdout, unless a JSON result goes there. */
export function serialOutput({ json }: KexecFlags): SerialOutput {
  return new SerialOutput(json ? process.stderr : process.stdout);
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

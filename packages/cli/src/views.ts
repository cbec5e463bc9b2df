/** The grammar of the commands that show what kexec does. */

import { MILESTONES, TRACE_FORMATS } from '@kexec/machine';
import { type Command, Option } from 'commander';
import { addKexecOptions, addLimitOptions, addMachineOptions } from './command-options.js';
import { type ExtractFlags, extractCommand } from './commands/extract.js';
import { type MapFlags, mapCommand } from './commands/map.js';
import { type TraceFlags, traceCommand } from './commands/trace.js';
import { LOAD_OPTIONS } from './kexec-options.js';
import { parseSize } from './options.js';

/** Sets the process's exit code. */
type Exit = (exitCode: number) => void;

/** Adds them. */
export function addViews(program: Command, exit: Exit): void {
  addTrace(program, exit);
  addMap(program, exit);
  addExtract(program, exit);
}

function addTrace(program: Command, exit: Exit): void {
  const trace = program
    .command('trace')
    .description('show the jump step by step: devices, registers, pages, and the new kernel’s milestones')
    .argument('[file]', 'kernel image; our own demo kernel when left out')
    .addOption(
      new Option('--format <format>', 'as lines, as one JSON object, or for ui.perfetto.dev')
        .choices(Object.keys(TRACE_FORMATS))
        .default('text'),
    )
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .addOption(
      new Option('--until <milestone>', 'where it ends; a panic ends it, too')
        .choices(Object.keys(MILESTONES))
        .default('init'),
    )
    .option('--crash', 'load FILE for a panic, and panic; needs --kernel-args crashkernel=')
    .option('--console', 'the new kernel’s serial line on stderr')
    .option('--json', 'the same as --format json')
    .exitOverride();
  addKexecOptions(trace, LOAD_OPTIONS);
  addMachineOptions(trace);
  addLimitOptions(trace);
  trace.action(async (file: string | undefined) =>
    exit(await traceCommand(file, trace.optsWithGlobals<TraceFlags>())),
  );
}

function addMap(program: Command, exit: Exit): void {
  const map = program
    .command('map')
    .description('show physical memory before and after the jump')
    .argument('[file]', 'kernel image; without one, the running kernel alone')
    .addOption(new Option('--svg', 'a picture').conflicts('json'))
    .option('--json', 'one JSON object')
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .option('--crash', 'FILE is loaded for a panic; needs --kernel-args crashkernel=')
    .exitOverride();
  addKexecOptions(map, LOAD_OPTIONS);
  addMachineOptions(map);
  map.action((file: string | undefined) => exit(mapCommand(file, map.optsWithGlobals<MapFlags>())));
}

function addExtract(program: Command, exit: Exit): void {
  const extract = program
    .command('extract')
    .description('take the vmlinux out of a bzImage')
    .argument('<file>', 'a bzImage, compressed or not')
    .requiredOption('-o, --output <file>', 'where it goes; "-" is stdout')
    .addOption(
      new Option(
        '--by <way>',
        'where the payload is: as the setup header says, or where a search for magics finds it',
      )
        .choices(['header', 'magic'])
        .conflicts('emulate'),
    )
    .option('--emulate', "run the kernel's own decompressor, and take the memory that it jumps to")
    .option('--memory <size>', 'RAM for --emulate, such as 512M', parseSize)
    .option('--no-jit', 'with --emulate: interpret all code')
    .option('--force', 'overwrite the output')
    .option('--json', 'one JSON object on stdout, about what was taken')
    .exitOverride();
  extract.action((file: string) => exit(extractCommand(file, extract.optsWithGlobals<ExtractFlags>())));
}

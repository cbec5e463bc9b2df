/** The grammar of the command line: kexec(8)'s options, and the machine's own. */
import { Command, Option } from 'commander';
import { addKexecOptions, addLimitOptions, addMachineOptions } from './command-options.js';
import { type DebugFlags, debugCommand } from './commands/debug.js';
import { demoCommand } from './commands/demo.js';
import { explainCommand } from './commands/explain.js';
import { type InspectFlags, inspectCommand } from './commands/inspect.js';
import { kexecCommand } from './commands/kexec.js';
import { type PlanFlags, planCommand } from './commands/plan.js';
import { supportCommand } from './commands/support.js';
import { STEP_PARSERS, type TestFlags, testCommand } from './commands/test.js';
import { parseGdbPlace } from './gdb-place.js';
import type { KexecFlags } from './kexec-flags.js';
import { LOAD_OPTIONS, VERB_OPTIONS } from './kexec-options.js';
import { appendToList, parseCount, parseDuration, parseSize } from './options.js';
import { DEMO_NAMES } from './start-machine.js';
import { TEST_FORMATS } from './test-formats.js';
import { VERSION } from './version.js';
import { addViews } from './views.js';

/** Sets the process's exit code. */
export type Exit = (exitCode: number) => void;

/** The program, ready to parse. */
export function createProgram(exit: Exit): Command {
  const program = new Command('kexec')
    .description('Load a kernel into an emulated i386 PC by kexec_load(2), and jump into it.')
    .version(VERSION, '-v, --version')
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(kexec --help lists the options)')
    .argument('[file]', 'kernel image of any type that -t help lists, compressed or not')
    .option('--bios <file>', 'turn a machine on that runs this BIOS and no kernel; "builtin" is our own')
    .option('--debugcon', 'with --bios: what it writes to ports E9 and 402 goes to stderr')
    .option('--snapshot-save <file>', 'save the machine when its run ends, for example by --icount-limit')
    .option('--snapshot-load <file>', 'go on with such a machine, instead of loading a FILE')
    .option('--machine <name>', 'the saved machine that -l, -e, -u and -S share', 'default')
    .addHelpText('after', EXAMPLES);
  addKexecOptions(program, VERB_OPTIONS);
  program.option('--crash', 'panic the running kernel, as echo c > /proc/sysrq-trigger does');
  addKexecOptions(program, LOAD_OPTIONS);
  addRunOptions(program);
  program.action(async (file: string | undefined, flags: KexecFlags) =>
    exit(await kexecCommand(file, flags)),
  );

  const demo = program
    .command('demo')
    .description('boot one of our own kernels, which reports what it was handed')
    .argument('[name]', DEMO_NAMES.join(' or '), 'elf')
    .exitOverride();
  addKexecOptions(demo, DEMO_OPTIONS);
  addRunOptions(demo);
  // Options before the word `demo` count as well.
  demo.action(async (name: string) => exit(await demoCommand(name, demo.optsWithGlobals<KexecFlags>())));
  const debug = program
    .command('debug')
    .description('look at the jump and the new kernel, step by step, forward and back')
    .argument('[file]', 'kernel image; our own demo kernel when left out')
    .option('--symbols <file>', 'a System.map or an ELF file; may be given again', appendToList)
    .exitOverride();
  addKexecOptions(debug, LOAD_OPTIONS);
  addRunOptions(debug);
  debug.action(async (file: string | undefined) =>
    exit(await debugCommand(file, debug.optsWithGlobals<DebugFlags>())),
  );
  program
    .command('support')
    .description('list the instructions that the CPU executes, since which model, and how far')
    .option('--json', 'one JSON object on stdout')
    .exitOverride()
    .action((flags: { readonly json?: boolean }) => exit(supportCommand(flags)));
  const plan = program
    .command('plan')
    .description('show how a file would be loaded: every place, every rule; exit 3 if it would fail')
    .argument('<file>', 'kernel image')
    .option('--iomem <file>', 'a copy of /proc/iomem instead of the memory map of the machine')
    .exitOverride();
  addKexecOptions(plan, LOAD_OPTIONS);
  plan
    .option('--memory <size>', 'RAM, such as 64M or 1G', parseSize)
    .option('--json', 'one JSON object on stdout');
  plan.action((file: string) => exit(planCommand(file, plan.optsWithGlobals<PlanFlags>())));
  program
    .command('inspect')
    .description('show what a file says of itself, and what each probe makes of it')
    .argument('<files...>', 'kernel images')
    .option('--field <name>', 'print this field alone')
    .option(
      '--assert <name=value>',
      'exit with 1 unless the field is as given; may be given again',
      appendToList,
    )
    .option('--diff', 'print what differs between two files, and exit with 1 if anything does')
    .option('--json', 'one JSON object on stdout')
    .exitOverride()
    .action((files: string[], flags: InspectFlags) => exit(inspectCommand(files, flags)));
  program
    .command('explain')
    .description('say what an error code or an errno means, and what to do')
    .argument('[code]', 'such as OVERLAP, KX1402 or EINVAL; without one, all are listed')
    .option('--json', 'one JSON object on stdout')
    .exitOverride()
    .action((name: string | undefined, flags: { readonly json?: boolean }) =>
      exit(explainCommand(name, flags)),
    );
  addTest(program, exit);
  addViews(program, exit);
  return program;
}

function addTest(program: Command, exit: Exit): void {
  const test = program
    .command('test')
    .description('boot kernels that must say what they should; exit 1 if one does not, 124 if time was short')
    .argument('[spec]', 'YAML or JSON with boots; kexec explain BOOT_SPEC shows one')
    .option('--only <name>', 'run this boot alone; may be given again', appendToList)
    .option('-j, --jobs <n>', 'so many boots side by side; as many as there are CPUs', parseCount)
    .addOption(new Option('--format <format>', 'how the results are told').choices(Object.keys(TEST_FORMATS)))
    .option('--failures <folder>', 'where boots that failed are kept', 'kexec-failures')
    .option('--kernel <file>', 'instead of a SPEC: what is booted')
    .option('--demo <name>', 'or one of our own kernels')
    .option(
      '--fail <text>',
      'what must not come, instead of what a panic says; may be given again',
      appendToList,
    )
    .option('--within <time>', "how much of the guest's time a step may take", parseDuration)
    .option('--memory <size>', 'RAM, such as 64M or 1G', parseSize)
    .option('--cpu <model>', 'CPU model')
    .option('--icount-limit <n>', 'instructions that all steps may take', parseCount)
    .option('--json', 'one JSON object on stdout')
    .exitOverride();
  addKexecOptions(test, DEMO_OPTIONS);
  for (const [name, help] of STEP_OPTIONS)
    test.option(`--${name} <text>`, help, (text: string, steps: unknown) =>
      appendStep(test, STEP_PARSERS[name](text), steps),
    );
  test.action(async (file: string | undefined) =>
    exit(await testCommand(file, test.optsWithGlobals<TestFlags>())),
  );
}

const STEP_OPTIONS = [
  ['expect', 'what must come next: a text, or /a regular expression/'],
  ['send', 'what is typed then; \\n is Enter'],
  ['stop', 'how the machine must stop: power-off, reset, exit …'],
] as const;

/** The steps of all three options make one list, in the order in which they are given. */
function appendStep(command: Command, step: object, own: unknown): unknown {
  const steps: unknown = command.getOptionValue('steps');
  command.setOptionValue('steps', [...(Array.isArray(steps) ? steps : []), step]);
  return own;
}

/** What the demos take of a load. */
const DEMO_OPTIONS = LOAD_OPTIONS.filter(({ flags }) =>
  /^--(append|command-line|initrd|ramdisk|real-mode)\b/.test(flags),
);

function addRunOptions(command: Command): void {
  addMachineOptions(command);
  addLimitOptions(command);
  command
    .option('--realtime', "keep the guest's time from running ahead of the clock on the wall")
    .option('--screen', 'write the VGA text screen to stdout at the end')
    .option(
      '--gdb [where]',
      'gdb can connect: PORT, tcp:HOST:PORT or unix:PATH (default: tcp::1234)',
      parseGdbPlace,
    )
    .option('--wait-gdb', 'the machine does not start before gdb lets it')
    .option('--record <file>', 'record the run: everything that reaches the machine from outside, and when')
    .option('--replay <file>', 'have a recorded run again, to the instruction; no FILE is loaded')
    .option('--json', 'one JSON object on stdout at the end; the serial line goes to stderr');
}

const EXAMPLES = `
Examples:
  kexec demo                                  a kernel of our own, with nothing to download
  kexec vmlinuz --initrd initrd.img --append console=ttyS0
  kexec -l vmlinuz && kexec -e                load now, jump later
Exit codes:
  0 ok, 1 loaded (--status), 2 usage, 3 load refused, 4 unknown image, 5 guest fault, 6 I/O, 70 internal,
  124 timeout, 129 SIGHUP, 130 SIGINT, 141 no reader, 143 SIGTERM
`;

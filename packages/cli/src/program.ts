/** The grammar of the command line: kexec(8)'s options, and the machine's own. */
import { Command, Option } from 'commander';
import { DEMO_NAMES, demoCommand } from './commands/demo.js';
import type { KexecFlags } from './commands/kexec.js';
import { kexecCommand } from './commands/kexec.js';
import { supportCommand } from './commands/support.js';
import { parseDisk } from './disk-file.js';
import { parseCount, parseDuration, parseSeed, parseSize } from './options.js';
import { VERSION } from './version.js';

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
    .argument('[file]', 'kernel image: static ELF or bzImage, gzipped or not')
    .option('-l, --load', 'load FILE into the running kernel, and stop there')
    .option('-e, --exec', 'jump into the kernel that was loaded')
    .option('-u, --unload', 'unload it')
    .option('-S, --status', 'exit with 1 when a kernel is loaded, with 0 when none is')
    .option('-f, --force', 'accepted for kexec(8): there is no shutdown(8) to call')
    .option('-t, --type <type>', 'the image is of this type; "-t help" lists them')
    .option('-d, --debug', 'tell more: the plan, the segments')
    .option('--bios <file>', 'turn a machine on that runs this BIOS and no kernel; "builtin" is our own')
    .option('--debugcon', 'with --bios: what it writes to ports E9 and 402 goes to stderr')
    .option('--snapshot-save <file>', 'save the machine when its run ends, for example by --icount-limit')
    .option('--snapshot-load <file>', 'go on with such a machine, instead of loading a FILE')
    .option('--machine <name>', 'the saved machine that -l, -e, -u and -S share', 'default')
    .addHelpText('after', EXAMPLES);
  addImageOptions(program);
  addRunOptions(program);
  program.action(async (file: string | undefined, flags: KexecFlags) =>
    exit(await kexecCommand(file, flags)),
  );

  const demo = program
    .command('demo')
    .description('boot one of our own kernels, which reports what it was handed')
    .argument('[name]', DEMO_NAMES.join(' or '), 'elf')
    .exitOverride();
  addImageOptions(demo);
  addRunOptions(demo);
  // Options before the word `demo` count as well.
  demo.action(async (name: string) => exit(await demoCommand(name, demo.optsWithGlobals<KexecFlags>())));
  program
    .command('support')
    .description('list the instructions that the CPU executes, since which model, and how far')
    .option('--json', 'one JSON object on stdout')
    .exitOverride()
    .action((flags: { readonly json?: boolean }) => exit(supportCommand(flags)));
  return program;
}

function addImageOptions(command: Command): void {
  command
    .option('--append <text>', 'command line of the new kernel')
    .addOption(new Option('--command-line <text>', 'the same').hideHelp())
    .option('--initrd <file>', 'initial RAM disk')
    .addOption(new Option('--ramdisk <file>', 'the same').hideHelp())
    .option('--real-mode', 'enter a bzImage at its 16-bit entry, through the BIOS');
}

function addRunOptions(command: Command): void {
  command
    .option('--memory <size>', 'RAM, such as 64M or 1G', parseSize)
    .option('--cpu <model>', 'CPU model, such as 386, 486, pentium; "--cpu help" lists them')
    .addOption(
      new Option('--engine <engine>', 'kexec itself: mended, or as it was in 2002, with its defects').choices(
        ['fixed', 'historic'],
      ),
    )
    .option(
      '--disk <file>',
      'raw disk image; ",if=ide" or ",if=virtio", ",cow" writes nothing to it',
      parseDisk,
    )
    .option('--net', 'a virtio network card with a gateway that gives an address and answers ping')
    .option('--seed <n>', 'a virtio-rng card whose bytes follow from this number', parseSeed)
    .option('--realtime', "keep the guest's time from running ahead of the clock on the wall")
    .option('--screen', 'write the VGA text screen to stdout at the end')
    .option('--no-jit', 'interpret all code: translate none of it')
    .option('--icount-limit <n>', 'stop after so many instructions of the new kernel, with 124', parseCount)
    .option('--timeout <time>', 'stop after so much time on the clock, such as 60s, with 124', parseDuration)
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

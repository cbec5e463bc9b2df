/** From kexec(8)'s options to what a load takes. */
import { basename } from 'node:path';
import { IMAGE_TYPES } from '@kexec/loaders';
import type { Machine, MachineLoadOptions } from '@kexec/machine';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { readFile, readImage } from './image-file.js';
import { type KexecOption, LOAD_OPTIONS, optionName, VERB_OPTIONS } from './kexec-options.js';

/** Options of a load as commander names them. */
export interface LoadFlags {
  readonly loadPanic?: boolean;
  readonly loadPreserveContext?: boolean;
  readonly type?: string;
  readonly append?: string;
  readonly commandLine?: string;
  readonly reuseCmdline?: boolean;
  readonly initrd?: string;
  readonly ramdisk?: string;
  readonly module?: readonly string[];
  readonly realMode?: boolean;
  readonly argsLinux?: boolean;
  readonly argsElf?: boolean;
  readonly argsNone?: boolean;
  readonly memMin?: number;
  readonly memMax?: number;
  readonly checks?: boolean;
  readonly consoleSerial?: boolean;
  readonly consoleVga?: boolean;
  readonly serial?: number;
  readonly serialBaud?: number;
  readonly resetVga?: boolean;
}

/**
 * Refuses options that are known, but cannot be followed.
 *
 * @throws CliError with the reason; `-s` as the system call itself would
 */
export function refuseOptions(flags: object): void {
  const given = (row: KexecOption) => (flags as Record<string, unknown>)[optionName(row)] !== undefined;
  const row = [...VERB_OPTIONS, ...LOAD_OPTIONS].find((each) => each.support === 'refused' && given(each));
  if (!row) return;
  const [code, exitCode] = row.flags.startsWith('-s,')
    ? ['SYSCALL_ENOSYS', EXIT.LOAD_REFUSED]
    : ['OPTION_REFUSED', EXIT.USAGE];
  throw new CliError(exitCode, code, `${row.flags.split(' ')[0]?.replace(',', '')}: ${row.why}`, {
    remedy: code === 'SYSCALL_ENOSYS' ? 'Use -a or -c: kexec_load.' : 'Leave the option out.',
  });
}

/** What a load takes, files read. @throws CliError for a wrong use, or a file that cannot be read */
export function loadOptions(
  file: string,
  flags: LoadFlags,
  machine: Pick<Machine, 'kernel'>,
): MachineLoadOptions {
  const initrd = flags.initrd ?? flags.ramdisk;
  return {
    name: basename(file),
    type: imageType(flags.type),
    append: commandLine(flags, machine),
    initrd: initrd === undefined ? undefined : readFile(initrd),
    modules: flags.module?.map(readModule),
    realMode: flags.realMode,
    args: argumentStyle(flags),
    memMin: flags.memMin,
    memMax: flags.memMax,
    checks: flags.checks,
    onCrash: flags.loadPanic,
    preserveContext: flags.loadPreserveContext,
    console: {
      serial: flags.consoleSerial,
      vga: flags.consoleVga,
      serialBase: flags.serial,
      serialBaud: flags.serialBaud,
      resetVga: flags.resetVga,
    },
  };
}

function imageType(name: string | undefined): MachineLoadOptions['type'] {
  const type = IMAGE_TYPES.find((known) => known === name);
  if (name === undefined || type) return type;
  throw new CliError(EXIT.USAGE, 'TYPE', `there is no image type "${name}"`, {
    remedy: 'kexec -t help lists the types.',
  });
}

/** Parameters of the running kernel that are none of the new one's. @see kexec-tools kexec/kexec.c get_command_line() */
const NOT_REUSED = /^(BOOT_IMAGE|crashkernel)=/;

function commandLine(flags: LoadFlags, { kernel }: Pick<Machine, 'kernel'>): string | undefined {
  const given = flags.append ?? flags.commandLine;
  if (!flags.reuseCmdline) return given;
  const reused = kernel.commandLine.split(/\s+/).filter((word) => word !== '' && !NOT_REUSED.test(word));
  return [...reused, ...(given === undefined ? [] : [given])].join(' ');
}

/** `FILE arg1 arg2`: the file ends at the first space, as in kexec-tools. */
function readModule(commandLine: string): { bytes: Uint8Array; commandLine: string } {
  const [path = ''] = commandLine.split(' ', 1);
  return { bytes: readImage(path), commandLine };
}

function argumentStyle({ argsLinux, argsElf, argsNone }: LoadFlags): MachineLoadOptions['args'] {
  const styles = [argsLinux && 'linux', argsElf && 'elf', argsNone && 'none'] as const;
  const given = styles.filter((style) => style !== undefined && style !== false);
  if (given.length > 1) {
    throw new CliError(EXIT.USAGE, 'USAGE', `--args-${given.join(' and --args-')} contradict each other`, {
      remedy: 'Give one of them.',
    });
  }
  return given[0];
}

/** Options that several commands take: kexec(8)'s, and those that say how a machine is made. */
import { type Command, Option } from 'commander';
import { parseDisk } from './disk-file.js';
import type { KexecOption } from './kexec-options.js';
import {
  appendToList,
  parseAddress,
  parseCount,
  parseDuration,
  parseNames,
  parseSeed,
  parseSerialPort,
  parseSize,
} from './options.js';

const PARSERS = {
  address: parseAddress,
  count: parseCount,
  port: parseSerialPort,
  list: appendToList,
} as const;

/** Adds options of kexec(8); its help follows the table. */
export function addKexecOptions(command: Command, rows: readonly KexecOption[]): void {
  for (const { flags, help, takes } of rows) {
    const option = new Option(flags, help);
    if (takes) option.argParser<unknown>(PARSERS[takes]);
    command.addOption(option);
  }
}

/** Adds what a machine with a running kernel is made of, and how it executes. */
export function addMachineOptions(command: Command): void {
  command
    .option('--memory <size>', 'RAM, such as 64M or 1G', parseSize)
    .option('--kernel-args <text>', "the running kernel's own command line, such as crashkernel=64M")
    .option(
      '--skip-shutdown <names>',
      'devices, such as lapic,pci, that the running kernel leaves as they are when it hands over',
      parseNames,
    )
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
    .option('--no-jit', 'interpret all code: translate none of it');
}

/** Adds the bounds of a run. */
export function addLimitOptions(command: Command): void {
  command
    .option('--icount-limit <n>', 'stop after so many instructions of the new kernel, with 124', parseCount)
    .option('--timeout <time>', 'stop after so much time on the clock, such as 60s, with 124', parseDuration);
}

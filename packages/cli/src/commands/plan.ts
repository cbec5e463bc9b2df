/** `kexec plan FILE`: a dry run of a load, with every place, every rule and what the kernel would make of it. */
import { draftLoad, type LoadPlan } from '@kexec/loaders';
import { createMachine, type Machine, type MachineLoadOptions, pageCopies } from '@kexec/machine';
import { EXIT } from '../exit-code.js';
import { readFile, readImage } from '../image-file.js';
import { readMemoryMap } from '../iomem.js';
import type { KexecFlags } from '../kexec-flags.js';
import { loadOptions, refuseOptions } from '../load-flags.js';
import { SerialOutput } from '../serial-output.js';
import { machineOptions } from '../start-machine.js';

/** Options as commander names them. */
export interface PlanFlags extends KexecFlags {
  /** A file like /proc/iomem, instead of the machine's memory map. */
  readonly iomem?: string;
}

/** What the kernel made of a load. */
interface KernelPart {
  readonly pages: number;
  /** Pages that stand at their destination before the jump. */
  readonly inPlace: number;
  /** Physical address of the page that the relocation stub runs in. */
  readonly controlCodePage: number;
  /** The first copies that the stub will make. */
  readonly copies: readonly { readonly source: number; readonly destination: number }[];
}

const COPIES_SHOWN = 8;

/** @returns the exit code: 3 when the load would fail */
export function planCommand(file: string, flags: PlanFlags): number {
  refuseOptions(flags);
  const machine = createMachine(machineOptions(flags, new SerialOutput(process.stderr)));
  const image = readImage(file);
  const options = loadOptions(file, flags, machine);
  const memoryRanges = flags.iomem === undefined ? machine.kernel.e820 : readMemoryMap(readFile(flags.iomem));
  const { onCrash: _, ...given } = options;
  const plan = draftLoad({ acpiRsdp: machine.pc.rsdpPaddr, ...given, image, memoryRanges });
  const holds = plan.rules.every((rule) => rule.holds);
  const kernel = holds && flags.iomem === undefined ? kernelPart(machine, image, options) : undefined;
  const exitCode = holds ? EXIT.OK : EXIT.LOAD_REFUSED;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ schemaVersion: 1, exitCode, plan: planJson(plan), kernel })}\n`
      : planText(file, plan, kernel),
  );
  return exitCode;
}

/** Loads for real, on a machine that nobody keeps. */
function kernelPart(
  machine: Machine,
  image: Uint8Array,
  options: MachineLoadOptions,
): KernelPart | undefined {
  machine.load(image, { ...options, onCrash: false });
  const loaded = machine.kexec.image;
  if (!loaded) return undefined;
  const copies = [...pageCopies(machine.pc.mem, loaded.head)];
  return {
    pages: copies.length,
    inPlace: copies.filter(({ source, destination }) => source === destination).length,
    controlCodePage: loaded.controlCodePage,
    copies: copies.slice(0, COPIES_SHOWN),
  };
}

/** The plan without the segments' bytes. */
function planJson(plan: LoadPlan) {
  const segments = plan.segments.map(({ bytes, ...rest }) => ({ ...rest, bufsz: bytes.length }));
  return { ...plan, segments };
}

const hex = (value: number) => value.toString(16).padStart(8, '0');
const range = (start: number, end: number) => `${hex(start)}-${hex(end - 1)}`;

/** The plan for people. */
export function planText(file: string, plan: LoadPlan, kernel: KernelPart | undefined): string {
  const { registers } = plan;
  const lines = [
    `${file}: ${plan.type}, the relocation stub goes to ${hex(plan.entry)}, the kernel begins at ${hex(plan.kernelEntry)}`,
    ...plan.notes.map((note) => `  ${note}`),
    'segments',
    ...plan.segments.map(
      ({ name, bytes, mem, memsz }) =>
        `  ${range(mem, mem + memsz)}  ${String(bytes.length).padStart(9)} of ${String(memsz).padStart(9)} bytes  ${name}`,
    ),
    'RAM',
    ...plan.ram.map(({ start, end }) => `  ${range(start, end)}`),
    'placement',
    ...plan.placements.flatMap(({ name, rule, trials, place }) => [
      `  ${name}: ${range(place.start, place.end)}, ${rule}`,
      ...trials
        .filter(({ verdict }) => verdict !== 'fits')
        .map((trial) => `    not ${range(trial.range.start, trial.range.end)}: ${trial.verdict}`),
    ]),
    'rules of kexec_load',
    ...plan.rules.map(
      ({ rule, holds, errno, why }) =>
        `  ${holds ? 'PASS' : 'FAIL'}  ${rule}${holds ? '' : ` [${errno ?? 'user space'}]: ${why}`}`,
    ),
    ...(registers
      ? [
          `registers  ${Object.entries(registers)
            .map(([name, value]) => `${name} ${hex(value)}`)
            .join('  ')}`,
        ]
      : []),
    ...(kernel
      ? [
          `kernel  ${kernel.pages} pages, ${kernel.inPlace} of them in place, control page ${hex(kernel.controlCodePage)}`,
          ...kernel.copies.map(({ source, destination }) => `  copy ${hex(source)} to ${hex(destination)}`),
          ...(kernel.pages > kernel.copies.length
            ? [`  and ${kernel.pages - kernel.copies.length} more`]
            : []),
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

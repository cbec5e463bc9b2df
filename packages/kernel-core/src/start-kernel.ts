/** start_kernel: from the first line of C to the idle loop. */
import type { E820Entry, Range } from '@kexec/phys-mem';
import { cpuInit, pagingInit, type SetupContext } from './arch/i386/setup.js';
import { bannerLine, cpuLine, e820Lines, memoryLine, utsOf } from './banner.js';
import { crashkernelLine } from './crashkernel.js';
import { KERN_INFO, KERN_NOTICE } from './printk.js';

/** What the kernel starts from. */
export interface StartContext extends SetupContext {
  readonly e820: readonly E820Entry[];
  readonly commandLine: string;
  /** What crashkernel= has set aside. */
  readonly crashkRes: Range;
  printk(level: number, text: string): void;
  /** Sets up the devices and opens the console, which shows what was logged before it. */
  probeDevices(): void;
}

/** @see init/main.c start_kernel() */
export function startKernel(context: StartContext): void {
  const { printk, features, e820, commandLine, crashkRes, pages } = context;
  printk(KERN_NOTICE, bannerLine(utsOf(features)));
  for (const line of e820Lines(e820)) printk(KERN_INFO, line);
  const reserved = crashkernelLine(commandLine, crashkRes, e820);
  if (reserved) printk(KERN_INFO, reserved);
  printk(KERN_INFO, cpuLine(features));
  cpuInit(context);
  pagingInit(context);
  printk(KERN_NOTICE, `Kernel command line: ${commandLine}`);
  context.probeDevices();
  printk(KERN_INFO, memoryLine(pages.totals()));
}

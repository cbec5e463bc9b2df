/** The hand-off to a 16-bit Linux entry: setup code with heap and command line in 64 KB, initrd, and the purgatory. */
import { CONVENTIONAL_END, PAGE_SIZE, type PhysAddr, type Range } from '@kexec/phys-mem';
import { encodeCommandLine, OLD_CMDLINE_SIZE } from '../command-line.js';
import { writeField } from '../field.js';
import { OLD_INITRD_ADDR_MAX, placeInitrd } from '../initrd.js';
import type { LinuxHandOff, LoadOptions } from '../load-plan.js';
import { LoaderError } from '../loader-error.js';
import type { Placement } from '../placement.js';
import { type RealModeStart, realModeStart } from '../real-mode-start.js';
import { LOADER_TYPE_KEXEC } from './boot-params.js';
import type { BzImage } from './read-bzimage.js';
import { LOADFLAGS, protocolText, SETUP_HEADER } from './setup-header.js';

/*
 * The setup segment, boot.rst, "MEMORY LAYOUT":
 *
 *   0000  boot sector and setup code
 *    …    its heap, and its stack from the end down
 *   E000  command line
 */
const HEAP_END = 0xe000;
/** Setup code needs heap and stack after it: boot.rst lets it count on 8000 at most. */
const SETUP_BYTES_MAX = 0x8000 + 0x200;
/** boot.rst, "heap_end_ptr": the offset of the end of the setup stack and heap, minus 0x0200. */
const HEAP_END_PTR_BIAS = 0x200;
/** The 16-bit entry: CS is the setup segment + 0x20. */
const ENTRY_OFFSET = 0x200;
/** The first protocol whose command line may be anywhere and whose setup code need not be at 90000. */
const OLDEST_PROTOCOL = 0x0202;
/** Interrupt vectors, BIOS data, and the place of boot sectors lie below. */
const LOW_MEMORY_MIN = 0x1_0000;

/** The protected-mode code, in its place. */
export interface PlacedCode {
  readonly entry: PhysAddr;
  readonly memory: Range;
}

/**
 * Places what a kernel's setup code is handed, after the kernel itself.
 *
 * @throws LoaderError `OLD_PROTOCOL`, `BAD_OPTION`, and as for the 32-bit entry
 */
export function realModeHandOff(
  kernel: BzImage,
  code: PlacedCode,
  options: LoadOptions,
  placement: Placement,
): { readonly start: RealModeStart; readonly linux: LinuxHandOff } {
  const { header } = kernel;
  checkSetup(kernel);
  const { initrd_addr_max = OLD_INITRD_ADDR_MAX, cmdline_size = OLD_CMDLINE_SIZE } = header;
  const room = 0x1_0000 - HEAP_END - 1;
  const text = encodeCommandLine(options.append ?? '', Math.min(cmdline_size, room));
  const initrd = options.initrd && placeInitrd(placement, options.initrd, initrd_addr_max);
  const low = { align: PAGE_SIZE, min: LOW_MEMORY_MIN, end: CONVENTIONAL_END };
  const setup = placement.locate(
    { ...low, name: 'setup', memsz: HEAP_END + text.length, from: 'low' },
    new Uint8Array(HEAP_END + text.length),
  );
  const commandLine = setup.mem + HEAP_END;
  setup.bytes.set(kernel.setup);
  setup.bytes.set(text, HEAP_END);
  const fields = {
    type_of_loader: LOADER_TYPE_KEXEC,
    loadflags: header.loadflags | LOADFLAGS.CAN_USE_HEAP,
    code32_start: code.entry,
    heap_end_ptr: HEAP_END - HEAP_END_PTR_BIAS,
    cmd_line_ptr: commandLine,
    ramdisk_image: initrd?.mem ?? 0,
    ramdisk_size: initrd?.bytes.length ?? 0,
  };
  for (const [name, value] of Object.entries(fields)) {
    writeField(setup.bytes, SETUP_HEADER[name as keyof typeof fields], value);
  }
  const segment = setup.mem >>> 4;
  // boot.rst, "RUNNING THE KERNEL": CS is the setup segment + 0x20, SP the end of the heap.
  const start = realModeStart(placement, options, {
    cs: segment + (ENTRY_OFFSET >>> 4),
    ip: 0,
    ds: segment,
    ss: segment,
    sp: HEAP_END,
  });
  return {
    start,
    linux: {
      entry: setup.mem + ENTRY_OFFSET,
      kernel: code.memory,
      bootParams: setup.mem,
      commandLine,
      initrd: initrd && { start: initrd.mem, end: initrd.mem + initrd.bytes.length },
      purgatory: start.segment.mem,
    },
  };
}

function checkSetup({ header, setup }: BzImage): void {
  if (header.version < OLDEST_PROTOCOL) {
    throw new LoaderError(
      'OLD_PROTOCOL',
      `the boot protocol is ${protocolText(header.version)}; 2.02 is the oldest whose 16-bit entry is supported`,
      {
        details: { rule: 'version', offset: 0x206, found: header.version, limit: OLDEST_PROTOCOL },
        remedy: 'leave --real-mode out',
      },
    );
  }
  if (setup.length > SETUP_BYTES_MAX) {
    throw new LoaderError('BAD_OPTION', `${setup.length} bytes of setup code leave no room for its heap`, {
      details: { rule: 'setup_sects', offset: 0x1f1, found: setup.length, limit: SETUP_BYTES_MAX },
      remedy: 'leave --real-mode out',
    });
  }
}

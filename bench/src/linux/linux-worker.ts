/** One emulator under the suite, in a process of its own: boots Linux, and writes each mark as a line of JSON. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createMachine } from '@kexec/machine';
import { V86 } from 'v86';
import { cpuSeconds, threadSeconds } from '../measure.js';
import { type Mark, markListener } from './marks.js';

const MEMORY_MB = 256;
/** Power-off is what ends a guest. */
const APPEND = 'console=ttyS0,115200 quiet';
/** Instructions between looks at the event loop. */
const SLICE = 50_000_000;

interface Guest {
  readonly kernel: string;
  readonly initrd: string;
  readonly seabios: string;
}

function write(mark: Mark): void {
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

function writeOwn(line: string, instructions?: number): void {
  const rss = process.resourceUsage().maxRSS / 1024;
  write({
    line,
    thread: threadSeconds(),
    all: cpuSeconds(),
    rss,
    ...(instructions === undefined ? {} : { instructions }),
  });
}

function runOurs({ kernel, initrd }: Guest): void {
  const machine = createMachine({
    memory: `${MEMORY_MB}M`,
    onSerial: markListener((line) => writeOwn(line, machine.pc.cpu.icount)),
  });
  // The others verify no checksum either.
  machine.load(readFileSync(kernel), { initrd: readFileSync(initrd), append: APPEND, checks: false });
  machine.exec();
  while (machine.run({ instructions: SLICE }).kind === 'budget');
}

function runV86({ kernel, initrd, seabios }: Guest): void {
  const buffer = (path: string) => new Uint8Array(readFileSync(path)).buffer;
  const emulator = new V86({
    wasm_path: join(dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm'),
    memory_size: MEMORY_MB << 20,
    vga_memory_size: 2 << 20,
    bios: { buffer: buffer(join(seabios, 'bios.bin')) },
    vga_bios: { buffer: buffer(join(seabios, 'vgabios-stdvga.bin')) },
    bzimage: { buffer: buffer(kernel) },
    initrd: { buffer: buffer(initrd) },
    cmdline: APPEND,
    autostart: true,
    log_level: 0,
  });
  const hear = markListener((line) => {
    writeOwn(line);
    // After poweroff it would spin.
    if (line === '@done') process.exit();
  });
  emulator.add_listener('serial0-output-byte', hear);
}

/** Clock ticks a second in /proc: USER_HZ. */
const USER_HZ = 100;

function runQemu({ kernel, initrd }: Guest): void {
  const machine = [
    '-M',
    'pc',
    '-accel',
    'tcg',
    '-m',
    `${MEMORY_MB}`,
    '-display',
    'none',
    '-serial',
    'stdio',
    '-no-reboot',
  ];
  const child = spawn(
    'qemu-system-i386',
    [...machine, '-kernel', kernel, '-initrd', initrd, '-append', APPEND],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const seconds = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
  };
  const peak = () => {
    const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'));
    return Number(line?.[1] ?? Number.NaN) / 1024;
  };
  const hear = markListener((line) => {
    const all = seconds();
    write({ line, thread: all, all, rss: peak() });
    if (line === '@done') child.kill();
  });
  child.stdout.on('data', (bytes: Uint8Array) => {
    for (const byte of bytes) hear(byte);
  });
}

const RUNNERS: Readonly<Record<string, (guest: Guest) => void>> = {
  ours: runOurs,
  v86: runV86,
  qemu: runQemu,
};
const [name = '', kernel = '', initrd = '', seabios = ''] = process.argv.slice(2);
RUNNERS[name]?.({ kernel, initrd, seabios });

/** Runs conformance guests on QEMU and Bochs, as scripts/fetch-emulators.mjs left them. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskOf } from './image.js';
import type { Boot, Speech } from './run-programs.js';

const ROOT = fileURLToPath(new URL('../../../../../.cache/emulators/', import.meta.url));
const PLUGINS = `${ROOT}usr/lib/x86_64-linux-gnu/bochs/plugins`;
const LIBRARIES = `${ROOT}usr/lib/x86_64-linux-gnu:${ROOT}lib/x86_64-linux-gnu`;
/** A machine that has not spoken for so long will not speak again. */
const SILENCE_MS = 10_000;
const LONGEST_OUTPUT = 1_000_000;

/** An emulator: its program, and how it is told to boot a disk. */
export interface Emulator {
  readonly name: 'qemu' | 'bochs';
  readonly binary: string;
  /** Start of the package's file name: the release that the tables speak of. */
  readonly release: string;
  /** Arguments; `folder` is there for the run, and holds disk.img. */
  arguments(folder: string, cylinders: number): string[];
}

export const QEMU: Emulator = {
  name: 'qemu',
  binary: `${ROOT}usr/bin/qemu-system-i386`,
  release: 'qemu-system-x86_1%3a7.2',
  arguments: (folder) => [
    // What the machine has installed is not fetched again.
    ...['/', ROOT].flatMap((root) => ['-L', `${root}usr/share/qemu`, '-L', `${root}usr/share/seabios`]),
    ...[
      '-accel',
      'tcg',
      '-cpu',
      'qemu32,+sse2,+pae,+vme',
      '-m',
      '16',
      '-display',
      'none',
      '-no-reboot',
      '-net',
      'none',
    ],
    ...['-debugcon', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4', '-vga', 'none'],
    ...['-drive', `file=${folder}/disk.img,format=raw,snapshot=on`],
  ],
};

export const BOCHS: Emulator = {
  name: 'bochs',
  binary: `${ROOT}usr/bin/bochs-bin`,
  release: 'bochs_2.7',
  arguments: (folder, cylinders) => {
    const lines = [
      'display_library: rfb, options="timeout=0"',
      'cpu: model=p4_willamette, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0',
      'megs: 16',
      `romimage: file=${ROOT}usr/share/bochs/BIOS-bochs-legacy`,
      `vgaromimage: file=${ROOT}usr/share/vgabios/vgabios.bin`,
      `ata0-master: type=disk, path=${folder}/disk.img, mode=flat, cylinders=${cylinders}, heads=16, spt=63`,
      'boot: disk',
      'port_e9_hack: enabled=1',
      `log: ${folder}/log`,
      'panic: action=fatal',
      'error: action=report',
      'info: action=ignore',
      'sound: driver=dummy',
    ];
    writeFileSync(`${folder}/bochsrc`, `${lines.join('\n')}\n`);
    // Debian's has the debugger in it, which waits for a command.
    writeFileSync(`${folder}/commands`, 'c\nq\n');
    return ['-q', '-f', `${folder}/bochsrc`, '-rc', `${folder}/commands`];
  },
};

/** Why it cannot be run here; undefined if it can. */
export function whyAbsent({ name, release }: Emulator): string | undefined {
  const list = `${ROOT}packages.txt`;
  if (!existsSync(list)) return `${name} is not there; "pnpm emulators" fetches it from Debian's packages`;
  const packages = readFileSync(list, 'utf8').split('\n');
  if (packages.some((file) => file.startsWith(release))) return undefined;
  return `${name} is another release than ${release}, of which the tables speak`;
}

/** Boots an emulator from a disk with the image on it. */
export function bootOf(emulator: Emulator): Boot {
  return async (image) => {
    const folder = mkdtempSync(join(tmpdir(), `conformance-${emulator.name}-`));
    try {
      const { bytes, cylinders } = diskOf(image);
      writeFileSync(`${folder}/disk.img`, bytes);
      return await speech(emulator.binary, emulator.arguments(folder, cylinders));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

/** Standard output up to the end or to a long silence. */
function speech(binary: string, args: readonly string[]): Promise<Speech> {
  const env = { ...process.env, LD_LIBRARY_PATH: LIBRARIES, LTDL_LIBRARY_PATH: PLUGINS };
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    let isHung = false;
    const kill = () => {
      isHung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(kill, SILENCE_MS);
    child.stdout.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      clearTimeout(timer);
      timer = setTimeout(kill, SILENCE_MS);
      if (text.length > LONGEST_OUTPUT) kill();
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve({ text, isHung });
    });
  });
}

/** Every segment of a plan beside what Debian's own `kexec -d -l` makes of the same file: the same place, or a reason. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElfGuest, createMultibootGuest } from '@kexec/guests';
import { readBzImage } from '@kexec/loaders';
import { afterAll, describe, expect, test } from 'vitest';
import { debianUserland } from './debian-userland.js';
import { fixture } from './fixture.js';
import { listenedMachine } from './serial-text.js';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
/** Instructions; the boot takes some 5 thousand million. */
const LIMIT = 20_000_000_000;
const SLICE = 50_000_000;

const fixtures = {
  vmlinuz: fixture('vmlinuz'),
  'vmlinuz-pae': fixture('vmlinuz-pae'),
  memtest: fixture('memtest86+ia32.bin'),
  kexec_test: fixture('kexec_test.static'),
};
const files = { ...fixtures, multiboot: createMultibootGuest(), elf: createElfGuest() };
type FileName = keyof typeof files;

/** A segment, as kexec_load is given it. */
interface Placed {
  readonly mem: number;
  readonly memsz: number;
  readonly bufsz: number;
}

/** What a reason may look at. */
interface Facts {
  /** The file that is loaded. */
  readonly file: Uint8Array;
  /** Whole pages of RAM: up to 640 KB, and from 1 MB on. */
  readonly low: Range;
  readonly high: Range;
  /** kexec-tools' own purgatory. */
  readonly purgatory: Placed;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Whether two segments are related as the reason says; their data are of the same length unless it says otherwise. */
type Reason = (ours: Placed, theirs: Placed, facts: Facts) => boolean;

const end = ({ mem, memsz }: Placed) => mem + memsz;
const pages = (bytes: number) => Math.ceil(bytes / 4096) * 4096;
const isSameData = (ours: Placed, theirs: Placed) => ours.bufsz === theirs.bufsz;

/** Why a segment is not where, or not as large as, kexec-tools has it. */
const REASONS = {
  'the same place': (ours, theirs) =>
    isSameData(ours, theirs) && ours.mem === theirs.mem && ours.memsz === theirs.memsz,
  /** The decompressor works in init_size bytes, and what lies there is lost; kexec-tools keeps only the file free. */
  'the same place, with room for init_size': (ours, theirs, { file }) =>
    isSameData(ours, theirs) &&
    ours.mem === theirs.mem &&
    theirs.memsz === pages(theirs.bufsz) &&
    ours.memsz === pages(readBzImage(file).header.init_size ?? 0),
  /** Theirs keeps room for memory tables and for what the running kernel's EDD says. */
  'the same place, smaller boot_params': (ours, theirs) =>
    ours.mem === theirs.mem && ours.bufsz <= theirs.bufsz && ours.memsz <= theirs.memsz,
  /** Both at the end of conventional memory; the programs differ in size. */
  'ends at the same place': (ours, theirs, { low }) => end(ours) === low.end && end(theirs) === low.end,
  /** A kernel runs on its GDT until it has its own, and may use all memory above 1 MB before. */
  'below 640 KB, where theirs is at the end of RAM': (ours, theirs, { low, high }) =>
    end(ours) === low.end && end(theirs) === high.end,
  'below 640 KB, where theirs is at the lowest hole': (ours, theirs, { low }) =>
    end(ours) === low.end && theirs.mem === low.start,
  'at the end of RAM, where theirs ends at the purgatory': (ours, theirs, { high, purgatory }) =>
    isSameData(ours, theirs) && end(ours) === high.end && end(theirs) === purgatory.mem,
  /** The first 12 KB are kept for vectors, the BIOS's data and what old set-up code uses. */
  'from 3000 on, where theirs follows the purgatory': (ours, theirs, { purgatory }) =>
    ours.mem === 0x3000 && theirs.mem === end(purgatory),
  /** Set-up code calls the BIOS, whose data and boot sectors have their places below. */
  'from 10000 on, where theirs is at 3000': (ours, theirs) => ours.mem === 0x1_0000 && theirs.mem === 0x3000,
  /** Theirs puts the information on the interrupt vectors, and its texts beside the module. */
  'one segment beside the vectors, where theirs lies on them': (ours, theirs) =>
    ours.mem === 0x3000 && theirs.mem === 0,
  /** Conventional memory is the BIOS's and the set-up code's as long as they are wanted. */
  'above 1 MB, where theirs is below': (ours, theirs, { high, low }) =>
    isSameData(ours, theirs) && ours.mem >= high.start && end(theirs) <= low.end,
} as const satisfies Record<string, Reason>;

interface Row {
  readonly file: FileName;
  readonly options: readonly string[];
  /** Our segments by name, and how each is related to theirs at this index, ascending by address. */
  readonly segments: Readonly<Record<string, readonly [theirs: number, reason: keyof typeof REASONS]>>;
  /** Theirs that have no counterpart of ours, with the reason. */
  readonly extra?: readonly [theirs: number, why: string];
}

const SAME = 'the same place';
const ROWS: readonly Row[] = [
  {
    file: 'vmlinuz',
    options: ['--append=console=ttyS0 quiet', '--initrd=kexec_test'],
    segments: {
      boot_params: [0, 'the same place, smaller boot_params'],
      kernel: [1, 'the same place, with room for init_size'],
      initrd: [2, 'at the end of RAM, where theirs ends at the purgatory'],
      purgatory: [3, 'below 640 KB, where theirs is at the end of RAM'],
    },
  },
  {
    file: 'vmlinuz-pae',
    options: ['--append=console=ttyS0'],
    segments: {
      boot_params: [0, 'the same place, smaller boot_params'],
      kernel: [1, 'the same place, with room for init_size'],
      purgatory: [2, 'below 640 KB, where theirs is at the end of RAM'],
    },
  },
  {
    file: 'vmlinuz',
    options: ['--append=console=ttyS0', '--real-mode'],
    segments: {
      setup: [0, 'from 10000 on, where theirs is at 3000'],
      purgatory: [1, 'ends at the same place'],
      kernel: [2, 'the same place, with room for init_size'],
    },
  },
  {
    file: 'memtest',
    options: [],
    segments: {
      boot_params: [0, 'the same place, smaller boot_params'],
      purgatory: [1, 'ends at the same place'],
      kernel: [2, 'the same place, with room for init_size'],
    },
  },
  {
    file: 'kexec_test',
    options: ['--type=elf-x86', '--args-none'],
    segments: { 'PT_LOAD 0': [0, SAME], 'PT_LOAD 1': [1, SAME], 'PT_LOAD 2': [2, SAME] },
  },
  {
    file: 'kexec_test',
    options: ['--type=elf-x86', '--args-elf', '--command-line=abc'],
    segments: {
      purgatory: [0, 'below 640 KB, where theirs is at the lowest hole'],
      'boot notes': [1, 'from 3000 on, where theirs follows the purgatory'],
      'PT_LOAD 0': [2, SAME],
      'PT_LOAD 1': [3, SAME],
      'PT_LOAD 2': [4, SAME],
    },
  },
  {
    file: 'kexec_test',
    options: ['--type=elf-x86', '--args-linux', '--command-line=abc', '--initrd=kexec_test'],
    segments: {
      purgatory: [0, 'below 640 KB, where theirs is at the lowest hole'],
      boot_params: [1, 'from 3000 on, where theirs follows the purgatory'],
      'PT_LOAD 0': [2, SAME],
      'PT_LOAD 1': [3, SAME],
      'PT_LOAD 2': [4, SAME],
      initrd: [5, SAME],
    },
  },
  {
    file: 'elf',
    options: ['--args-none'],
    segments: { 'PT_LOAD 0': [0, SAME] },
  },
  {
    file: 'multiboot',
    options: ['--command-line=one two', '--module=kexec_test a b'],
    segments: {
      'multiboot information': [0, 'one segment beside the vectors, where theirs lies on them'],
      purgatory: [1, 'below 640 KB, where theirs is at the lowest hole'],
      'module 0': [2, 'above 1 MB, where theirs is below'],
      'PT_LOAD 0': [4, SAME],
    },
    extra: [3, 'the texts of the multiboot information'],
  },
];

const folder = mkdtempSync(join(tmpdir(), 'kexec-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Debian's kexec says of each row, and the memory map that it went by. */
interface Said {
  readonly iomem: string;
  readonly rows: readonly string[];
}

/** One boot of Debian's Linux, whose /init has kexec load every row. Without sysfs, kexec goes by /proc/iomem. */
function askDebian(): Said {
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
  const init = `cd /test
echo "=== iomem"
cat /proc/iomem
${ROWS.map(
  ({ file, options }, index) => `echo "=== ${index}"
kexec -d -l ${quoted([file, ...options])} > /tmp/said 2>&1 || echo refused
grep -v ^sym: /tmp/said`,
).join('\n')}
echo "=== end"
sleep 2
poweroff -f
`;
  const contents = Object.fromEntries(
    Object.entries(files).flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : [])),
  );
  const initrd = debianUserland(init, contents);
  if (!fixtures.vmlinuz || !initrd) throw new Error('the fixtures are not there');
  const { machine, text } = listenedMachine({ memory: '256M' });
  machine.load(fixtures.vmlinuz, { initrd, append: 'console=ttyS0,115200 quiet cryptomgr.notests' });
  machine.exec();
  let stop = machine.run({ instructions: SLICE });
  for (let left = LIMIT; left > 0 && stop.kind === 'budget'; left -= SLICE)
    stop = machine.run({ instructions: SLICE });
  expect(stop).toEqual({ kind: 'power-off' });
  const [, iomem = '', ...rows] = text()
    .replaceAll('\r', '')
    .split(/^=== .*\n/m);
  writeFileSync(join(folder, 'iomem'), iomem);
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes);
  return { iomem, rows: rows.slice(0, -1) };
}

/** `segment[0].bufsz = 0x94` and the like. */
function segmentsOf(said: string): Placed[] {
  const field = (name: string) =>
    Array.from(said.matchAll(new RegExp(`^segment\\[\\d+\\]\\.${name}\\s*= (\\S+)$`, 'gm')), ([, value]) =>
      Number(value === '(nil)' ? 0 : value),
    );
  const [mem, memsz, bufsz] = [field('mem'), field('memsz'), field('bufsz')];
  return mem.map((at, i) => ({ mem: at, memsz: memsz[i] ?? 0, bufsz: bufsz[i] ?? 0 }));
}

/** `kexec plan` with the same options and the guest's memory map. */
function ourPlan({ file, options }: Row): Map<string, Placed> {
  const { stdout, status } = spawnSync(
    process.execPath,
    [bundle, 'plan', file, ...options, '--iomem', 'iomem', '--json'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const { plan } = JSON.parse(stdout) as {
    plan: { segments: readonly (Placed & { readonly name: string })[] };
  };
  return new Map(plan.segments.map(({ name, mem, memsz, bufsz }) => [name, { mem, memsz, bufsz }]));
}

/** `System RAM` in whole pages. */
function ramOf(iomem: string): Range[] {
  return Array.from(iomem.matchAll(/^(\w+)-(\w+) : System RAM$/gm), ([, start = '', last = '']) => ({
    start: pages(Number.parseInt(start, 16)),
    end: Math.floor((Number.parseInt(last, 16) + 1) / 4096) * 4096,
  }));
}

const isReady = Object.values(fixtures).every(Boolean) && fixture('kexec.gz') !== undefined;

describe.skipIf(!isReady)('beside kexec-tools', () => {
  let said: Said | undefined;
  const debian = () => {
    said ??= askDebian();
    return said;
  };

  test('Debian’s kexec accepts every row', () => {
    const { rows } = debian();
    expect(rows.length).toBe(ROWS.length);
    for (const row of rows) expect(row).not.toContain('refused');
  }, 3_600_000);

  test.each(ROWS.map((row, index) => ({ ...row, index })))(
    '$file $options: every segment is in the same place, or there is a reason',
    (row) => {
      const { iomem, rows } = debian();
      const theirs = segmentsOf(rows[row.index] ?? '');
      const ours = ourPlan(row);
      expect([...ours.keys()].sort()).toEqual(Object.keys(row.segments).sort());
      // Each of theirs is spoken for once.
      const spokenFor = [
        ...Object.values(row.segments).map(([at]) => at),
        ...(row.extra ? [row.extra[0]] : []),
      ];
      expect(spokenFor.sort()).toEqual(theirs.map((_, index) => index));

      const [low, high] = ramOf(iomem);
      const at = row.segments.purgatory?.[0];
      const purgatory = (at === undefined ? undefined : theirs[at]) ?? { mem: 0, memsz: 0, bufsz: 0 };
      const file = files[row.file];
      if (!low || !high || !file) throw new Error('no RAM or no file');
      for (const [name, [index, reason]] of Object.entries(row.segments)) {
        const pair = { name, reason, ours: ours.get(name), theirs: theirs[index] };
        const holds =
          pair.ours !== undefined &&
          pair.theirs !== undefined &&
          REASONS[reason](pair.ours, pair.theirs, { file, low, high, purgatory });
        expect({ ...pair, holds }).toEqual({ ...pair, holds: true });
      }
    },
  );
});

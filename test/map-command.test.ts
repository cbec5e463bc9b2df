/** `kexec map`: memory around the jump as bars, as a picture, and as JSON. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBzImageGuest } from '@kexec/guests';
import { createMachine, type MapRegion, type PhysicalMap, pageCopies, physicalMap } from '@kexec/machine';
import { afterAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-map-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function map(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, 'map', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const guest = createBzImageGuest();
const bzImage = join(folder, 'bzImage');
writeFileSync(bzImage, guest);

/** In the setup header. */
const RELOCATABLE_KERNEL = 0x234;

/** A machine with the guest loaded, and its map. */
function loaded(engine: 'fixed' | 'historic' = 'fixed') {
  const machine = createMachine({ memory: '32M', engine });
  const plan = machine.load(guest, { initrd: new Uint8Array(300_000).fill(7) });
  return { machine, plan, map: physicalMap(machine, plan) };
}

describe('a physical map', () => {
  test.each(['fixed', 'historic'] as const)('covers RAM once, without a gap (%s)', (engine) => {
    const { map } = loaded(engine);
    for (const side of [map.before, map.after ?? []]) {
      let end = 0;
      for (const region of side) {
        expect(region.start).toBe(end);
        expect(region.end).toBeGreaterThan(region.start);
        end = region.end;
      }
      expect(end).toBe(32 << 20);
    }
  });

  test('has every page that the stub will read among the sources, and what it writes among the segments', () => {
    const { machine, plan, map } = loaded();
    const has = (side: readonly MapRegion[], kind: MapRegion['kind'], paddr: number) =>
      side.some((region) => region.kind === kind && region.start <= paddr && paddr < region.end);
    const copies = [...pageCopies(machine.pc.mem, machine.kexec.image?.head ?? 0)];
    expect(copies.length).toBeGreaterThan(70);
    for (const { source, destination } of copies)
      expect([has(map.before, 'source', source), has(map.after ?? [], 'segment', destination)]).toEqual([
        true,
        true,
      ]);
    const stub = machine.kexec.image?.controlCodePage ?? 0;
    expect([has(map.before, 'control', stub), has(map.after ?? [], 'control', stub)]).toEqual([true, true]);
    const names = map.after?.filter(({ kind }) => kind === 'segment').map(({ name }) => name);
    expect(names).toEqual(plan.segments.map(({ name }) => name));
  });

  test('shows a crash image where it lies, within what crashkernel= has set aside', () => {
    const machine = createMachine({ memory: '64M', commandLine: 'crashkernel=16M' });
    const { start, end } = machine.kernel.crashkRes;
    const relocatable = guest.slice();
    relocatable[RELOCATABLE_KERNEL] = 1;
    const plan = machine.load(relocatable, { onCrash: true });
    const sources = physicalMap(machine, plan).before.filter(({ kind }) => kind === 'source');
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      expect(source.name).toBe('new image, in place');
      expect(source.start >= start && source.end <= end).toBe(true);
    }
  });
});

describe('kexec map', () => {
  test('draws two scales of 64 columns, and lists what a sign stands for', () => {
    const { status, stdout } = map(bzImage, '--memory', '32M');
    expect(status).toBe(0);
    const bars = stdout.split('\n').filter((line) => /^(before|after) {2,3}\S/.test(line));
    expect(bars.map((line) => line.slice(8).length)).toEqual([64, 64, 64, 64]);
    expect(stdout).toMatch(/^ {2}K {2}00100000-[0-9a-f]{8} .* Kernel code$/m);
    expect(stdout).toMatch(/^ {2}1 {2}00003000-00004fff {8}8 KB {2}boot_params$/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    // The first column of the first megabyte is 16 KB: boot_params lies there.
    expect(bars[3]?.[8]).toBe('1');
    const signs = new Set(bars.join('').replace(/before|after|[ .]/g, ''));
    for (const sign of signs) expect(stdout).toContain(`\n  ${sign}  `);
  });

  test('without FILE shows the running kernel alone', () => {
    const { status, stdout } = map();
    expect([status, stdout.includes('after')]).toEqual([0, false]);
    expect(stdout).toContain('Kernel data');
  });

  test('--json tells the same as the library', () => {
    const { schemaVersion, exitCode, ...told }: PhysicalMap & { schemaVersion: number; exitCode: number } =
      JSON.parse(map(bzImage, '--memory', '32M', '--json').stdout);
    const machine = createMachine({ memory: '32M' });
    const plan = machine.load(guest, { name: 'bzImage' });
    expect([schemaVersion, exitCode, told]).toEqual([1, 0, physicalMap(machine, plan)]);
  });

  test('a refused file is refused with its code, and writes nothing', () => {
    const path = join(folder, 'never.svg');
    const text = join(folder, 'text');
    writeFileSync(text, 'no kernel');
    expect(map(text, '--svg', '-o', path)).toMatchObject({ status: 4, stdout: '' });
    expect(existsSync(path)).toBe(false);
    expect(map(bzImage, '--svg', '--json').status).toBe(2);
  });
});

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where each text lies: 13 px high, a character 8 px wide at most. */
function boxes(svg: string): Box[] {
  return [...svg.matchAll(/<text class="(\w+)" x="([\d.]+)" y="([\d.]+)">([^<]*)<\/text>/g)].map(
    ([, style, x, y, escaped = '']) => {
      const text = escaped.replace(/&\w+;/g, '&');
      const width = 8 * text.length;
      const left = Number(x) - (style === 'sign' ? width / 2 : 0);
      return { text, left, right: left + width, top: Number(y) - 12, bottom: Number(y) + 3 };
    },
  );
}

describe('the picture', () => {
  const path = join(folder, 'map.svg');
  test.each([
    ['the mended engine', []],
    ['the engine of 2002', ['--engine', 'historic']],
    ['little memory', ['--memory', '8M']],
    ['no image', undefined],
  ] as const)('of %s has labels that do not overlap, and lie within it', (_, args) => {
    const { status } = map(...(args ? [bzImage, ...args] : []), '--svg', '-o', path);
    expect(status).toBe(0);
    const svg = readFileSync(path, 'utf8');
    const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
    const all = boxes(svg);
    expect(all.length).toBeGreaterThan(12);
    for (const box of all)
      expect(box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height).toBe(true);
    const overlaps = all.flatMap((a, i) =>
      all
        .slice(i + 1)
        .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map((b) => `${a.text} / ${b.text}`),
    );
    expect(overlaps).toEqual([]);
  });

  test('needs no other file, has colours for light and dark, and is well-formed', () => {
    const { stdout } = map(bzImage, '--svg');
    expect(stdout.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|url\(|@import|<script|href/,
    );
    expect(stdout).toContain('@media(prefers-color-scheme:dark)');
    const tags = [...stdout.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)];
    const open: string[] = [];
    for (const [, closes, name = '', isEmpty] of tags) {
      if (closes) expect(open.pop()).toBe(name);
      else if (!isEmpty) open.push(name);
    }
    expect(open).toEqual([]);
  });
});

/** `kexec extract`: the same kernel by the setup header, by magic, and by the decompressor that it carries. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import { PT, readElf, searchVmlinux } from '@kexec/loaders';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-extract-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function kexec(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'latin1',
    maxBuffer: 64 << 20,
  });
  return { status, stdout, stderr };
}

const extract = (...args: string[]) => kexec('extract', ...args);
const at = (name: string) => join(folder, name);

function file(name: string, bytes: Uint8Array | string): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

const elf = createElfGuest();
/** Magics of gzip, xz and lzma that begin nothing, then a kernel, then what is none of it. */
const buried = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x5d, 0x00, 0x00, 1]),
  gzipSync(Buffer.from('this is no ELF file')),
  gzipSync(elf),
  Buffer.from('and something behind it'),
]);

describe('by magic', () => {
  test('the first that unpacks to an ELF file is taken, and false magics are passed over', () => {
    const found = searchVmlinux(buried);
    expect(found?.codec).toBe('gzip');
    expect(found?.offset).toBe(buried.lastIndexOf(Buffer.from([0x1f, 0x8b, 0x08, 0x00])));
    expect(Buffer.from(found?.bytes ?? []).equals(elf)).toBe(true);
  });

  test('is tried where there is no setup header', () => {
    const { status, stderr } = extract(file('buried', buried), '-o', at('found'));
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^kexec: \d+ bytes, gzip data found at offset 0x/),
    ]);
    expect(readFileSync(at('found')).equals(elf)).toBe(true);
  });

  test('finds nothing in what holds nothing', () => {
    const text = file('text', 'no kernel');
    expect(searchVmlinux(new Uint8Array(100_000).fill(0x1f))).toBeUndefined();
    expect(extract(text, '-o', at('none'))).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('[NO_VMLINUX]'),
    });
  });
});

describe('the output', () => {
  test('is not overwritten without --force', () => {
    const output = file('precious', 'mine');
    expect(extract(at('buried'), '-o', output)).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('[EXISTS]'),
    });
    expect(readFileSync(output, 'utf8')).toBe('mine');
    expect(extract(at('buried'), '-o', output, '--force').status).toBe(0);
    expect(readFileSync(output).equals(elf)).toBe(true);
  });

  test('is stdout for "-", which leaves no room for JSON', () => {
    expect(Buffer.from(extract(at('buried'), '-o', '-').stdout, 'latin1').equals(elf)).toBe(true);
    expect(extract(at('buried'), '-o', '-', '--json').status).toBe(2);
    expect(extract(at('buried')).status).toBe(2);
  });

  test('--json tells the way and the place', () => {
    const { stdout } = extract(at('buried'), '-o', at('json'), '--by', 'magic', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      exitCode: 0,
      method: 'magic',
      output: at('json'),
      bytes: elf.length,
      codec: 'gzip',
      offset: buried.lastIndexOf(Buffer.from([0x1f, 0x8b, 0x08, 0x00])),
    });
  });
});

test('a file that is compressed as a whole is unpacked first', () => {
  const bzImage = file('bzImage.gz', gzipSync(createBzImageGuest()));
  expect(extract(bzImage, '-o', at('c'), '--by', 'header').stderr).toContain('[NO_PAYLOAD]');
  expect(extract(file('vmlinux.gz', gzipSync(elf)), '-o', at('d')).status).toBe(0);
  expect(readFileSync(at('d')).equals(elf)).toBe(true);
});

test('a bzImage without a decompressor has none to run, and no payload to name', () => {
  const bzImage = file('bzImage', createBzImageGuest());
  expect(extract(bzImage, '-o', at('a'), '--emulate')).toMatchObject({
    status: 5,
    stderr: expect.stringMatching(/the machine stopped: exit \[NOT_DECOMPRESSED\]/),
  });
  expect(extract(bzImage, '-o', at('b'), '--by', 'header')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('[NO_PAYLOAD]'),
  });
});

const vmlinuz = fixture('vmlinuz');
const KERNEL = fileURLToPath(new URL('../.cache/fixtures/vmlinuz', import.meta.url));

describe.skipIf(!vmlinuz)('Debian’s 686 kernel', () => {
  test('is the same by header, by magic and, segment by segment, by its own decompressor', () => {
    for (const [name, ...args] of [
      ['header', '--by', 'header'],
      ['magic', '--by', 'magic'],
      ['emulate', '--emulate'],
    ])
      expect(extract(KERNEL, '-o', at(name ?? ''), ...args).status).toBe(0);
    const byHeader = readFileSync(at('header'));
    expect(readFileSync(at('magic')).equals(byHeader)).toBe(true);

    const memory = readElf(readFileSync(at('emulate')));
    const [dump] = memory.programHeaders;
    if (!dump) throw new Error('the dump has no segment');
    const kernel = readElf(byHeader);
    const loads = kernel.programHeaders.filter(({ p_type }) => p_type === PT.LOAD);
    expect(loads.length).toBe(2);
    expect(memory.header.e_entry).toBe(kernel.header.e_entry);
    for (const { p_offset, p_paddr, p_filesz } of loads) {
      const from = dump.p_offset + p_paddr - dump.p_paddr;
      const inMemory = Buffer.from(memory.image.subarray(from, from + p_filesz));
      expect(inMemory.equals(byHeader.subarray(p_offset, p_offset + p_filesz))).toBe(true);
    }
  }, 600_000);

  test('starts from what its decompressor has left', () => {
    const args = ['-t', 'elf-x86', '--args-linux', '--append', 'earlyprintk=serial,ttyS0,115200'];
    const { status, stdout } = kexec('trace', at('emulate'), ...args, '--until', 'linux-version');
    expect(stdout).toContain('* Linux tells its version');
    expect(status).toBe(0);
  }, 600_000);
});

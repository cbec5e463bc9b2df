/** The main job: the running kernel loads one of ours, jumps, and the new kernel says what it was handed. */
import { createBzImageGuest, createElfGuest } from '@kexec/guests';
import { describe, expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

const GUESTS = { elf: createElfGuest, bzimage: createBzImageGuest };
/** The check value of CRC-32/ISO-HDLC: the CRC of these nine digits is cbf43926. */
const CHECK_INITRD = new TextEncoder().encode('123456789');
const LIMIT = 50_000_000;

describe.each(['elf', 'bzimage'] as const)('the demo kernel as %s', (name) => {
  const listened = listenedMachine();
  listened.machine.load(GUESTS[name](), { append: 'hello world', initrd: CHECK_INITRD });
  listened.machine.exec();
  const stop = listened.machine.run({ instructions: LIMIT });
  const text = listened.text();

  test('is reached through "Starting new kernel", and ends the run with status 0', () => {
    expect(text).toContain('Starting new kernel');
    expect(stop).toEqual({ kind: 'exit', code: 0 });
  });

  test('finds its command line and its initrd as they were given', () => {
    expect(text).toContain('command line "hello world"');
    expect(text).toMatch(/initrd [0-9a-f]{8} size 00000009 crc32 cbf43926/);
  });

  test('is entered in flat protected mode, paging off, CR4 clear', () => {
    expect(text).toMatch(/cr0 [0-7][0-9a-f]{6}[13579bdf] {2}cr3 00000000 {2}cr4 00000000/);
  });

  test('finds the E820 map of 128 MB of RAM', () => {
    expect(text).toContain('0000000000000000-000000000009fbff type 01');
    expect(text).toContain('0000000000100000-0000000007ffffff type 01');
  });
});

test('an ELF file without arguments is entered as the patch says: GPRs 0, eflags 46, selectors 60 and 68', () => {
  const listened = listenedMachine();
  listened.machine.load(createElfGuest());
  listened.machine.exec();
  listened.machine.run({ instructions: LIMIT });
  const text = listened.text();
  expect(text).toContain('eax 00000000  ebx 00000000  ecx 00000000  edx 00000000');
  expect(text).toMatch(/esi 00000000 {2}edi 00000000 {2}ebp 00000000 {2}esp [0-9a-f]{5}ffc/);
  expect(text).toContain('eflags 00000046');
  expect(text).toContain('cs 0060  ds 0068  es 0068  ss 0068  fs 0068  gs 0068');
  expect(text).toContain('gdt base c0000000 limit 0000');
  expect(text).toContain('idt base c0000000 limit 0000');
  expect(text).toContain('no boot_params');
});

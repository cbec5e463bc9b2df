/** Each type of kexec(8), started on the machine: our guests say what they were handed. */
import {
  createBeobootGuest,
  createBootNotesGuest,
  createElfGuest,
  createMultiboot2Guest,
  createMultibootGuest,
  createNbiGuest,
  createRealModeNbiGuest,
} from '@kexec/guests';
import type { MachineLoadOptions } from '@kexec/machine';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

const MEMORY_MB = 64;
const HIGH_BYTES = (MEMORY_MB - 1) << 20;
const text = (value: string) => new TextEncoder().encode(value);
const hex = (value: number) => value.toString(16).padStart(8, '0');
const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0);

/** Starts an image, which must end with exit code 0, and returns the plan and what the new kernel said. */
function start(image: Uint8Array, options: MachineLoadOptions = {}) {
  const listened = listenedMachine({ memory: `${MEMORY_MB}M` });
  const plan = listened.machine.load(image, options);
  listened.machine.exec();
  const before = listened.text().length;
  const stop = listened.machine.run({ instructions: 20_000_000 });
  const said = listened.text().slice(before);
  expect(stop, said).toEqual({ kind: 'exit', code: 0 });
  return { plan, said };
}

const MODULES = [
  { bytes: text('the first module'), commandLine: 'first.mod one two' },
  { bytes: new Uint8Array(5000).fill(3), commandLine: 'second.mod' },
];

test('multiboot-x86: magic, command line, two modules, the memory map, a text framebuffer', () => {
  const { plan, said } = start(createMultibootGuest(), { name: 'mb.elf', append: 'a b', modules: MODULES });
  expect(plan.type).toBe('multiboot-x86');
  expect(said).toContain('multiboot kernel, eax 2badb002');
  // memory, command line, modules, memory map, loader name, framebuffer
  expect(said).toContain('flags 0000124d');
  expect(said).toContain(`mem_lower ${hex(639)} mem_upper ${hex(HIGH_BYTES >> 10)}`);
  expect(said).toMatch(/cmdline mb\.elf a b\r\nloader kexec \d/);
  const places = plan.segments.filter(({ name }) => name.startsWith('module'));
  expect(places).toHaveLength(2);
  for (const [i, { bytes, commandLine }] of MODULES.entries()) {
    const mem = hex(places[i]?.mem ?? 0);
    expect(said).toContain(
      `module ${mem} size ${hex(bytes.length)} sum ${hex(sum(bytes))} ${commandLine}\r\n`,
    );
  }
  expect(said).toMatch(
    /map 00000000 size 0009fc00 type 00000001\r\nmap 0009fc00 size 00000400 type 00000002/,
  );
  expect(said).toContain('framebuffer 000b8000 type 00000002');
});

test('multiboot2-x86: magic, and a tag for each thing', () => {
  const { plan, said } = start(createMultiboot2Guest(), { name: 'mb2.elf', append: 'c d', modules: MODULES });
  expect(plan.type).toBe('multiboot2-x86');
  expect(said).toContain('multiboot2 kernel, eax 36d76289');
  expect(said).toContain(`entry ${hex(plan.kernelEntry)}`);
  expect(said).toContain(`tag 00000004 ${hex(639)} ${hex(HIGH_BYTES >> 10)}`);
  expect(said).toContain('tag 00000006 00000018 00000000 00000000 00000000 0009fc00 00000000 00000001');
  expect(said).toMatch(/tag 00000001 mb2\.elf c d\r\ntag 00000002 kexec \d/);
  expect(said).toContain('tag 00000008 000b8000 00000000 000000a0 00000050 00000019');
  for (const [i, { bytes, commandLine }] of MODULES.entries()) {
    const mem = plan.segments.filter(({ name }) => name.startsWith('module'))[i]?.mem ?? 0;
    expect(said).toMatch(
      new RegExp(`tag 00000003 ${hex(mem)} ${hex(mem + bytes.length)}.* ${commandLine}\r`),
    );
  }
  expect(said).not.toContain('tag 00000015');
});

test.each([
  ['as low as it may', 1, 0x40_0000],
  ['as high as it may', 2, 0x7f_0000],
])('multiboot2-x86: a relocatable kernel goes %s, and is told where', (_, preference, base) => {
  const tag = {
    min_addr: 0x30_0001,
    max_addr: 0x7f_ffff,
    align: preference === 1 ? 0x40_0000 : 0x1_0000,
    preference,
  };
  const { plan, said } = start(createMultiboot2Guest(tag));
  expect(said).toContain(`entry ${hex(plan.kernelEntry)}`);
  expect(said).toContain(`tag 00000015 ${hex(base)}`);
});

test('elf-x86 with args-elf: the first argument on the stack points to boot notes', () => {
  const { plan, said } = start(createBootNotesGuest(), { args: 'elf', append: 'root=/dev/ram0' });
  expect(plan.registers).toMatchObject({ stackArgument: expect.any(Number) });
  expect(said).toContain('return address 00000000');
  expect(said).toContain('signature 0e1fb007');
  expect(said).toContain('sum ffff');
  expect(said).toMatch(/note 00000002 kexec\r\nnote 00000003 \d[^\r]*\r\nnote 00000004 root=\/dev\/ram0\r/);
});

test('elf-x86 with args-linux: esi points to a boot_params', () => {
  const { said } = start(createElfGuest(), { args: 'linux' });
  expect(said).toContain('command line ""');
  expect(said).toMatch(/cs 0010 {2}ds 0018 {2}es 0018 {2}ss 0018/);
});

test('elf-x86 with args-none: no purgatory, no boot_params', () => {
  const { plan, said } = start(createElfGuest(), { args: 'none' });
  expect(plan.registers).toBeUndefined();
  expect(said).toContain('esi 00000000');
});

test('nbi-x86: a program in protected mode, with two segments and the header where it says', () => {
  const { plan, said } = start(createNbiGuest());
  expect(plan.type).toBe('nbi-x86');
  expect(said).toContain('NBI program, 32-bit: header 1b031336 deadbeef');
});

test('nbi-x86: a program in real mode, which asks the BIOS', () => {
  expect(start(createRealModeNbiGuest()).said).toContain('NBI program, 16-bit');
});

test('beoboot-x86: a kernel with the command line and the initrd of its file', () => {
  const { plan, said } = start(createBeobootGuest('from the file', text('123456789')));
  expect(plan.type).toBe('beoboot-x86');
  expect(said).toContain('command line "from the file"');
  expect(said).toContain('crc32 cbf43926');
});

test('beoboot-x86: a command line that is given replaces the file’s', () => {
  const image = createBeobootGuest('from the file', text('1'));
  expect(start(image, { append: 'given' }).said).toContain('command line "given"');
});

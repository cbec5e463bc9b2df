/** What the worker answers is what the machine does. */
import { pageCopies } from '@kexec/kexec';
import { createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import type { Scene } from '../protocol.js';
import { bootParams } from './boot-params.js';
import { fileSummary } from './file-summary.js';
import { memoryStages } from './memory-stages.js';
import { pageList } from './page-list.js';
import { RelocationSession } from './relocation-session.js';
import { loadOf } from './scene.js';
import { checkSegments } from './segment-check.js';

const scene: Scene = {
  setup: { memory: '16M' },
  image: { kernel: 'bzimage', append: 'hello' },
};

test('every segment stands in its place after the jump, and its pages stood elsewhere before', () => {
  const stages = memoryStages(scene);
  expect(stages.map(({ name }) => name)).toEqual([
    'Power-on',
    'Running kernel',
    'Planned',
    'Loaded',
    'Jumped',
  ]);
  const segments = stages.at(-1)?.ranges.filter(({ kind }) => kind === 'segment') ?? [];
  expect(segments.length).toBeGreaterThan(2);
  expect(stages.at(-1)?.caption).toContain(`${segments.length} of ${segments.length} segments are in place`);
  const bytesOf = (stage: number, kind: string) =>
    (stages[stage]?.ranges ?? [])
      .filter((range) => range.kind === kind)
      .reduce((sum, { start, end }) => sum + end - start, 0);
  expect(bytesOf(3, 'source')).toBe(bytesOf(4, 'segment'));
});

test('the page list is the one in guest memory', () => {
  const { words, copies } = pageList(scene);
  const machine = createMachine({ memory: '16M' });
  machine.load(...loadOf(scene.image));
  const { head = 0 } = machine.kexec.image ?? {};
  expect(words.slice(0, 2)).toEqual(Uint32Array.of(0, head));
  expect(copies).toBe([...pageCopies(machine.pc.mem, head)].length);
  for (let at = 2; at < words.length; at += 2)
    expect(machine.pc.mem.read32(words[at] ?? 0)).toBe(words[at + 1]);
});

test('boot_params has the fields that the loader has written', () => {
  const { bytes, fields } = bootParams(scene);
  const value = (name: string) => fields.find((field) => field.name === name)?.value;
  // boot.rst, "type_of_loader": kexec is D; zero-page.rst: three entries of RAM and reserved memory, and RAM.
  expect(value('type_of_loader')).toBe('0xd0');
  expect(value('e820_entries')).toBe('0x4');
  expect(value('e820_table[3].addr')).toBe('0x100000');
  expect(value('header')).toBe('0x53726448');
  expect(bytes).toHaveLength(4096);
});

const page = { mem: 0x10_0000, memsz: 0x1000, bufsz: 0x1000 };
test.each([
  ['nothing wrong', [page], 0, undefined],
  ['unaligned', [{ ...page, mem: 0x10_0800 }], -99, 'EADDRNOTAVAIL'],
  ['overlap', [page, page], -22, 'EINVAL'],
  ['bufsz above memsz', [{ ...page, bufsz: 0x1001 }], -22, 'EINVAL'],
  ['above half of RAM', [{ ...page, memsz: 0x100_0000 }], -22, 'EINVAL'],
  [
    '17 segments',
    Array.from({ length: 17 }, (_, i) => ({ ...page, mem: 0x10_0000 + i * 0x1000 })),
    -22,
    'EINVAL',
  ],
])('the system call answers what the first broken rule says: %s', (_, segments, result, errno) => {
  const verdict = checkSegments({ memory: '16M', segments });
  expect(verdict.result).toBe(result);
  expect(verdict.errno).toBe(errno);
  expect(verdict.rules.find(({ segment }) => segment >= 0)?.errno).toBe(errno);
});

test('a crash image outside the reservation is refused by its rule', () => {
  const verdict = checkSegments({ memory: '64M', segments: [page], crashkernel: '16M' });
  expect(verdict).toMatchObject({ result: -99, errno: 'EADDRNOTAVAIL' });
  expect(verdict.rules.at(-1)).toMatchObject({ segment: 0, errno: 'EADDRNOTAVAIL' });
  const { start = 0 } = verdict.crashRange ?? {};
  const inside = checkSegments({ memory: '64M', segments: [{ ...page, mem: start }], crashkernel: '16M' });
  expect(inside.result).toBe(0);
});

test('the jump goes forward and back, page by page, to the new kernel', () => {
  const session = new RelocationSession(scene);
  const { view, stub } = session.start();
  expect(view).toMatchObject({ step: 0, place: 'machine_kexec' });
  expect(view.code[0]?.text).toBe('cli');
  expect(stub.find(({ offset }) => offset === 0)?.text).toContain('mov     ecx, [esp + 4]');
  const first = session.move({ to: 'next-page' });
  expect(first).toMatchObject({ place: 'relocate_new_kernel', copy: { index: 0, bytes: 0 } });
  const second = session.move({ to: 'next-page' });
  expect(second.copy?.index).toBe(1);
  // MOV, 1024 times MOVSD, next_word: MOV, ADD, JMP; decode_word: TEST and JZ thrice, then TEST, JZ, MOV, AND.
  const middle = session.move({ to: 'step', step: first.step + 1 + 512 });
  expect(middle.copy).toEqual({ ...first.copy, bytes: 2048 });
  expect(session.move({ to: 'previous-page' })).toEqual(first);
  expect(session.move({ to: 'step', step: second.step })).toEqual(second);
  const end = session.move({ to: 'end' });
  expect(end).toMatchObject({ place: 'new kernel' });
  expect(session.move({ to: 'step', step: end.step + 5 })).toEqual(end);
  expect(session.move({ to: 'step', step: 0 })).toEqual(view);
});

test('a file that no probe knows is no kernel', () => {
  const file = (bytes: Uint8Array<ArrayBuffer>) => fileSummary({ name: 'x', bytes });
  expect(file(new Uint8Array(100)).type).toBeUndefined();
  const [elf] = loadOf({ kernel: 'elf', append: '' });
  expect(file(elf.slice()).type).toBe('elf-x86');
});

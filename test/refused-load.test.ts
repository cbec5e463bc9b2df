/** A load that is refused, by user space or by the kernel, leaves the earlier image and every page where they were. */
import { createBzImageGuest, createElf, createElfGuest } from '@kexec/guests';
import { pageCopies } from '@kexec/kexec';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

const elf = createElfGuest();
const BAD: readonly (readonly [string, Uint8Array])[] = [
  ['an empty file', new Uint8Array(0)],
  ['text', new TextEncoder().encode('no kernel')],
  ['a bzImage cut short', createBzImageGuest().subarray(0, 3000)],
  ['an image larger than half of RAM', createElf('entry: hlt', new Uint8Array(17 << 20).fill(1))],
];

test.each(BAD)('%s', (_, bad) => {
  const { machine, text } = listenedMachine({ memory: '32M' });
  machine.load(elf);
  const { pages, mem } = machine.kernel;
  const free = pages.nrFreePages();
  const image = machine.kexec.image;
  const copies = Array.from(pageCopies(mem, image?.head ?? 0));
  expect(() => machine.load(bad)).toThrow();
  expect(pages.nrFreePages()).toBe(free);
  pages.checkAccounting();
  expect(machine.kexec.image).toBe(image);
  expect(Array.from(pageCopies(mem, image?.head ?? 0))).toEqual(copies);
  machine.exec();
  expect(machine.run({ instructions: 20_000_000 })).toEqual({ kind: 'exit', code: 0 });
  expect(text()).toContain('kexec demo kernel');
});

test('loading and unloading a hundred times takes no page', () => {
  const { machine } = listenedMachine({ memory: '32M' });
  machine.load(elf);
  machine.unload();
  const free = machine.kernel.pages.nrFreePages();
  for (let i = 0; i < 100; i++) {
    machine.load(elf);
    machine.unload();
  }
  expect(machine.kernel.pages.nrFreePages()).toBe(free);
});

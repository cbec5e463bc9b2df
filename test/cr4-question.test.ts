/** The question of 2002: is CR4 present on every 386 and later, or must the code that touches it ask first? */
import { createElfGuest } from '@kexec/guests';
import { expect, test } from 'vitest';
import { listenedMachine } from './serial-text.js';

const LIMIT = 20_000_000;
const UD = 6;

function jump(cpu: string, engine: 'fixed' | 'historic') {
  const listened = listenedMachine({ cpu, engine, memory: '32M' });
  listened.machine.load(createElfGuest());
  listened.machine.exec();
  return { stop: listened.machine.run({ instructions: LIMIT }), text: listened.text() };
}

test.each(['386', '486'])(
  'on a %s MOV CR4 is #UD, and with the IDT limit 0 that is a triple fault',
  (cpu) => {
    const { stop, text } = jump(cpu, 'historic');
    expect(stop.kind).toBe('triple-fault');
    if (stop.kind !== 'triple-fault') return;
    expect(stop.report.vectors[0]).toBe(UD);
    expect(stop.report.disassembly).toMatch(/^mov eax,\s?cr4$/);
    expect(text).toContain('Starting new kernel');
    expect(text).not.toContain('kexec demo kernel');
  },
);

test('on a pentium the stub of 2002 works', () => {
  const { stop, text } = jump('pentium', 'historic');
  expect(stop).toEqual({ kind: 'exit', code: 0 });
  expect(text).toContain('kexec demo kernel');
});

test.each(['386', '486', 'pentium'])('on a %s the mended stub works: it asks first', (cpu) => {
  const { stop, text } = jump(cpu, 'fixed');
  expect(stop).toEqual({ kind: 'exit', code: 0 });
  expect(text).toContain(cpu === 'pentium' ? 'cr4 00000000' : 'cr4 none');
});

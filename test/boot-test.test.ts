/** Boot tests on our own kernels: steps in order, what must not come, limits, and the same end in each run. */
import { createElfGuest } from '@kexec/guests';
import { BootTest, type BootTestSpec, createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';

function run(spec: BootTestSpec) {
  const boot = new BootTest(spec);
  const machine = createMachine({ memory: '16M', onSerial: boot.onByte });
  machine.load(createElfGuest(), { append: 'console=ttyS0 demo=1' });
  machine.exec();
  return { boot, result: boot.run(machine) };
}

test('is passed when every step has come to pass, and is the same in each run', () => {
  const spec: BootTestSpec = {
    steps: [
      { expect: 'Starting new kernel' },
      { expect: /command line "console=\w+ demo=1"/ },
      { stop: 'exit' },
    ],
  };
  const { result, boot } = run(spec);
  expect(result.failure).toBeUndefined();
  expect(new TextDecoder().decode(boot.log())).toContain('Halting.');
  expect(boot.lastLine).toContain('Halting');
  expect(run(spec).result).toEqual(result);
});

test('finds several matches in one piece of text, in order', () => {
  const { failure } = run({
    steps: [{ expect: 'command' }, { expect: 'line' }, { expect: '"console' }],
  }).result;
  expect(failure).toBeUndefined();
});

test('does not find what came before the step before it', () => {
  const { failure } = run({ steps: [{ expect: 'Halting' }, { expect: 'command line' }] }).result;
  expect(failure).toEqual({ kind: 'stopped', step: 1, stop: { kind: 'exit', code: 0 } });
});

test('fails on text that must not come, and names its line', () => {
  const { failure } = run({ steps: [{ stop: 'exit' }], fail: [/demo=\d/] }).result;
  expect(failure).toMatchObject({ kind: 'seen', step: 0, pattern: '/demo=\\d/' });
});

test('what is expected may come although what must not come follows it', () => {
  const { failure } = run({ steps: [{ expect: 'Starting new kernel' }], fail: ['demo=1'] }).result;
  expect(failure).toBeUndefined();
});

test('fails when the machine stops otherwise', () => {
  const { failure } = run({ steps: [{ stop: 'reset' }] }).result;
  expect(failure).toEqual({ kind: 'stopped', step: 0, stop: { kind: 'exit', code: 0 } });
});

test('fails when the instructions are used up', () => {
  const { failure } = run({ steps: [{ expect: 'never' }], instructions: 5000 }).result;
  expect(failure).toEqual({ kind: 'instructions', step: 0, instructions: 5000 });
});

test('fails when the guest’s time is', () => {
  const { failure } = run({ steps: [{ expect: 'never', within: 1e-6 }] }).result;
  expect(failure).toEqual({ kind: 'not-seen', step: 0, within: 1e-6 });
});

test('refuses a test without steps, and steps after the stop', () => {
  expect(() => new BootTest({ steps: [] })).toThrow('has steps');
  expect(() => new BootTest({ steps: [{ stop: 'exit' }, { send: 'x' }] })).toThrow('nothing follows');
});

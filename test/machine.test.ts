/** The machine's own contract: sizes, limits, and snapshots at the moments that matter. */
import { createElf, createElfGuest } from '@kexec/guests';
import {
  createMachine,
  decodeSnapshot,
  encodeSnapshot,
  KexecError,
  parseMemory,
  restoreMachine,
} from '@kexec/machine';
import { describe, expect, test } from 'vitest';

const LIMIT = { instructions: 20_000_000 };

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof KexecError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('memory', () => {
  test.each([
    ['64M', 64 << 20],
    ['1g', 1 << 30],
    ['512KiB', 512 << 10],
    [4096, 4096],
  ] as const)('%s', (text, bytes) => expect(parseMemory(text)).toBe(bytes));

  test.each(['', 'M', '1.5G', '-1', '1T'])('"%s" is no size', (text) => {
    expect(codeOf(() => parseMemory(text))).toBe('MEMORY_SIZE');
  });

  test('a machine with less than 2 MB is refused with a remedy, and one with 2 MB boots', () => {
    expect(codeOf(() => createMachine({ memory: '1M' }))).toBe('MEMORY_SIZE');
    expect(createMachine({ memory: '2M' }).kernel.state).toBe('running');
  });
});

test('run takes a whole number of instructions', () => {
  const machine = createMachine({ memory: '16M' });
  expect(codeOf(() => machine.run({ instructions: Number.NaN }))).toBe('RUN_INSTRUCTIONS');
  expect(codeOf(() => machine.run({ instructions: 1.5 }))).toBe('RUN_INSTRUCTIONS');
});

describe('a snapshot', () => {
  test('keeps the CPU model, the engine, and that loading is disabled', () => {
    const machine = createMachine({ memory: '16M', cpu: '386', engine: 'historic' });
    machine.load(createElfGuest());
    machine.kexec.loadDisabled = true;
    const restored = restoreMachine(machine.saveSnapshot());
    expect(restored.kexec).toMatchObject({ engine: 'historic', loadDisabled: true });
    restored.exec();
    expect(restored.run(LIMIT).kind).toBe('triple-fault');
  });

  test('and its original give the same run', () => {
    const said: string[] = ['', ''];
    const machine = createMachine({
      memory: '16M',
      onSerial: (byte) => (said[0] += String.fromCharCode(byte)),
    });
    machine.load(createElfGuest(), { append: 'twice' });
    said[0] = '';
    const restored = restoreMachine(machine.saveSnapshot(), {
      onSerial: (byte) => (said[1] += String.fromCharCode(byte)),
    });
    for (const each of [machine, restored]) {
      each.exec();
      expect(each.run(LIMIT)).toEqual({ kind: 'exit', code: 0 });
    }
    expect(said[0]).toContain('command line "twice"');
    expect(said[1]).toBe(said[0]);
    expect(restored.pc.cpu.icount).toBe(machine.pc.cpu.icount);
  });

  test('may be taken after the jump, when the new kernel has overwritten the old', () => {
    const machine = createMachine({ memory: '16M' });
    machine.load(
      createElf(`
entry:  mov edi, 0x200000
        mov ecx, 0x300000
        xor eax, eax
        rep stosd
        out 0xf4, al
        jmp $`),
    );
    machine.exec();
    machine.run({ instructions: 200_000 });
    const restored = restoreMachine(machine.saveSnapshot());
    expect(restored.kernel.state).toBe('left');
    expect(restored.run(LIMIT)).toEqual({ kind: 'exit', code: 0 });
  });

  test('gives back every page of a restored image', () => {
    const machine = createMachine({ memory: '16M' });
    const free = machine.kernel.pages.nrFreePages();
    machine.load(createElf('entry: hlt', new Uint8Array(2 << 20).fill(7)));
    const restored = restoreMachine(machine.saveSnapshot());
    restored.unload();
    expect(restored.kernel.pages.nrFreePages()).toBe(free);
  });

  test('holds a page that was cleared where the firmware writes', () => {
    const machine = createMachine({ memory: '16M' });
    machine.pc.mem.fill(0, 0x500, 0);
    const restored = restoreMachine(machine.saveSnapshot());
    expect(restored.pc.mem.readBytes(0, 0x500).every((byte) => byte === 0)).toBe(true);
  });

  const good = createMachine({ memory: '16M' });
  good.load(createElfGuest());
  const { state, runs } = decodeSnapshot(good.saveSnapshot());
  const object = state as Record<string, unknown>;

  test.each<[string, unknown]>([
    ['null', null],
    ['nothing', {}],
    ['no PC', { ...object, pc: {} }],
    ['no kernel', { ...object, kernel: {} }],
    ['an image without parts', { ...object, kexec: { image: {} } }],
    ['an unknown engine', { ...object, setup: { memory: 16 << 20, engine: 'foo' } }],
    ['less memory than pages', { ...object, setup: { memory: 4 << 20, engine: 'fixed' } }],
    ['an unknown CPU', { ...object, setup: { memory: 16 << 20, cpu: 'z80', engine: 'fixed' } }],
  ])('with %s in place of its state is refused, checksum or not', (_, bad) => {
    expect(codeOf(() => restoreMachine(encodeSnapshot({ state: bad, runs })))).toBe('SNAPSHOT_STATE');
  });
});

test('a kernel whose gate points into a loop ends in an error, not in silence', () => {
  const machine = createMachine({ memory: '16M' });
  machine.load(createElfGuest());
  const { mem, cpu } = machine.pc;
  // The handler of the 0x80 gate: offset bits 15-0 and 31-16 (SDM Vol. 3A, 6.11, "IDT Descriptors").
  const gate = cpu.translate(cpu.idtr.base + 8 * 0x80) ?? 0;
  const handler = (mem.read16(gate) | (mem.read16(gate + 6) << 16)) >>> 0;
  mem.writeBytes(cpu.translate(handler) ?? 0, Uint8Array.of(0xeb, 0xfe));
  expect(codeOf(() => machine.exec())).toBe('RUN_LIMIT');
});

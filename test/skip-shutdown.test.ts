/** Shutdown before the jump: each device left running does to the new kernel what the symptom says, and else does not. */
import { createElf } from '@kexec/guests';
import type { BlockBackend, Machine } from '@kexec/machine';
import { createMachine, restoreMachine } from '@kexec/machine';
import { describe, expect, test } from 'vitest';

const LIMIT = { instructions: 200_000_000 };
const LOCAL_APIC = 0xfee0_0000;
const IO_APIC = 0xfec0_0000;
const HPET = 0xfed0_0000;
const VECTOR = 0x31;
/** A buffer of the running kernel's, in memory that the new kernel has then. */
const QUEUE = 0x80_0000;
const BUFFER = 0x90_0000;

/*
 * A kernel that lets interrupts in for a while and counts them: all vectors lead to the same handler, which ends the
 * interrupt at both 8259s. Its exit code is the count, 9 at most. `setUp` runs before STI.
 */
const counting = (setUp = '') => `
entry:  mov     esp, stack_top
        lgdt    [gdt_descr]
        jmp     8:flat
flat:   mov     eax, 16
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     edi, idt
        mov     ecx, 256
gate:   mov     eax, taken
        and     eax, 0xffff
        or      eax, 0x80000
        stosd
        mov     eax, taken
        and     eax, 0xffff0000
        or      eax, 0x8e00
        stosd
        loop    gate
        lidt    [idt_descr]
        ${setUp}
        sti
        mov     ecx, 25000000           ; some 200 ms
spin:   loop    spin
        cli
        mov     eax, [count]
        cmp     eax, 9
        jbe     told
        mov     eax, 9
told:   out     0xf4, al
        jmp     $
taken:  push    eax
        inc     dword [count]
        mov     al, 0x20
        out     0xa0, al
        out     0x20, al
        pop     eax
        iret
count:  dd      0
        align   8
gdt:    dq      0
        dq      0x00cf9a000000ffff
        dq      0x00cf92000000ffff
gdt_descr:
        dw      23
        dd      gdt
idt_descr:
        dw      2047
        dd      idt
idt:    resb    2048
        resb    512
stack_top:
`;

/** Starts the 8259s anew with these lines let in. */
const letIn = (...irqs: number[]) => {
  const mask = ~irqs.reduce((bits, irq) => bits | (1 << irq), irqs.some((irq) => irq >= 8) ? 4 : 0);
  const outs: [number, number][] = [
    [0x20, 0x11],
    [0x21, 0x40],
    [0x21, 0x04],
    [0x21, 0x01],
    [0xa0, 0x11],
    [0xa1, 0x48],
    [0xa1, 0x02],
    [0xa1, 0x01],
    [0x21, mask & 0xff],
    [0xa1, (mask >> 8) & 0xff],
  ];
  return outs.map(([port, value]) => `mov al, ${value}\nout ${port}, al`).join('\n');
};
const START_PIT = 'mov al, 0x34\nout 0x43, al\nmov al, 0\nout 0x40, al\nmov al, 0x10\nout 0x40, al';

interface Row {
  readonly device: string;
  readonly symptom: string;
  /** What the running kernel is doing with the device when it is asked to hand over. */
  readonly busy: (machine: Machine) => void;
  /** What the new kernel sets up. */
  readonly setUp?: string;
  /** What comes from outside once it runs. */
  readonly event?: (machine: Machine) => void;
  /** Interrupts that it counts: shut down, and left running. */
  readonly quiet: (count: number) => boolean;
  readonly left: (count: number) => boolean;
}

const none = (count: number) => count === 0;
const some = (count: number) => count > 0;

const ROWS: readonly Row[] = [
  {
    device: 'i8259',
    symptom:
      'a line that the old kernel had let in interrupts a kernel that has not yet set up its controllers',
    busy: ({ kernel }) => kernel.interrupts.request(0, () => {}),
    quiet: none,
    left: some,
  },
  {
    device: 'i8254',
    symptom: 'the old tick goes on',
    busy: () => {},
    setUp: letIn(0),
    quiet: (count) => count <= 1,
    left: (count) => count > 5,
  },
  {
    device: 'rtc_cmos',
    symptom: 'the periodic interrupt goes on',
    busy: ({ pc: { ports } }) => {
      ports.outb(0x70, 0x0b);
      const control = ports.inb(0x71);
      ports.outb(0x70, 0x0b);
      ports.outb(0x71, control | 0x40);
    },
    // A request that nobody has taken back keeps the line up, and an edge is what counts.
    setUp: `${letIn(8)}\nmov al, 0x0c\nout 0x70, al\nin al, 0x71`,
    quiet: none,
    left: some,
  },
  {
    device: 'i8042',
    symptom: 'a key interrupts a kernel without a keyboard driver',
    busy: () => {},
    setUp: letIn(1),
    event: ({ pc }) => pc.devices.keyboard.press('a'),
    quiet: none,
    left: some,
  },
  {
    device: 'ttyS0',
    symptom: 'a byte that arrives interrupts a kernel without a driver for the line',
    busy: ({ pc: { ports } }) => {
      ports.outb(0x3f9, 1);
      ports.outb(0x3fc, 0x0b);
    },
    setUp: letIn(4),
    event: (machine) => machine.input(Uint8Array.of(0x41)),
    quiet: none,
    left: some,
  },
  {
    device: 'lapic',
    symptom: 'the timer of the APIC interrupts by a vector that the new kernel does not know',
    busy: ({ pc: { mem } }) => {
      mem.write32(LOCAL_APIC + 0x3e0, 0x0b);
      mem.write32(LOCAL_APIC + 0x320, 0x2_0000 | VECTOR);
      mem.write32(LOCAL_APIC + 0x380, 1_000_000);
    },
    quiet: none,
    left: some,
  },
  {
    device: 'ioapic',
    symptom: 'an input that the old kernel had routed past the 8259s interrupts, though those are masked',
    busy: ({ pc: { mem } }) => {
      mem.write32(IO_APIC, 0x14);
      mem.write32(IO_APIC + 0x10, VECTOR);
    },
    setUp: START_PIT,
    quiet: none,
    left: some,
  },
  {
    device: 'hpet',
    symptom: 'the 8254 drives no interrupt: the new kernel waits for its first tick for ever',
    busy: ({ pc: { mem } }) => mem.write32(HPET + 0x10, mem.read32(HPET + 0x10) | 3),
    setUp: `${letIn(0)}\n${START_PIT}`,
    quiet: (count) => count > 5,
    left: none,
  },
];

/** The device is made busy in the system call itself: what it raises from there on is the new kernel's. */
function handOver(machine: Machine, busy: Row['busy']): void {
  const notifierCall = () => {
    busy(machine);
    return 0;
  };
  machine.kernel.rebootNotifiers.register({ priority: 0, notifierCall });
  machine.exec();
}

function exitCode(machine: Machine): number {
  const stop = machine.run(LIMIT);
  if (stop.kind !== 'exit') throw new Error(`the new kernel ended by ${stop.kind}`);
  return stop.code;
}

describe.each(ROWS)('$device left running: $symptom', ({ device, busy, setUp, event, quiet, left }) => {
  test.each([
    ['shut down', [], quiet],
    ['left running', [device], left],
  ] as const)('%s', (_, skipShutdown, isRight) => {
    const machine = createMachine({ memory: '16M', skipShutdown });
    machine.load(createElf(counting(setUp)), { type: 'elf-x86', args: 'none' });
    handOver(machine, busy);
    machine.run({ instructions: 1_000_000 });
    event?.(machine);
    expect(exitCode(machine)).toSatisfy(isRight);
  });
});

describe('pci left running: a card goes on writing to buffers of the old kernel', () => {
  test.each([
    ['shut down', [], 0],
    ['left running', ['pci'], 0x4b],
  ])('%s', (_, skipShutdown, byte) => {
    const machine = createMachine({ memory: '16M', skipShutdown, onVirtioConsole: () => {} });
    machine.load(createElf(counting()), { type: 'elf-x86', args: 'none' });
    handOver(machine, postBuffer);
    machine.run({ instructions: 1_000_000 });
    machine.pc.devices.pciBoard.console?.input([0x4b]);
    expect(exitCode(machine)).toBe(0);
    expect(machine.pc.mem.read8(BUFFER)).toBe(byte);
  });
});

/** The legacy interface of the console's card: one buffer of a page in its receive queue (VIRTIO 1.0, 2.4.2, 4.1.4.8). */
function postBuffer({ pc: { mem, ports } }: Machine): void {
  const config = (slot: number, offset: number) => {
    ports.outl(0xcf8, (0x8000_0000 | (slot << 11) | offset) >>> 0);
    return ports.inl(0xcfc) >>> 0;
  };
  const slot = Array.from({ length: 32 }, (_, n) => n).find((n) => config(n, 0) === 0x1003_1af4);
  if (slot === undefined) throw new Error('no virtio console');
  const port = config(slot, 0x10) & ~3;
  config(slot, 0x04);
  ports.outw(0xcfc, 0x7);
  ports.outb(port + 0x12, 3);
  ports.outl(port + 0x04, 0);
  ports.outw(port + 0x0e, 0);
  const size = ports.inw(port + 0x0c);
  mem.fill(QUEUE, 0x4000, 0);
  mem.write32(QUEUE, BUFFER);
  mem.write32(QUEUE + 8, 0x1000);
  mem.write16(QUEUE + 12, 2);
  mem.write16(QUEUE + 16 * size + 2, 1);
  ports.outl(port + 0x08, QUEUE >>> 12);
  ports.outb(port + 0x12, 7);
  ports.outw(port + 0x10, 0);
}

describe('ata left running: what is in the disk’s cache is not on the disk when the new kernel reads it', () => {
  test.each([
    ['shut down', [], 1],
    ['left running', ['ata'], 0],
  ])('%s', (_, skipShutdown, flushes) => {
    let count = 0;
    const backend: BlockBackend = {
      sectors: 2048,
      read: (_, bytes) => bytes.fill(0),
      write: () => {},
      flush: () => {
        count++;
      },
    };
    const machine = createMachine({ memory: '16M', skipShutdown, disks: [{ image: backend }] });
    machine.load(createElf(counting()), { type: 'elf-x86', args: 'none' });
    machine.exec();
    expect(count).toBe(flushes);
    expect(exitCode(machine)).toBe(0);
  });
});

test('a name that no device has is refused, with the names there are', () => {
  expect(() => createMachine({ memory: '16M', skipShutdown: ['nmi'] })).toThrow(
    expect.objectContaining({ code: 'NO_DEVICE', remedy: expect.stringContaining('lapic') }),
  );
  expect(() => createMachine({ memory: '16M', cpu: '386', skipShutdown: ['lapic'] })).toThrow(/lapic/);
});

test('a snapshot keeps what is skipped', () => {
  const machine = createMachine({ memory: '16M', skipShutdown: ['lapic'] });
  expect(restoreMachine(machine.saveSnapshot()).kernel.skipShutdown).toEqual(['lapic']);
});

test('the patch of 2002 leaves interrupt controllers and timers as they are', () => {
  const machine = createMachine({ memory: '32M', engine: 'historic' });
  machine.load(createElf(counting()), { type: 'elf-x86', args: 'none' });
  handOver(machine, ({ kernel }) => kernel.interrupts.request(0, () => {}));
  expect(machine.pc.ports.inb(0x21) & 1).toBe(0);
  expect(exitCode(machine)).toBeGreaterThan(5);
});

/** JumpTrace: what it tells is what happens, in its order, and watching changes nothing. */

import { createBzImageGuest, createElf, createElfGuest } from '@kexec/guests';
import { loadedHead } from '@kexec/kexec';
import {
  createMachine,
  type JumpEvent,
  JumpTrace,
  type Machine,
  type MachineOptions,
  pageCopies,
} from '@kexec/machine';
import { describe, expect, test } from 'vitest';

const LIMIT = { instructions: 50_000_000 };

interface Traced {
  readonly machine: Machine;
  readonly events: readonly JumpEvent[];
}

/** A jump, watched to its end. */
function traced(
  options: MachineOptions = {},
  image = createElfGuest(),
  {
    load = {},
    prepare = () => {},
  }: { load?: Parameters<Machine['load']>[1]; prepare?: (machine: Machine) => void } = {},
): Traced {
  const events: JumpEvent[] = [];
  const trace = new JumpTrace((event) => events.push(event));
  const machine = createMachine({ memory: '32M', ...options, onSerial: trace.onByte });
  const plan = machine.load(image, load);
  prepare(machine);
  trace.exec(machine, plan);
  trace.run(LIMIT);
  trace.detach();
  return { machine, events };
}

const ofKind = <Kind extends JumpEvent['kind']>(events: readonly JumpEvent[], kind: Kind) =>
  events.filter((event): event is Extract<JumpEvent, { kind: Kind }> => event.kind === kind);
const milestones = (events: readonly JumpEvent[]) =>
  ofKind(events, 'milestone').map(({ milestone }) => milestone);

/** A kernel that toggles all that a milestone tells of. */
const TOGGLING = createElf(`
entry:  mov     esi, 0x100000           ; with A20 off, what is executed lies at 0
        xor     edi, edi
        mov     ecx, 0x800
        rep movsd
        mov     al, 0                   ; port 92's gate
        out     0x92, al
        mov     al, 0xd1                ; the 8042's output port: A20 is bit 1
        out     0x64, al
        mov     al, 0xdd
        out     0x60, al
        mov     al, 2
        out     0x92, al
        lgdt    [gdt_descr]
        lidt    [idt_descr]
        jmp     8:flat
flat:   mov     eax, directory
        mov     dword [eax], 0x83       ; 4 MB: present, writable
        mov     ecx, cr4
        or      ecx, 0x10               ; PSE
        mov     cr4, ecx
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        and     eax, 0x7fffffff
        mov     cr0, eax
        mov     dx, 0x3f8
        mov     al, 'x'
        out     dx, al
        out     0xf4, al
        jmp     $
        align   8
gdt:    dq      0
        dq      0x00cf9a000000ffff
gdt_descr:
        dw      15
        dd      gdt
idt_descr:
        dw      0x1ff
        dd      gdt
        align   4096
directory:
        resb    4096
`);

describe('the copies', () => {
  test.each(['fixed', 'historic'] as const)('of the %s engine are those of the entry list', (engine) => {
    let listed: unknown[] = [];
    const { events } = traced({ engine }, createBzImageGuest(), {
      prepare: ({ kexec, pc }) => {
        listed = [...pageCopies(pc.mem, loadedHead(kexec) ?? 0)];
      },
    });
    const copies = ofKind(events, 'copy').map(({ source, destination }) => ({ source, destination }));
    expect(copies.length).toBeGreaterThan(3);
    expect(copies).toEqual(listed);
  });

  test('are whole pages, each of 1024 iterations', () => {
    for (const { bytes, icount, since } of ofKind(traced().events, 'copy'))
      expect([bytes, icount - since.icount]).toEqual([4096, 1024]);
  });

  test('of an image that comes back are swaps: three for each page, both ways', () => {
    const { events } = traced({}, createElf('entry: ret'), {
      load: { preserveContext: true, memMax: 0x3f_ffff },
    });
    const copies = ofKind(events, 'copy');
    expect(copies.length % 6).toBe(0);
    const [out, into, back] = copies;
    expect([into?.destination, back?.source, back?.destination]).toEqual([
      out?.source,
      out?.destination,
      into?.source,
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'stop', stop: { kind: 'returned' } });
  });
});

describe('the running kernel’s end', () => {
  test('is told device by device, the youngest first, and what is left running is told as left', () => {
    const { machine, events } = traced({ skipShutdown: ['pci'] });
    const devices = ofKind(events, 'device');
    expect(devices.map(({ name }) => name)).toEqual(machine.kernel.devices.names().reverse());
    expect(devices.filter(({ outcome }) => outcome !== 'done').map(({ name }) => name)).toEqual(['pci']);
  });

  test('begins with the notifiers, by priority, each with its answer', () => {
    const { events } = traced({}, undefined, {
      prepare: ({ kernel }) => {
        kernel.rebootNotifiers.register({ name: 'later', notifierCall: () => 1 });
        kernel.rebootNotifiers.register({ name: 'sooner', priority: 1, notifierCall: () => 0 });
      },
    });
    // SYS_RESTART is 1.
    expect(ofKind(events, 'notifiers')).toMatchObject([{ event: 1, registered: 2 }]);
    expect(ofKind(events, 'notifier')).toMatchObject([
      { name: 'sooner', answer: 0 },
      { name: 'later', answer: 1 },
    ]);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.indexOf('notifier')).toBeLessThan(kinds.indexOf('device'));
    expect(kinds.lastIndexOf('device')).toBeLessThan(kinds.indexOf('machine_kexec'));
  });
});

describe('system registers', () => {
  test('change in the order of machine_kexec and the stub: CR3, GDTR, IDTR, CR0, CR4, CR3', () => {
    const { events } = traced();
    const end = events.findIndex(({ kind }) => kind === 'copy');
    const changes = events.slice(0, end).flatMap((event) => ('register' in event ? [event.register] : []));
    expect(changes).toEqual(['cr3', 'gdtr', 'idtr', 'cr0', 'cr4', 'cr3']);
    // The stub turns off PG, AM and WP, and leaves no GDT and no IDT.
    expect(ofKind(events, 'control').find(({ register }) => register === 'cr0')?.after).toBe(0x33);
    expect(
      ofKind(events, 'table')
        .slice(0, 2)
        .map(({ after }) => after.limit),
    ).toEqual([0, 0]);
  });

  test('of the new kernel are told with the instruction that loads them', () => {
    const { events } = traced({}, TOGGLING);
    expect(milestones(events)).toEqual([
      'pg-off',
      'kernel-entry',
      'a20-off',
      'a20-on',
      'pg-on',
      'pg-off',
      'first-serial-byte',
    ]);
    const entry = events.findIndex(
      (event) => event.kind === 'milestone' && event.milestone === 'kernel-entry',
    );
    const changes = events.slice(entry).flatMap((event) => ('register' in event ? [event] : []));
    expect(changes.map(({ register }) => register)).toEqual(['gdtr', 'idtr', 'cr4', 'cr3', 'cr0', 'cr0']);
    // MOV CR0, EAX; AND EAX, imm32 (5 bytes): the second is 3 + 5 bytes and two instructions further on.
    const [on, off] = changes.slice(-2);
    expect([(off?.eip ?? 0) - (on?.eip ?? 0), (off?.icount ?? 0) - (on?.icount ?? 0)]).toEqual([8, 2]);
  });
});

describe('watching', () => {
  test.each([
    ['translated', true],
    ['interpreted', false],
  ])('changes nothing of a machine that is %s', (_, translator) => {
    const unwatched = createMachine({ memory: '32M', translator });
    unwatched.load(TOGGLING);
    unwatched.exec();
    unwatched.run(LIMIT);
    expect(traced({ translator }, TOGGLING).machine.pc.traceHash()).toBe(unwatched.pc.traceHash());
  });

  test('sees the same, translated or interpreted, at once or in slices', () => {
    const whole = traced({}, createBzImageGuest()).events;
    expect(traced({ translator: false }, createBzImageGuest()).events).toEqual(whole);
    const events: JumpEvent[] = [];
    const trace = new JumpTrace((event) => events.push(event));
    const machine = createMachine({ memory: '32M', onSerial: trace.onByte });
    trace.exec(machine, machine.load(createBzImageGuest()));
    while (trace.run({ instructions: 777 }).kind === 'budget');
    expect(events).toEqual(whole);
  });

  test('leaves nothing behind', () => {
    const { machine } = traced();
    const { onSystemLoad } = machine.pc.cpu;
    expect([onSystemLoad, machine.pc.onA20, machine.kernel.devices.watch]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

/** PC: how runs end, how time passes, how a saved PC goes on. */

import { DS, ES } from '@kexec/x86-cpu';
import { describe, expect, it, vi } from 'vitest';
import { NS_PER_INSTRUCTION } from './clock.js';
import { ISA_CYCLE_NS } from './pc.js';
import { boot, ENTRY, run } from './testing/real-mode.js';

const MILLION = 1_000_000;

describe('a run', () => {
  it('ends with the reset that a device asks for', () => {
    expect(run('mov al, 0xfe\n out 0x64, al\n jmp $').stop).toEqual({ kind: 'reset', by: 'i8042' });
    expect(run('mov al, 1\n out 0x92, al\n jmp $').stop).toEqual({ kind: 'reset', by: 'port92' });
    expect(run('mov al, 6\n mov dx, 0xcf9\n out dx, al\n jmp $').stop).toEqual({ kind: 'reset', by: 'cf9' });
  });

  it('ends with the code written to port F4, at the next instruction', () => {
    const { machine, stop } = run('mov al, 7\n out 0xf4, al\n mov al, 8\n out 0xf4, al');
    expect(stop).toEqual({ kind: 'exit', code: 7 });
    expect(machine.pc.cpu.eip).toBe(ENTRY + 4);
  });

  it('ends with a triple fault, and a reset leads back to the reset vector', () => {
    const { machine, stop } = run('lidt [0x500]\n int3');
    expect(stop.kind).toBe('triple-fault');
    machine.pc.reset();
    expect(machine.pc.cpu.eip).toBe(0xfff0);
    expect(machine.pc.run({ instructions: 1000 })).toEqual({ kind: 'halted-forever' });
    expect(machine.pc.devices.vga.text().trim()).toBe('No bootable device.');
  });

  it('ends after as many instructions as were asked for', () => {
    const { pc } = boot('jmp $');
    expect(pc.run({ instructions: 12_345 })).toEqual({ kind: 'budget' });
    expect(pc.cpu.icount).toBe(12_345);
  });

  it('ends after as much virtual time as was asked for, asleep or awake', () => {
    for (const program of ['jmp $', 'sti\n sleep: hlt\n jmp sleep']) {
      const { pc } = boot(program);
      const start = pc.clock.now();
      expect(pc.run({ nanoseconds: 2 * MILLION })).toEqual({ kind: 'budget' });
      expect(pc.clock.now() - start).toBe(2 * MILLION);
    }
  });

  it('ends after as much time in HLT as was asked for, and goes on in the middle of it', () => {
    const { pc } = boot('sti\n sleep: hlt\n jmp sleep');
    const start = pc.clock.now();
    expect(pc.run({ haltedNanoseconds: 5 * MILLION })).toEqual({ kind: 'budget' });
    expect(pc.haltedNanoseconds).toBe(5 * MILLION);
    const awake = pc.clock.now() - start - 5 * MILLION;
    expect(pc.run({ haltedNanoseconds: MILLION })).toEqual({ kind: 'budget' });
    expect(pc.clock.now() - start).toBe(6 * MILLION + awake);
  });

  it('ends when the guest turns the power off', () => {
    expect(run('mov dx, 0x604\n mov ax, 0x2000\n out dx, ax\n jmp $').stop).toEqual({ kind: 'power-off' });
  });

  it('ends when it is asked to from outside, and goes on', () => {
    const sent: number[] = [];
    const { pc } = boot('mov dx, 0x3f8\n next: out dx, al\n inc al\n jmp next', {
      onSerial: (byte) => {
        sent.push(byte);
        if (byte === 3) pc.requestStop();
      },
    });
    expect(pc.run({ instructions: MILLION })).toEqual({ kind: 'stop' });
    expect(sent).toEqual([0, 1, 2, 3]);
    expect(pc.run({ instructions: 3 })).toEqual({ kind: 'budget' });
    expect(sent).toEqual([0, 1, 2, 3, 4]);
  });

  it('stops before a hooked address', () => {
    const { pc } = boot('nop\n nop\n hlt');
    pc.cpu.addHook(ENTRY + 2);
    expect(pc.run({ instructions: 10 })).toEqual({ kind: 'hook', paddr: ENTRY + 2 });
    expect(pc.run({ instructions: 10 })).toEqual({ kind: 'halted-forever' });
  });

  it('loses neither a hook nor a request when both come at the same instruction', () => {
    const { pc } = boot('out 0xf4, al\n nop\n hlt');
    pc.cpu.addHook(ENTRY + 2);
    const kinds = [1, 2, 3].map(() => pc.run({ instructions: 10 }).kind);
    expect(kinds.slice(0, 2).toSorted()).toEqual(['exit', 'hook']);
    expect(kinds[2]).toBe('halted-forever');
  });

  it('is idle when nothing can end a HLT, however the timer ticks behind its mask', () => {
    const { stop } = run('mov al, 0xff\n out 0x21, al\n sti\n hlt\n jmp $');
    expect(stop).toEqual({ kind: 'idle' });
  });

  it('lets a port access take a microsecond', () => {
    const { pc } = boot('out 0x80, al\n in al, 0x80\n hlt');
    const start = pc.clock.now();
    pc.run({ instructions: 3 });
    expect(pc.clock.now() - start).toBe(2 * ISA_CYCLE_NS + 3 * NS_PER_INSTRUCTION);
  });

  it('does not measure the time to the next event again at each reading in a loop', () => {
    const { pc } = boot('mov cx, 1000\n again: rdtsc\n loop again\n jmp $');
    const slices = vi.spyOn(pc.cpu, 'run');
    expect(pc.run({ nanoseconds: MILLION })).toEqual({ kind: 'budget' });
    expect(pc.cpu.ecx & 0xffff).toBe(0);
    expect(slices.mock.calls.length).toBeLessThan(20);
  });

  it('shows a time-stamp counter of 250 MHz that agrees with the timer', () => {
    // Channel 2 counts 11,932 ticks (10 ms) in mode 0 while port 61 bit 5 is polled, as Linux calibrates.
    const { machine } = run(`
      mov al, 1
      out 0x61, al
      mov al, 0xb0
      out 0x43, al
      mov al, 0x9c
      out 0x42, al
      mov al, 0x2e
      out 0x42, al
      rdtsc
      mov esi, eax
    poll: in al, 0x61
      test al, 0x20
      jz poll
      rdtsc
      sub eax, esi
      mov [0x500], eax
      hlt`);
    const ticks = machine.pc.mem.read32(0x500);
    expect(ticks).toBeGreaterThan(2_499_000);
    expect(ticks).toBeLessThan(2_501_000);
    // Polling for 10 ms took as many rounds as microseconds, about.
    expect(machine.pc.cpu.icount).toBeLessThan(31_000);
  });
});

describe('a saved PC', () => {
  const PROGRAM = `
      mov al, 0xb6
      out 0x21, al
      mov dx, 0x3fc
      mov al, 8
      out dx, al
      sti
    sleep: hlt
      mov al, [0x46c]
      mov dx, 0x3f8
      out dx, al
      mov cx, ax
    busy: loop busy
      jmp sleep`;

  it('goes on as the original would have', () => {
    const original = boot(PROGRAM);
    original.pc.run({ instructions: 5_000 });
    const state = structuredClone(original.pc.saveState());
    const ram = original.pc.mem.ram.slice();

    const copy = boot('hlt');
    copy.pc.mem.writeBytes(0, ram.subarray(0, 0xa0000));
    copy.pc.loadState(state);

    const before = original.text().length;
    for (const { pc } of [original, copy]) pc.run({ instructions: 20_000 });
    expect(copy.text()).toBe(original.text().slice(before));
    expect(copy.text().length).toBeGreaterThan(5);
    expect(copy.pc.clock.now()).toBe(original.pc.clock.now());
    expect(copy.pc.saveState()).toEqual(original.pc.saveState());
  });

  it('is the same whichever way the processor executes', () => {
    const [fast, reference] = (['fast', 'reference'] as const).map((interpreter) => {
      const { pc, text } = boot(PROGRAM, { interpreter });
      pc.run({ instructions: 20_000 });
      const { eax, ecx, eip, eflags, icount } = pc.cpu;
      const { clock, devices } = pc.saveState();
      return { eax, ecx, eip, eflags, icount, clock, devices, text: text() };
    });
    expect(fast).toEqual(reference);
  });

  it('has read the same counts from the local APIC’s timer, and taken its interrupts at the same instruction', () => {
    const program = `
        mov al, 0xff
        out 0x21, al
        mov word [es:0x100], tick
        mov word [es:0x102], 0
        mov dword [0x380], 1000
        sti
        mov di, 0x600
    next: mov eax, [0x390]
        stosd
        imul ecx, eax, 7
        cmp di, 0x1000
        jb next
        cli
        hlt
    tick: mov dword [0xb0], 0
        inc word [es:0x500]
        iret`;
    const [fast, reference] = (['fast', 'reference'] as const).map((interpreter) => {
      const { pc } = boot(program, { interpreter });
      const flat = { selector: 0, attributes: 0x93, limit: 0xffff };
      pc.cpu.setSegment(DS, { ...flat, base: 0xfee0_0000 });
      pc.cpu.setSegment(ES, { ...flat, base: 0 });
      // Divided by one, periodic, vector 40.
      pc.mem.write32(0xfee0_03e0, 0xb);
      pc.mem.write32(0xfee0_0320, 0x2_0040);
      expect(pc.run({ instructions: 20_000 }).kind).toBe('halted-forever');
      return { ram: pc.mem.readBytes(0x500, 0xb00), clock: pc.clock.now(), devices: pc.saveState().devices };
    });
    expect(fast).toEqual(reference);
    expect(fast?.ram[0]).toBeGreaterThan(10);
  });

  it('is the same whether it ran at once or in pieces', () => {
    const whole = boot(PROGRAM).pc;
    const pieces = boot(PROGRAM).pc;
    whole.run({ instructions: 10_000 });
    for (let i = 0; i < 100; i++) pieces.run({ instructions: 100 });
    expect(pieces.saveState()).toEqual(whole.saveState());
  });
});

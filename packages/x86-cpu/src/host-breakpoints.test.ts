/** Tests of a debugger's breakpoints and watchpoints: where they stop, and that the guest runs as without them. */
import { describe, expect, it } from 'vitest';
import { CR0_PG } from './state/control.js';
import { DR0 } from './state/layout.js';
import { type Guest, protectedGuest, realGuest } from './testing/guest.js';

const ENTRY_FLAGS = 0x003; // P, R/W

/** Page tables that map the first 4 MB one to one, and 0xc0000000 to the same pages. */
function writePageTables({ mem }: Guest): void {
  for (let page = 0; page < 1024; page++) mem.write32(0x1_4000 + 4 * page, page * 0x1000 + ENTRY_FLAGS);
  for (const directory of [0, 0x300]) mem.write32(0x1_3000 + 4 * directory, 0x1_4000 + ENTRY_FLAGS);
}

const TURN_PAGING_ON = 'mov eax, 0x13000\nmov cr3, eax\nmov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n';

describe.each(['fast', 'reference'] as const)('with the %s interpreter', (interpreter) => {
  const guestOf = (text: string) => protectedGuest(text, { interpreter });
  const watch = (guest: Guest, laddr: number, bytes: number, access: 'read' | 'write') =>
    guest.cpu.breakpoints.watch([{ laddr, bytes, read: access === 'read', write: access === 'write' }]);

  it('a breakpoint stops before its instruction at each arrival, and memory holds no INT3', () => {
    const guest = guestOf('mov ecx, 3\nhere: inc eax\nloop here\nhlt');
    const laddr = guest.label('here');
    const before = guest.mem.read8(laddr);
    guest.cpu.breakpoints.add(laddr);
    for (const eax of [0, 1, 2]) {
      expect(guest.run()).toEqual({ kind: 'breakpoint', laddr });
      expect([guest.cpu.eip, guest.cpu.eax, guest.mem.read8(laddr)]).toEqual([laddr, eax, before]);
    }
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.icount).toBe(8);
  });

  it('a breakpoint that was removed stops nothing, and one added during a stop does', () => {
    const guest = guestOf('first: inc eax\nsecond: inc eax\nthird: inc eax\nhlt');
    guest.cpu.breakpoints.add(guest.label('first'));
    guest.run();
    guest.cpu.breakpoints.remove(guest.label('first'));
    guest.cpu.breakpoints.add(guest.label('third'));
    expect(guest.run()).toEqual({ kind: 'breakpoint', laddr: guest.label('third') });
    guest.cpu.breakpoints.remove(guest.label('third'));
    expect(guest.run()).toEqual({ kind: 'halt' });
  });

  it('a breakpoint waits for its linear address to be mapped, and for no other mapping of the page', () => {
    const guest = guestOf(
      `${TURN_PAGING_ON}mov ebx, here + 0xc0000000\njmp here\nhere: inc ecx\ncmp ecx, 2\nje done\njmp ebx\ndone: hlt`,
    );
    writePageTables(guest);
    const laddr = guest.label('here') + 0xc000_0000;
    guest.cpu.breakpoints.add(laddr);
    expect(guest.run()).toEqual({ kind: 'breakpoint', laddr });
    expect([guest.cpu.cr0 & CR0_PG, guest.cpu.ecx]).toEqual([CR0_PG, 1]);
    expect(guest.run()).toEqual({ kind: 'halt' });
  });

  it('a breakpoint in real-address mode stands at segment base plus IP', () => {
    const guest = realGuest('jmp 0x60:here - 0x600\nhere: inc ax\nhlt', { interpreter });
    guest.cpu.breakpoints.add(guest.label('here'));
    expect(guest.run()).toEqual({ kind: 'breakpoint', laddr: guest.label('here') });
    expect(guest.cpu.eip).toBe(guest.label('here') - 0x600);
  });

  it('a write watchpoint stops after the store that touches any of its bytes, a read watchpoint after the load', () => {
    const text = 'mov eax, [0x9004]\nmov byte [0x9003], 1\nmov dword [0x9001], 5\nafter: nop\nhlt';
    const written = guestOf(text);
    watch(written, 0x9004, 2, 'write');
    expect(written.run()).toMatchObject({ kind: 'watchpoint', access: 'write' });
    expect([written.cpu.eip, written.mem.read32(0x9001)]).toEqual([written.label('after'), 5]);
    expect(written.run()).toEqual({ kind: 'halt' });
    const read = guestOf(text);
    watch(read, 0x9006, 1, 'read');
    expect(read.run()).toMatchObject({ kind: 'watchpoint', access: 'read' });
    expect(read.cpu.icount).toBe(1);
  });

  it('a watchpoint sees pushes, string stores, floating-point stores and accesses across pages', () => {
    const sees = (text: string, laddr: number) => {
      const guest = guestOf(`${text}\nafter: nop\nhlt`);
      watch(guest, laddr, 1, 'write');
      const stop = guest.run();
      return [stop.kind, guest.cpu.eip === guest.label('after')];
    };
    expect(sees('push eax', 0x7ffc)).toEqual(['watchpoint', true]);
    expect(sees('fninit\nfld1\nfstp tword [0x9000]', 0x9009)).toEqual(['watchpoint', true]);
    expect(sees('mov eax, 0x200\nmov cr4, eax\nmovups [0x9000], xmm0', 0x900f)).toEqual(['watchpoint', true]);
    expect(sees('mov dword [0x9ffe], 0', 0xa001)).toEqual(['watchpoint', true]);
    const guest = guestOf('mov edi, 0x9000\nmov ecx, 64\nrep stosd\nhlt');
    watch(guest, 0x9010, 4, 'write');
    expect(guest.run()).toMatchObject({ kind: 'watchpoint' });
    expect([guest.cpu.edi, guest.cpu.ecx]).toEqual([0x9014, 59]);
  });

  it('an instruction that faults meets no watchpoint', () => {
    const guest = guestOf('mov eax, 0xffffffff\nmov ebx, [0x9000]\nhlt');
    const faulty = guestOf('mov esi, 0x9000\nmov edi, 0\nmov ax, 0\nmov es, ax\nmovsd\nhlt');
    watch(faulty, 0x9000, 4, 'read');
    expect(faulty.run()).toEqual({ kind: 'halt' });
    expect(faulty.delivered().vector).toBe(13);
    watch(guest, 0x9000, 4, 'read');
    expect(guest.run()).toMatchObject({ kind: 'watchpoint' });
  });

  it('what the guest has in DR0-DR7 is its own', () => {
    const guest = guestOf('here: inc eax\nmov [0x9000], eax\nhlt');
    guest.cpu.breakpoints.add(guest.label('here'));
    watch(guest, 0x9000, 4, 'write');
    guest.run();
    guest.run();
    const registers = Array.from({ length: 8 }, (_, index) =>
      guest.cpu.registers.getUnsigned(DR0 + 4 * index),
    );
    expect(registers).toEqual([0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400]);
  });
});

it('translated code stops at breakpoints and watchpoints after as many instructions as interpreted code', () => {
  const text = 'mov ecx, 20000\nagain: inc dword [0x9000]\nadd eax, ecx\nskip: dec ecx\njnz again\nhlt';
  const trail = (translator: boolean) => {
    const guest = protectedGuest(text, { translator });
    guest.run(50_000);
    guest.cpu.breakpoints.add(guest.label('skip'));
    const stops: (string | number)[] = [];
    for (let i = 0; i < 3; i++) stops.push(guest.run(1000).kind, guest.cpu.icount, guest.cpu.eax);
    guest.cpu.breakpoints.remove(guest.label('skip'));
    guest.cpu.breakpoints.watch([{ laddr: 0x9000, bytes: 4, read: false, write: true }]);
    for (let i = 0; i < 3; i++) stops.push(guest.run(1000).kind, guest.cpu.icount, guest.mem.read32(0x9000));
    guest.cpu.breakpoints.watch([]);
    guest.run(1_000_000);
    return [...stops, guest.cpu.icount, guest.cpu.eax];
  };
  const interpreted = trail(false);
  expect(interpreted.slice(0, 2)).toEqual(['breakpoint', 50_003]);
  expect(trail(true)).toEqual(interpreted);
});

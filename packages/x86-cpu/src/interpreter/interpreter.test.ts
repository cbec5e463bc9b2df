/** The interpreter's contract: exact budgets, hooks, self-modifying code, page borders, faults. */
import { createPhysMem, PAGE_SIZE, type PhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import { type Cpu, createCpu } from '../cpu.js';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';

const CODE = 0x1_0000;
const FLAT = { base: 0, limit: 0xffff_ffff };

interface Computer {
  readonly mem: PhysMem;
  readonly cpu: Cpu;
  readonly labels: ReadonlyMap<string, number>;
}

/** A CPU in flat 32-bit protected mode at the start of `text`. */
function computer(text: string, origin = CODE, ramBytes = 0x40_0000): Computer {
  const mem = createPhysMem({ ramBytes });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  const cpu = createCpu({ mem, board });
  const { bytes, labels } = assemble(text, { origin, bits: 32 });
  mem.writeBytes(origin, bytes);
  cpu.cr0 = 1;
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, FS, GS])
    cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  cpu.eip = origin;
  cpu.esp = 0x9_0000;
  return { mem, cpu, labels };
}

/** The same in 16-bit real mode, CS = `selector`. */
function realMode(text: string, selector: number, origin: number): Computer {
  const mem = createPhysMem({ ramBytes: 0x40_0000 });
  const board = { readPort: () => 0, writePort: () => {}, acknowledgeInterrupt: () => 0 };
  const cpu = createCpu({ mem, board });
  const { bytes, labels } = assemble(text, { origin, bits: 16 });
  mem.writeBytes(selector * 16 + origin, bytes);
  for (const index of [ES, SS, DS])
    cpu.setSegment(index, { selector: 0, attributes: 0x93, base: 0, limit: 0xffff });
  cpu.setSegment(CS, { selector, attributes: 0x93, base: selector * 16, limit: 0xffff });
  cpu.eip = origin;
  cpu.esp = 0x7000;
  return { mem, cpu, labels };
}

function label({ labels }: Computer, name: string): number {
  return labels.get(name) ?? Number.NaN;
}

const COUNTING_LOOP = `
  start: mov ecx, 1000
  again: inc eax
         dec ecx
         jnz again
         hlt`;

describe('the budget', () => {
  it.each([1, 2, 3, 7, 100, 2999])('is exact when it is %i', (budget) => {
    const { cpu } = computer(COUNTING_LOOP);
    expect(cpu.run(budget)).toEqual({ kind: 'budget' });
    expect(cpu.icount).toBe(budget);
    // After MOV, an iteration is INC, DEC, JNZ.
    expect(cpu.eax).toBe(Math.ceil((budget - 1) / 3));
  });

  it('counts HLT too', () => {
    const { cpu } = computer(COUNTING_LOOP);
    expect(cpu.run(10_000)).toEqual({ kind: 'halt' });
    expect(cpu.icount).toBe(1 + 3 * 1000 + 1);
  });

  it('counts each iteration of REP as one, and a REP of none as one', () => {
    const machine = computer('mov ecx, 5\nmov edi, 0x20000\nrep stosb\nrep stosb\nhlt');
    expect(machine.cpu.run(1000)).toEqual({ kind: 'halt' });
    expect(machine.cpu.icount).toBe(2 + 5 + 1 + 1);
  });

  it('can end between two iterations of REP, with ECX and EDI in step', () => {
    const { cpu } = computer('mov ecx, 5\nmov edi, 0x20000\nrep stosb\nhlt');
    cpu.run(4);
    expect([cpu.ecx, cpu.edi]).toEqual([3, 0x2_0002]);
    cpu.run(3);
    expect([cpu.ecx, cpu.edi]).toEqual([0, 0x2_0005]);
  });
});

describe('self-modifying code', () => {
  it('takes effect on the very next instruction', () => {
    // The store turns INC EAX (40) into DEC EAX (48).
    const { cpu } = computer('mov byte ptr [target], 0x48\ntarget: inc eax\nhlt');
    cpu.run(100);
    expect(cpu.eax).toBe(0xffff_ffff);
  });

  it('takes effect in a loop that has run before', () => {
    const { cpu } = computer(`
      mov ecx, 2
      again: mov byte ptr [operand], cl
      db 0x83, 0xc0
      operand: db 0
      dec ecx
      jnz again
      hlt`);
    cpu.run(100);
    expect(cpu.eax).toBe(3);
  });

  it('takes effect when REP MOVS overwrites the code that follows', () => {
    const machine = computer(`
      call target
      mov esi, patch
      mov edi, target
      mov ecx, 2
      rep movsb
      call target
      hlt
      patch: inc ebx
      ret
      target: inc eax
      ret`);
    machine.cpu.run(100);
    expect([machine.cpu.eax, machine.cpu.ebx]).toEqual([1, 1]);
  });

  it('takes effect on a jump whose target is executed for the first time afterwards', () => {
    // JC becomes MOV AH, 0E2h before anything at its target has been executed.
    const { cpu } = computer(`
      again: nop
      jump: jc later
      test ecx, ecx
      jnz end
      mov word ptr [jump], 0xe2b4
      inc ecx
      jmp later
      end: hlt
      later: jmp again`);
    expect(cpu.run(100)).toEqual({ kind: 'halt' });
    expect(cpu.eax).toBe(0xe200);
  });

  it('takes effect where a longer instruction crossed into the next page, though the segment ends here now', () => {
    // MOV AL, 1 becomes INC EAX, the last byte below the limit.
    const { cpu, mem } = computer('hlt');
    mem.writeBytes(0x1_0fff, Uint8Array.of(0xb0, 1));
    cpu.eip = 0x1_0fff;
    cpu.run(1);
    mem.write8(0x1_0fff, 0x40);
    cpu.setSegment(CS, { ...cpu.getSegment(CS), limit: 0x1_0fff });
    cpu.eip = 0x1_0fff;
    expect(cpu.run(1)).toEqual({ kind: 'budget' });
    expect(cpu.eax).toBe(2);
  });

  it('may keep its data beside it', () => {
    const { cpu } = computer(`
      mov ecx, 10
      again: inc dword ptr [counter]
      dec ecx
      jnz again
      mov eax, [counter]
      hlt
      counter: dd 0`);
    cpu.run(1000);
    expect(cpu.eax).toBe(10);
  });

  it('is seen when a device writes the code', () => {
    const machine = computer('again: inc eax\njmp again');
    machine.cpu.run(20);
    machine.mem.writeBytes(CODE, Uint8Array.of(0x43));
    machine.cpu.run(20);
    expect([machine.cpu.eax, machine.cpu.ebx]).toEqual([10, 10]);
  });

  it('is seen in an instruction that crosses into the next page', () => {
    const machine = computer('again: mov eax, 0x11111111\njmp again', CODE + 0xffd);
    machine.cpu.run(4);
    machine.mem.write8(CODE + 0x1001, 0x22);
    machine.cpu.run(2);
    expect(machine.cpu.eax).toBe(0x2211_1111);
  });
});

describe('a hook', () => {
  it('stops before the instruction, and the next run executes it', () => {
    const machine = computer('inc eax\nhere: inc eax\ninc eax\nhlt');
    const paddr = label(machine, 'here');
    machine.cpu.addHook(paddr);
    expect(machine.cpu.run(100)).toEqual({ kind: 'hook', paddr });
    expect([machine.cpu.eax, machine.cpu.eip]).toEqual([1, paddr]);
    expect(machine.cpu.run(100)).toEqual({ kind: 'halt' });
    expect(machine.cpu.eax).toBe(3);
  });

  it('stops at every arrival, in code that is known already', () => {
    const machine = computer('again: inc eax\njmp again');
    machine.cpu.run(10);
    machine.cpu.addHook(CODE);
    for (let arrival = 0; arrival < 3; arrival++) {
      expect(machine.cpu.run(100)).toEqual({ kind: 'hook', paddr: CODE });
    }
    expect(machine.cpu.eax).toBe(7);
    machine.cpu.removeHook(CODE);
    expect(machine.cpu.run(1_000_000)).toEqual({ kind: 'budget' });
    expect(machine.cpu.eax).toBe(500_007);
  });
});

describe('a page border', () => {
  it('may fall between two instructions', () => {
    const { cpu } = computer('inc eax\ninc eax\ninc eax\nhlt', CODE + 0xffe);
    cpu.run(100);
    expect(cpu.eax).toBe(3);
  });

  it('may fall within an instruction', () => {
    const { cpu } = computer('mov eax, 0x12345678\nhlt', CODE + 0xffe);
    cpu.run(100);
    expect(cpu.eax).toBe(0x1234_5678);
  });

  it('may lie between a call and its target', () => {
    const { cpu } = computer('call far_away\ninc ebx\nhlt\ntimes 5000 nop\nfar_away: inc eax\nret');
    cpu.run(100);
    expect([cpu.eax, cpu.ebx, cpu.esp]).toEqual([1, 1, 0x9_0000]);
  });
});

describe('REP MOVS and REP STOS', () => {
  it('copy across pages', () => {
    const machine = computer('mov esi, 0x20800\nmov edi, 0x30400\nmov ecx, 0x1000\nrep movsd\nhlt');
    const bytes = Uint8Array.from({ length: 0x4000 }, (_, i) => i * 7);
    machine.mem.writeBytes(0x2_0800, bytes);
    expect(machine.cpu.run(1e6)).toEqual({ kind: 'halt' });
    expect(machine.cpu.icount).toBe(3 + 0x1000 + 1);
    expect(machine.mem.readBytes(0x3_0400, 0x4000)).toEqual(bytes);
    expect([machine.cpu.ecx, machine.cpu.esi, machine.cpu.edi]).toEqual([0, 0x2_4800, 0x3_4400]);
  });

  it('repeat a pattern when the destination overlaps the source from above', () => {
    const machine = computer('mov esi, 0x20000\nmov edi, 0x20001\nmov ecx, 100\nrep movsb\nhlt');
    machine.mem.write8(0x2_0000, 0xab);
    machine.cpu.run(1000);
    expect([...machine.mem.readBytes(0x2_0000, 102)]).toEqual([...Array(101).fill(0xab), 0]);
  });

  it.each([
    ['pages that are told apart by bits above 21 alone', 0x40_0000],
    ['pages eleven apart by bits 12 to 21', 0x40_b000],
    ['the page before, in bits 12 to 21', 0x3f_f000],
  ])('copy a row of pages to %s', (_, distance) => {
    const [from, count] = [0x10_0000, 40 * PAGE_SIZE];
    const machine = computer(
      `mov esi, ${from}\nmov edi, ${from + distance}\nmov edx, 40
      next: mov ecx, 1024\nrep movsd\ndec edx\njnz next\nhlt`,
      CODE,
      0x80_0000,
    );
    const bytes = Uint8Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e37_79b1) >>> 24);
    machine.mem.writeBytes(from, bytes);
    expect(machine.cpu.run(1e6)).toEqual({ kind: 'halt' });
    expect(machine.cpu.icount).toBe(3 + 40 * (1024 + 3) + 1);
    expect(machine.mem.readBytes(from + distance, count)).toEqual(bytes);
    expect(machine.mem.readBytes(from + distance + count, 4)).toEqual(new Uint8Array(4));
  });

  it('leave what is copied onto itself as it is', () => {
    const machine = computer('mov esi, 0x20000\nmov edi, esi\nmov ecx, 0x1000\nrep movsd\nhlt');
    const bytes = Uint8Array.from({ length: 0x4000 }, (_, i) => i * 7);
    machine.mem.writeBytes(0x2_0000, bytes);
    expect(machine.cpu.run(1e6)).toEqual({ kind: 'halt' });
    expect(machine.mem.readBytes(0x2_0000, 0x4000)).toEqual(bytes);
    expect([machine.cpu.ecx, machine.cpu.esi, machine.cpu.edi]).toEqual([0, 0x2_4000, 0x2_4000]);
  });

  it('read each register of a device once, in order', () => {
    const machine = computer('mov esi, 0x800000\nmov edi, 0x20000\nmov ecx, 64\nrep movsd\nhlt');
    const offsets: number[] = [];
    machine.mem.addMmio(
      { start: 0x80_0000, end: 0x80_1000 },
      { read: (offset) => offsets.push(offset), write: () => {} },
    );
    machine.cpu.run(1000);
    expect(offsets).toEqual(Array.from({ length: 64 }, (_, i) => 4 * i));
  });

  it('run downwards when DF = 1', () => {
    const machine = computer('std\nmov edi, 0x20063\nmov ecx, 100\nmov al, 7\nrep stosb\nhlt');
    machine.cpu.run(1000);
    expect([...machine.mem.readBytes(0x1_ffff, 102)]).toEqual([0, ...Array(100).fill(7), 0]);
  });

  it('end where the budget does', () => {
    const { cpu } = computer('mov edi, 0x20000\nmov ecx, 5000\nrep stosd\nhlt');
    cpu.run(2 + 1500);
    expect([cpu.ecx, cpu.edi, cpu.icount]).toEqual([3500, 0x2_0000 + 4 * 1500, 1502]);
  });

  it('overwrite code that has been executed', () => {
    const machine = computer(
      'call 0x20010\nmov edi, 0x20000\nmov ecx, 64\nmov al, 0xc3\nrep stosb\ncall 0x20010\nhlt',
    );
    machine.mem.writeBytes(0x2_0010, Uint8Array.of(0x43, 0xc3));
    expect(machine.cpu.run(1000)).toEqual({ kind: 'halt' });
    expect(machine.cpu.ebx).toBe(1);
  });
});

describe('a 16-bit code segment that does not begin at a page', () => {
  it('is executed', () => {
    const machine = realMode('again: inc ax\ncmp ax, 10\njne again\nhlt', 0x07c0, 0);
    expect(machine.cpu.run(1000)).toEqual({ kind: 'halt' });
    expect(machine.cpu.eax & 0xffff).toBe(10);
  });

  it('wraps a jump below its start to the top of 64 KB', () => {
    // JMP from offset 0 to -0e: offset fff2 of the segment, and not the bytes below its start.
    const machine = realMode('jmp short $-14', 0x07c0, 0);
    machine.mem.writeBytes(0x7c00 + 0xfff2 - 0x1_0000, Uint8Array.of(0xf4));
    machine.mem.writeBytes(0x7c00 + 0xfff2, Uint8Array.of(0x43, 0xf4));
    expect(machine.cpu.run(10)).toEqual({ kind: 'halt' });
    expect([machine.cpu.ebx & 0xffff, machine.cpu.eip]).toEqual([1, 0xfff4]);
  });
});

describe('code that is reached through a great many code segments', () => {
  it('is executed in each', () => {
    // CS one up, IP sixteen down: the same address 3000 times.
    const machine = realMode(
      `again: inc cx
      cmp cx, 3000
      je end
      mov ax, cs
      inc ax
      push ax
      sub bx, 16
      push bx
      retf
      end: hlt`,
      0,
      0xfff0 - 0x20,
    );
    machine.cpu.ebx = 0xfff0 - 0x20;
    expect(machine.cpu.run(30_000)).toEqual({ kind: 'halt' });
    expect(machine.cpu.getSegment(CS).base).toBe(2999 * 16);
  });
});

describe('code in a great many pages', () => {
  it('is executed, and no more than a bounded number of pages is kept decoded', () => {
    const pages = 6000;
    const machine = computer('jmp 0x11000', CODE, (pages + 0x20) * PAGE_SIZE);
    const { cpu, mem } = machine;
    const jumpToNextPage = Uint8Array.of(0xe9, 0xfb, 0x0f, 0, 0);
    for (let page = 0x11; page < pages; page++) mem.writeBytes(page * PAGE_SIZE, jumpToNextPage);
    mem.write8(pages * PAGE_SIZE, 0xf4);
    expect(cpu.run(2 * pages)).toEqual({ kind: 'halt' });
    expect(cpu.eip).toBe(pages * PAGE_SIZE + 1);
    expect(mem.codePages.map.filter((mark) => mark !== 0).length).toBeLessThanOrEqual(4096);
  });
});

describe('a fault', () => {
  it('leaves EIP at its instruction and is raised after those before it', () => {
    const machine = computer('inc eax\nfault: div ebx\nhlt');
    const stop = machine.cpu.run(100);
    // Without an IDT it ends in shutdown.
    expect(stop.kind).toBe('triple-fault');
    expect(stop.kind === 'triple-fault' && stop.report.eip).toBe(label(machine, 'fault'));
    expect(machine.cpu.eax).toBe(1);
  });
});

/** The manual's sentences about integer instructions, with values by hand. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import type { Cpu } from '../cpu.js';
import { readEflags } from '../state/eflags.js';
import { ESP } from '../state/layout.js';
import { CODE_AT, decodeBytes, faultOf, Lab } from '../testing/instruction-lab.js';
import { NumberMachine } from './number-machine.js';

const EAX = 0;
const ECX = 1;
const EDX = 2;
const EBX = 3;
const STACK = 0x2_0100;
const CF = 0x1;
const ZF = 0x40;
const OF = 0x800;

const lab = new Lab();
const machine = new NumberMachine(lab.mem.memory, lab.cpu.memory);

/** Executes one instruction; registers by index, ESP is STACK, EBP 2_0180, all others 0. */
function execute(text: string, registers: Record<number, number> = {}, stackSize: 16 | 32 = 32): Cpu {
  const bytes = [...assemble(text, { bits: 32, origin: CODE_AT }).bytes];
  const values = [0, 0, 0, 0, STACK, 0x2_0180, 0, 0].map((value, i) => registers[i] ?? value);
  lab.prepare({ codeSize: 32, stackSize, dataLimit: 0xffff_ffff, registers: values, eflags: 2 }, bytes);
  const decoded = decodeBytes(bytes, 32);
  if (!decoded) throw new Error(`${text} is no instruction over any machine`);
  machine.execute(decoded);
  return lab.cpu;
}

function flags(mask: number): number {
  return readEflags(lab.cpu.registers) & mask;
}

describe('the stack', () => {
  it('PUSH ESP pushes the value before the decrement', () => {
    expect(execute('push esp').esp).toBe(STACK - 4);
    expect(lab.mem.read32(STACK - 4)).toBe(STACK);
  });

  it('POP with an ESP base computes the address after the increment', () => {
    const value = lab.mem.read32(STACK);
    execute('pop dword ptr [esp]');
    expect(lab.mem.read32(STACK + 4)).toBe(value);
  });

  it('POP ESP leaves the popped value, not the incremented one', () => {
    execute('nop');
    const value = lab.mem.read32(STACK);
    expect(execute('pop esp').esp).toBe(value);
  });

  it('a 16-bit stack wraps SP and keeps the upper half of ESP', () => {
    expect(execute('push eax', { 4: 0x1234_0002 }, 16).registers.get(ESP) >>> 0).toBe(0x1234_fffe);
  });

  it('PUSHA pushes the ESP of before', () => {
    expect(execute('pushad').esp).toBe(STACK - 32);
    expect(lab.mem.read32(STACK - 20)).toBe(STACK);
  });

  it('ENTER with nesting level 1 pushes EBP and the new frame pointer', () => {
    const cpu = execute('enter 16, 1');
    expect([cpu.ebp, cpu.esp]).toEqual([STACK - 4, STACK - 8 - 16]);
    expect(lab.mem.read32(STACK - 4)).toBe(0x2_0180);
    expect(lab.mem.read32(STACK - 8)).toBe(STACK - 4);
  });
});

describe('division', () => {
  it('by zero is #DE, and changes nothing', () => {
    expect(faultOf(() => execute('div ebx', { [EAX]: 5 }))).toBe('#0(undefined)');
    expect([lab.cpu.eax, lab.cpu.eip]).toEqual([5, CODE_AT]);
  });

  it('is #DE when the quotient does not fit', () => {
    expect(faultOf(() => execute('div ebx', { [EDX]: 2, [EBX]: 2 }))).toBe('#0(undefined)');
    expect(faultOf(() => execute('idiv ebx', { [EAX]: 0x8000_0000 | 0, [EDX]: -1, [EBX]: -1 }))).toBe(
      '#0(undefined)',
    );
  });

  it('IDIV rounds towards zero and gives the remainder the sign of the dividend', () => {
    const cpu = execute('idiv ebx', { [EAX]: -7, [EDX]: -1, [EBX]: 2 });
    expect([cpu.eax | 0, cpu.edx | 0]).toEqual([-3, -1]);
  });

  it('IDIV can yield the most negative quotient', () => {
    const cpu = execute('idiv ebx', { [EAX]: 0x8000_0000 | 0, [EDX]: -1, [EBX]: 1 });
    expect([cpu.eax, cpu.edx]).toEqual([0x8000_0000, 0]);
  });
});

describe('shifts', () => {
  it('mask the count to five bits, and by 0 leave the flags', () => {
    expect(execute('shl eax, cl', { [EAX]: 1, [ECX]: 0x20 }).eax).toBe(1);
    expect(flags(CF | ZF | OF)).toBe(0);
  });

  it('RCL of a byte by 9 leaves it', () => {
    expect(execute('rcl al, 9', { [EAX]: 0x81 }).eax).toBe(0x81);
  });

  it('SHL sets CF to the last bit shifted out', () => {
    expect(execute('shl eax, 4', { [EAX]: 0x1000_0001 }).eax).toBe(0x10);
    expect(flags(CF)).toBe(CF);
  });
});

describe('bit strings', () => {
  it('BTS with a register offset reaches beyond the operand', () => {
    execute('bts dword ptr [eax], ecx', { [EAX]: 0x2_0200, [ECX]: 100 });
    expect(lab.mem.read32(0x2_020c) & 0x10).toBe(0x10);
  });

  it('a negative offset reaches below it', () => {
    const before = execute('bt dword ptr [eax], ecx', { [EAX]: 0x2_0200, [ECX]: -1 });
    expect(flags(CF)).toBe(lab.mem.read32(0x2_01fc) >>> 31);
    expect(before.eip).toBe(CODE_AT + 3);
  });
});

describe('comparison and exchange', () => {
  it('CMPXCHG writes the destination back when they differ', () => {
    const cpu = execute('cmpxchg [ebx], ecx', { [EAX]: 1, [ECX]: 2, [EBX]: 0x2_0200 });
    expect(cpu.eax).toBe(lab.mem.read32(0x2_0200));
    expect(flags(ZF)).toBe(0);
  });

  it('DEC leaves CF, INC sets OF past the largest', () => {
    expect(execute('inc eax', { [EAX]: 0x7fff_ffff }).eax).toBe(0x8000_0000);
    expect(flags(CF | OF)).toBe(OF);
  });
});

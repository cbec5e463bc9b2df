/** Tests of far transfers, call gates, privilege changes and segment loads in assembly text. */
import { describe, expect, it } from 'vitest';
import { CS, DS, ES, FS, GS, SS } from '../state/layout.js';
import {
  CODE,
  FREE_SELECTOR,
  GDT,
  INNER_STACK_TOP,
  KERNEL_CS,
  KERNEL_DS,
  protectedGuest,
  realGuest,
  STACK_TOP,
  USER_CS,
  USER_DS,
  USER_STACK_TOP,
} from '../testing/guest.js';

const TO_RING_3 = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser:\n';
const FREE_NEXT = FREE_SELECTOR + 8;

describe('what follows a system instruction', () => {
  it('is executed once after a far JMP to it, and so is what a far CALL and RET come back to', () => {
    const guest = protectedGuest(
      `jmp ${KERNEL_CS}:next\nnext: inc ebx\nmov ecx, 3\nround: call ${KERNEL_CS}:far\nback: inc edi\nloop round\nhlt\nfar: inc esi\nretf`,
    );
    expect(guest.run()).toEqual({ kind: 'halt' });
    const { ebx, edi, esi } = guest.cpu;
    expect([ebx, edi, esi]).toEqual([1, 3, 3]);
  });

  it('STI lets an interrupt that waits come after the next instruction, and after that one alone', () => {
    const guest = protectedGuest('inc ebx\nsti\ninc ebx\nafter: inc ebx\nhlt', {
      board: { acknowledgeInterrupt: () => 0x31 },
    });
    guest.cpu.setInterruptLine(true);
    guest.cpu.run(4);
    expect(guest.delivered()).toMatchObject({ vector: 0x31, eip: guest.label('after') });
    expect(guest.cpu.ebx).toBe(2);
  });
});

describe('segment loads', () => {
  const faultOf = (text: string, setUp?: (guest: ReturnType<typeof protectedGuest>) => void) => {
    const guest = protectedGuest(text);
    setUp?.(guest);
    guest.run();
    const { vector, errorCode, eip } = guest.delivered();
    return { vector, errorCode, at: eip };
  };

  it('a null selector loads into DS and faults on use, with #GP(0)', () => {
    const guest = protectedGuest('xor eax, eax\nmov ds, eax\nhere: mov eax, [0x9000]');
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0, eip: guest.label('here') });
    expect(guest.cpu.getSegment(DS)).toMatchObject({ selector: 0, attributes: 0 });
  });

  it('a null selector into SS is #GP(0)', () => {
    expect(faultOf('xor eax, eax\nmov ss, eax')).toMatchObject({ vector: 13, errorCode: 0 });
  });

  it('a selector beyond the table’s limit is #GP with the selector, RPL cleared', () => {
    expect(faultOf('mov eax, 0x803\nmov es, eax')).toMatchObject({ vector: 13, errorCode: 0x800 });
  });

  it('without an LDT a selector with TI set is #GP with the selector', () => {
    expect(faultOf('mov eax, 0xf\nmov es, eax')).toMatchObject({ vector: 13, errorCode: 0xc });
  });

  it('a segment that is not present is #NP, but #SS for the stack segment', () => {
    const absent = (guest: ReturnType<typeof protectedGuest>) =>
      guest.describe(FREE_SELECTOR, 0, 0xffff, 0x4013);
    expect(faultOf(`mov eax, ${FREE_SELECTOR}\nmov fs, eax`, absent)).toMatchObject({
      vector: 11,
      errorCode: FREE_SELECTOR,
    });
    expect(faultOf(`mov eax, ${FREE_SELECTOR}\nmov ss, eax`, absent)).toMatchObject({
      vector: 12,
      errorCode: FREE_SELECTOR,
    });
  });

  it('execute-only code and system segments are no data segments; SS wants writable data', () => {
    const code = (guest: ReturnType<typeof protectedGuest>) =>
      guest.describe(FREE_SELECTOR, 0, 0xffff, 0x4099);
    const readOnly = (guest: ReturnType<typeof protectedGuest>) =>
      guest.describe(FREE_SELECTOR, 0, 0xffff, 0x4091);
    expect(faultOf(`mov eax, ${FREE_SELECTOR}\nmov ds, eax`, code)).toMatchObject({
      vector: 13,
      errorCode: FREE_SELECTOR,
    });
    expect(faultOf('mov eax, 0x28\nmov ds, eax')).toMatchObject({ vector: 13, errorCode: 0x28 });
    expect(faultOf(`mov eax, ${FREE_SELECTOR}\nmov ss, eax`, readOnly)).toMatchObject({
      vector: 13,
      errorCode: FREE_SELECTOR,
    });
  });

  it('the accessed bit is written back', () => {
    const guest = protectedGuest(`mov eax, ${FREE_SELECTOR}\nmov gs, eax\nhlt`);
    guest.describe(FREE_SELECTOR, 0x1234_5678, 0xffff, 0x4092);
    guest.run();
    expect(guest.mem.read8(GDT + FREE_SELECTOR + 5)).toBe(0x93);
    expect(guest.cpu.getSegment(GS)).toEqual({
      selector: FREE_SELECTOR,
      attributes: 0x4093,
      base: 0x1234_5678,
      limit: 0xffff,
    });
  });

  it('the cache keeps what it had when the GDT is edited', () => {
    const guest = protectedGuest(
      `mov eax, ${FREE_SELECTOR}\nmov gs, eax\nmov dword [GDT + ${FREE_SELECTOR} + 4], 0\nmov eax, [gs:0]\nhlt`,
    );
    guest.describe(FREE_SELECTOR, 0x9000, 0xffff, 0x4092);
    guest.mem.write32(0x9000, 0xcafe_f00d);
    guest.run();
    expect(guest.cpu.eax).toBe(0xcafe_f00d);
  });

  it('expand-down: offsets above the limit are valid, those below are #GP(0)', () => {
    const text = `mov eax, ${FREE_SELECTOR}\nmov gs, eax\nmov ebx, [gs:0x1000]\nhere: mov eax, [gs:0xfff]`;
    const guest = protectedGuest(text);
    guest.describe(FREE_SELECTOR, 0x9000, 0xfff, 0x4096);
    guest.mem.write32(0xa000, 77);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0, eip: guest.label('here') });
    expect(guest.cpu.ebx).toBe(77);
  });

  it('POP SS moves ESP by the old stack size and switches to the new one', () => {
    const guest = protectedGuest(`push ${FREE_SELECTOR}\npop ss\nhlt`);
    guest.describe(FREE_SELECTOR, 0, 0xffff, 0x0093);
    guest.cpu.esp = 0x0001_0000;
    guest.run();
    expect(guest.cpu.esp).toBe(0x1_0000);
    expect(guest.cpu.getSegment(SS).selector).toBe(FREE_SELECTOR);
  });

  it('LES loads offset and selector; a bad selector changes neither', () => {
    const guest = protectedGuest(
      `les ebx, [pointer]\nhere: les ebx, [bad]\npointer: dd 0x11223344\ndw KERNEL_DS\nbad: dd 1\ndw 0x7f8`,
    );
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, eip: guest.label('here') });
    expect(guest.cpu.ebx).toBe(0x1122_3344);
    expect(guest.cpu.getSegment(ES).selector).toBe(KERNEL_DS);
  });
});

describe('direct far transfers', () => {
  it('JMP to a nonconforming segment wants DPL = CPL', () => {
    const guest = protectedGuest(`jmp USER_CS:there\nthere: hlt`);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: USER_CS & ~3 });
  });

  it('a conforming segment runs at the caller’s privilege level', () => {
    const guest = protectedGuest(`${TO_RING_3} jmp ${FREE_SELECTOR}:there\nthere: mov ax, cs\nint3`);
    guest.describe(FREE_SELECTOR, 0, 0xf_ffff, 0xc09e);
    guest.run();
    expect(guest.delivered().vector).toBe(13);
    expect(guest.cpu.eax).toBe(FREE_SELECTOR | 3);
  });

  it('kexec_test’s conforming descriptor 9f is entered from ring 0', () => {
    const guest = protectedGuest(`jmp ${FREE_SELECTOR}:there\nthere: hlt`);
    guest.describe(FREE_SELECTOR, 0, 0xf_ffff, 0xc09f);
    expect(guest.run().kind).toBe('halt');
    expect(guest.cpu.getSegment(CS)).toMatchObject({ selector: FREE_SELECTOR, attributes: 0xc09f });
  });

  it('a target beyond the new limit is #GP(0) with nothing changed', () => {
    const guest = protectedGuest(`here: call ${FREE_SELECTOR}:0x1000`);
    guest.describe(FREE_SELECTOR, CODE, 0xfff, 0x409b);
    guest.run();
    expect(guest.delivered()).toMatchObject({
      vector: 13,
      errorCode: 0,
      eip: guest.label('here'),
      cs: KERNEL_CS,
    });
    expect(guest.cpu.esp).toBe(STACK_TOP - 16);
  });

  it('CALL and RET far come back, and RET n releases the parameters', () => {
    const guest = protectedGuest(
      'push 1\npush 2\ncall KERNEL_CS:there\nmov ebx, 9\nhlt\nthere: mov eax, [esp + 8]\nretf 8',
    );
    guest.run();
    expect([guest.cpu.eax, guest.cpu.ebx, guest.cpu.esp]).toEqual([2, 9, STACK_TOP]);
  });

  it('real mode: CALL far pushes CS and IP and shifts the selector', () => {
    const guest = realGuest('call 0x200:0\nafter: hlt');
    guest.load('mov bx, cs\nretf', 0x2000, 16);
    guest.run();
    expect([guest.cpu.ebx, guest.cpu.esp, guest.cpu.eip]).toEqual([0x200, 0x8000, guest.label('after') + 1]);
  });
});

describe('call gates', () => {
  it('copy parameters to the inner stack, and RET n releases both stacks', () => {
    const guest = protectedGuest(
      `${TO_RING_3} push 0x11\npush 0x22\ncall ${FREE_SELECTOR | 3}:0\nafter: int3\n` +
        'gate: mov ebx, esp\nmov eax, [esp + 8]\nmov ecx, [esp + 12]\nmov edx, [esp + 16]\nretf 8',
    );
    guest.gate(GDT, FREE_SELECTOR, KERNEL_CS, guest.label('gate'), 0xec, 2);
    guest.run();
    const frame = guest.delivered();
    expect([guest.cpu.eax, guest.cpu.ecx]).toEqual([0x22, 0x11]);
    expect(guest.cpu.edx).toBe(USER_STACK_TOP - 8);
    expect(guest.cpu.ebx).toBe(INNER_STACK_TOP - 24);
    expect(frame).toMatchObject({ cs: USER_CS, ss: USER_DS, esp: USER_STACK_TOP });
    expect(frame.eip).toBe(guest.label('after'));
  });

  it('a 16-bit gate pushes words and enters at a 16-bit offset', () => {
    const guest = protectedGuest(`${TO_RING_3} call ${FREE_SELECTOR | 3}:0`);
    guest.load('hlt', 0x5000, 32);
    guest.gate(GDT, FREE_SELECTOR, KERNEL_CS, 0xffff_5000 | 0, 0xe4);
    expect(guest.run().kind).toBe('halt');
    expect(guest.cpu.eip).toBe(0x5001);
    expect(guest.cpu.esp).toBe(INNER_STACK_TOP - 8);
  });

  it('a gate of DPL 0 is #GP with the gate’s selector from ring 3; an absent one is #NP', () => {
    const barred = protectedGuest(`${TO_RING_3} call ${FREE_SELECTOR | 3}:0`);
    barred.gate(GDT, FREE_SELECTOR, KERNEL_CS, CODE, 0x8c);
    barred.run();
    expect(barred.delivered()).toMatchObject({ vector: 13, errorCode: FREE_SELECTOR });
    const absent = protectedGuest(`call ${FREE_SELECTOR}:0`);
    absent.gate(GDT, FREE_SELECTOR, KERNEL_CS, CODE, 0x0c);
    absent.run();
    expect(absent.delivered()).toMatchObject({ vector: 11, errorCode: FREE_SELECTOR });
  });

  it('JMP through a gate cannot change the privilege level', () => {
    const guest = protectedGuest(`${TO_RING_3} jmp ${FREE_SELECTOR | 3}:0`);
    guest.gate(GDT, FREE_SELECTOR, KERNEL_CS, CODE, 0xec);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: KERNEL_CS });
  });
});

describe('returns to an outer level', () => {
  it('IRET makes null the data segments that ring 3 may not use', () => {
    const guest = protectedGuest(
      `mov eax, USER_DS\nmov es, eax\nmov eax, ${FREE_NEXT}\nmov gs, eax\n${TO_RING_3} hlt`,
    );
    guest.describe(FREE_NEXT, 0, 0xf_ffff, 0xc09f);
    guest.run();
    const selectors = [DS, ES, FS, GS].map((index) => guest.cpu.getSegment(index).selector);
    expect(selectors).toEqual([0, USER_DS, 0, FREE_NEXT]);
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0 });
  });

  it('a 16-bit IRET to a 16-bit stack leaves the upper half of ESP', () => {
    const guest = protectedGuest(
      `push word ${FREE_SELECTOR | 3}\npush word 0x1234\npush word 2\npush word ${FREE_NEXT | 3}\npush word 0\no16 iret`,
    );
    guest.describe(FREE_SELECTOR, 0, 0xffff, 0x00f3);
    guest.describe(FREE_NEXT, 0x5000, 0xffff, 0x40fb);
    guest.load('hlt', 0x5000, 32);
    guest.cpu.esp = 0x0007_8000;
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, ss: FREE_SELECTOR | 3 });
    expect((guest.delivered().esp ?? 0) >>> 0).toBe(0x0007_1234);
  });

  it('RET to an inner level is #GP with the selector', () => {
    const guest = protectedGuest(`${TO_RING_3} push KERNEL_CS\npush user\nhere: retf`);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: KERNEL_CS, eip: guest.label('here') });
  });

  it('IRET in ring 3 keeps IOPL and IF', () => {
    const guest = protectedGuest(`${TO_RING_3} push 0x3202\npush USER_CS\npush there\niretd\nthere: hlt`);
    guest.run();
    expect(guest.delivered().eflags & 0x3200).toBe(0);
  });
});

describe('switching modes', () => {
  it('real to protected and back, with descriptor caches kept: unreal mode', () => {
    const guest = realGuest(
      'cli\nlgdt [table]\nmov eax, cr0\ninc ax\nmov cr0, eax\nmov bx, 8\nmov fs, bx\ndec ax\nmov cr0, eax\n' +
        'xor bx, bx\nmov fs, bx\nmov ebx, 0x200000\nmov ecx, [fs:ebx]\nhlt\n' +
        'align 8\ntable: dw 15\ndd gdt\ngdt: dq 0\ndw 0xffff, 0, 0x9300, 0xcf',
    );
    guest.mem.write32(0x20_0000, 0x5eed_5eed);
    expect(guest.run().kind).toBe('halt');
    expect(guest.cpu.ecx).toBe(0x5eed_5eed);
  });

  it('CS.D stays as it is until the far jump after PE toggles', () => {
    const guest = realGuest(
      'cli\nlgdt [table]\nmov eax, cr0\ninc ax\nmov cr0, eax\nmov cx, 0x1234\njmp dword 8:protected\n' +
        'bits 32\nprotected: mov ebx, 0x12345678\nhlt\nalign 8\ntable: dw 15\ndd gdt\ngdt: dq 0\ndw 0xffff, 0, 0x9b00, 0xcf',
    );
    expect(guest.run().kind).toBe('halt');
    expect([guest.cpu.ecx, guest.cpu.ebx]).toEqual([0x1234, 0x1234_5678]);
  });

  it('kexec_test’s way: null slot as pseudo-descriptor, 16-bit segment, PE off, 66 EA, then 66 C3', () => {
    const guest = protectedGuest(
      'lgdt [gdt]\nlidt [real_idt]\njmp 8:entry16 - 0x10000\nbits 16\nentry16: mov ax, 16\nmov ds, ax\nmov es, ax\nmov ss, ax\n' +
        'mov eax, cr0\nand eax, -2\nmov cr0, eax\njmp dword 0x1000:real - 0x10000\n' +
        'real: mov ax, cs\nmov ds, ax\nmov ss, ax\nmov sp, 0x8000\npush dword done - 0x10000\nmov word [flag - 0x10000], 0x55aa\no32 ret\n' +
        'hlt\ndone: mov bx, [flag - 0x10000]\nint 0x41\nhlt\nreal_idt: dw 0x3ff\ndd 0\nflag: dw 0\n' +
        'align 8\ngdt: dw 23\ndd gdt\ndw 0\ndw 0xffff, 0, 0x9b01, 0\ndw 0xffff, 0, 0x9301, 0',
    );
    guest.mem.write32(0x41 * 4, 0x0500_0000);
    guest.load('mov cx, 0x77\nhlt', 0x5000, 16);
    expect(guest.run().kind).toBe('halt');
    expect([guest.cpu.ebx & 0xffff, guest.cpu.ecx & 0xffff]).toEqual([0x55aa, 0x77]);
    expect(guest.cpu.getSegment(CS)).toMatchObject({ selector: 0x500, base: 0x5000, limit: 0xffff });
  });
});

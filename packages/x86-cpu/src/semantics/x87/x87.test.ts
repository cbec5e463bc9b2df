/** The x87 within the processor: device-not-available, waiting exceptions, environments, stack faults. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../../asm.js';
import { disassemble } from '../../disasm.js';
import { CODE, type Guest, type GuestOptions, protectedGuest, realGuest } from '../../testing/guest.js';

const CR0_PE = 0x1;
const CR0_MP = 0x2;
const CR0_EM = 0x4;
const CR0_TS = 0x8;
const CR0_NE = 0x20;

function withCr0(bits: number, text: string, options: GuestOptions = {}): Guest {
  const guest = protectedGuest(`${text}\nhlt`, options);
  guest.cpu.cr0 = CR0_PE | 0x10 | bits;
  guest.run();
  return guest;
}

/** Vector of the fault that a text ends in, or undefined when it reaches its HLT. */
function vectorOf(guest: Guest): number | undefined {
  return guest.cpu.eip >= CODE ? undefined : guest.delivered().vector;
}

/** FNINIT, unmask everything, and divide by zero. */
const DIVIDE_BY_ZERO = 'fninit\nmov word [0x20000], 0x340\nfldcw [0x20000]\nfld1\nfldz\nfdivp st1, st0\n';

describe('device not available', () => {
  // SDM Vol. 3A, Table 2-2 "Action Taken By x87 FPU Instructions for Different Combinations of EM, MP, and TS".
  it.each([
    [0, undefined, undefined],
    [CR0_TS, 7, undefined],
    [CR0_MP, undefined, undefined],
    [CR0_MP | CR0_TS, 7, 7],
    [CR0_EM, 7, undefined],
    [CR0_EM | CR0_TS, 7, undefined],
    [CR0_EM | CR0_MP, 7, undefined],
    [CR0_EM | CR0_MP | CR0_TS, 7, 7],
  ])('EM, MP, TS = %i: FNOP faults as %s, WAIT as %s', (bits, byEscape, byWait) => {
    expect(vectorOf(withCr0(bits, 'fnop'))).toBe(byEscape);
    expect(vectorOf(withCr0(bits, 'fninit'))).toBe(byEscape);
    expect(vectorOf(withCr0(bits, 'wait'))).toBe(byWait);
  });

  it('a model without an FPU executes the escapes without effect', () => {
    const guest = withCr0(0, 'mov eax, 0x5a5a\nfninit\nfnstsw ax', { model: '386' });
    expect([vectorOf(guest), guest.cpu.eax]).toEqual([undefined, 0x5a5a]);
    expect(withCr0(0, 'mov eax, 0x5a5a\nfninit\nfnstsw ax', { model: '486' }).cpu.eax).toBe(0);
  });
});

describe('a waiting exception', () => {
  it.each(['fld1', 'wait', 'fldcw [0x20000]', 'fstp dword [0x20010]', 'fchs'])(
    'is taken by %s as #MF',
    (text) => {
      const guest = withCr0(CR0_NE, `${DIVIDE_BY_ZERO}here: ${text}`);
      expect(guest.delivered()).toMatchObject({ vector: 16, errorCode: undefined, eip: guest.label('here') });
    },
  );

  it.each(['fninit', 'fnclex', 'fnstsw ax', 'fnstcw [0x20010]', 'fnstenv [0x20010]', 'fnsave [0x20010]'])(
    'is not taken by %s, which does not wait',
    (text) => {
      expect(vectorOf(withCr0(CR0_NE, DIVIDE_BY_ZERO + text))).toBeUndefined();
    },
  );

  it('leaves operands and TOP alone, and sets ZE, ES and B', () => {
    const { cpu } = withCr0(CR0_NE, `${DIVIDE_BY_ZERO}fnstsw ax`);
    expect([cpu.eax & 0xffff, cpu.fpu.read(0).exponent, cpu.fpu.read(1).exponent]).toEqual([
      0xb084, 0, 0x3fff,
    ]);
  });

  it('comes to be when FLDCW unmasks a flag that is set', () => {
    const text = 'fninit\nfld1\nfldz\nfdivp st1, st0\nmov word [0x20000], 0x37b\nfldcw [0x20000]\nwait';
    expect(withCr0(CR0_NE, text).delivered().vector).toBe(16);
  });

  it('asserts FERR# with CR0.NE clear and freezes until an interrupt, and FNCLEX releases it', () => {
    const levels: boolean[] = [];
    const board = { setFerr: (level: boolean) => levels.push(level) };
    const guest = protectedGuest(`${DIVIDE_BY_ZERO}here: fld1\nhlt`, { board });
    expect(guest.run(1000).kind).toBe('budget');
    expect([guest.cpu.eip, levels.at(-1)]).toEqual([guest.label('here'), true]);
    guest.load('fnclex\nhlt', CODE, 32);
    guest.cpu.eip = CODE;
    expect([guest.run().kind, levels.at(-1)]).toEqual(['halt', false]);
  });

  it('is passed over while IGNNE# is asserted', () => {
    const guest = protectedGuest(`${DIVIDE_BY_ZERO}fchs\nhlt`, {
      board: { isNumericErrorIgnored: () => true },
    });
    expect([guest.run().kind, guest.cpu.fpu.read(0).negative]).toEqual(['halt', true]);
  });
});

describe('the environment', () => {
  const TEXT = 'fninit\nhere: fld dword [0x20040]\n';

  it('in 32-bit protected mode has IP, CS, opcode, DP and DS', () => {
    const guest = withCr0(0, `${TEXT}fnstenv [0x20000]`);
    const words = Array.from({ length: 7 }, (_, i) => guest.mem.read32(0x20000 + 4 * i));
    // D9 05 disp32; ST(0) is R7, and holds zero.
    expect(words).toEqual([
      0xffff_037f,
      0xffff_3800,
      0xffff_7fff,
      guest.label('here'),
      0x0105_0008,
      0x20040,
      0xffff_0010,
    ]);
    expect(guest.cpu.fpu.control).toBe(0x37f);
  });

  it('in 16-bit protected mode has seven words and no opcode', () => {
    const guest = withCr0(0, `${TEXT}o16 fnstenv [0x20000]`);
    const words = Array.from({ length: 7 }, (_, i) => guest.mem.read16(0x20000 + 2 * i));
    expect(words).toEqual([0x37f, 0x3800, 0x7fff, guest.label('here') & 0xffff, 0x8, 0x40, 0x10]);
  });

  it('in 16-bit real mode has linear pointers and the opcode', () => {
    const guest = realGuest(
      'mov ax, 0x1000\nmov ds, ax\nfninit\nhere: fld dword [0x2040]\nfnstenv [0x3000]\nhlt',
    );
    guest.run();
    const words = Array.from({ length: 7 }, (_, i) => guest.mem.read16(0x13000 + 2 * i));
    expect(words).toEqual([0x37f, 0x3800, 0x7fff, guest.label('here'), 0x106, 0x2040, 0x1000]);
  });

  it('FNSTENV masks all exceptions, and FLDENV brings them back', () => {
    const guest = withCr0(
      CR0_NE,
      `${DIVIDE_BY_ZERO}fnstenv [0x20000]\nfnstcw [0x20040]\nfldenv [0x20000]\nfnstcw [0x20042]`,
    );
    expect([guest.mem.read16(0x20040), guest.mem.read16(0x20042)]).toEqual([0x37f, 0x340]);
  });

  it('FNSAVE stores ST(0) first and initializes, FRSTOR undoes it', () => {
    const guest = withCr0(0, 'fninit\nfldpi\nfld1\nfnsave [0x20000]\nfnstsw ax\nfrstor [0x20000]');
    expect(guest.mem.read16(0x20000 + 28 + 8)).toBe(0x3fff);
    expect(guest.mem.read16(0x20000 + 38 + 8)).toBe(0x4000);
    expect(guest.cpu.eax & 0xffff).toBe(0);
    expect([guest.cpu.fpu.top, guest.cpu.fpu.tags]).toEqual([6, 0x0fff]);
  });
});

describe('stack faults', () => {
  it('C1 tells overflow from underflow', () => {
    expect(withCr0(0, `fninit\n${'fld1\n'.repeat(9)}fnstsw ax`).cpu.eax & 0x7ff).toBe(0x241);
    expect(withCr0(0, 'fninit\nfchs\nfnstsw ax').cpu.eax & 0x7ff).toBe(0x41);
  });
});

describe('state', () => {
  it('a snapshot carries the stack and the control word', () => {
    const guest = withCr0(0, 'fninit\nfldpi\nmov word [0x20000], 0xf7f\nfldcw [0x20000]');
    const bytes = guest.cpu.saveState();
    const copy = protectedGuest('hlt');
    copy.cpu.loadState(bytes);
    expect([copy.cpu.fpu.read(0), copy.cpu.fpu.control]).toEqual([guest.cpu.fpu.read(0), 0xf7f]);
  });
});

describe('the assembler', () => {
  // Opcodes of SDM Vol. 2A; names and short forms as in NASM.
  it.each([
    ['fadd st0, st3', 'd8 c3'],
    ['fadd st(3)', 'd8 c3'],
    ['fadd st3, st0', 'dc c3'],
    ['faddp', 'de c1'],
    ['fxch', 'd9 c9'],
    ['fld tword [eax]', 'db 28'],
    ['fld qword [eax]', 'dd 00'],
    ['fild qword [eax]', 'df 28'],
    ['fistp word [eax]', 'df 18'],
    ['fcomi st0, st1', 'db f1'],
    ['fstsw ax', '9b df e0'],
    ['finit', '9b db e3'],
    ['fstcw [es:eax]', '9b 26 d9 38'],
    ['fucompp', 'da e9'],
  ])('reads %s', (text, bytes) => {
    const assembled = assemble(text, { bits: 32 }).bytes;
    expect(Array.from(assembled, (byte) => byte.toString(16).padStart(2, '0')).join(' ')).toBe(bytes);
  });

  it('refuses a memory operand whose width nothing tells', () => {
    expect(() => assemble('fadd [eax]', { bits: 32 })).toThrow(/size not specified/);
  });

  it('reads back what the disassembler writes', () => {
    const bytes = Uint8Array.of(0xdc, 0xf3);
    expect(disassemble(bytes, { bits: 32 }).text).toBe('fdivr st3, st0');
  });
});

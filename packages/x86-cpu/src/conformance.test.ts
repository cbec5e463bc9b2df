/** System behaviour that kernels depend on, each case a sentence of the manual: paging, segments, faults, code. */
import { describe, expect, it } from 'vitest';
import { GDT, type Guest, KERNEL_CS, protectedGuest, realGuest } from './testing/guest.js';

const DIRECTORY = 0x10_0000;
const TABLE = 0x10_1000;
const PRESENT = 7;
const GLOBAL = 0x107;
const DATA = 0x30_0000;
const entryOf = (laddr: number) => TABLE + (laddr >>> 12) * 4;

/** A guest with the first 4 MB mapped to themselves, paging on. */
function paged(
  text: string,
  interpreter: 'fast' | 'reference',
  setUp: (guest: Guest) => void = () => {},
): Guest {
  const guest = protectedGuest(text, { interpreter });
  guest.mem.write32(DIRECTORY, TABLE | PRESENT);
  for (let page = 0; page < 0x400; page++) guest.mem.write32(TABLE + page * 4, (page << 12) | PRESENT);
  setUp(guest);
  guest.cpu.cr3 = DIRECTORY;
  guest.cpu.cr0 = 0x8001_0011;
  return guest;
}

describe.each(['fast', 'reference'] as const)('with the %s interpreter', (interpreter) => {
  it('an entry that is not present is not cached: once it is present no INVLPG is needed', () => {
    const text = `mov eax, [${DATA}]\nhlt\nhandler: add esp, 4\nmov dword [${entryOf(DATA)}], ${DATA | PRESENT}\niretd`;
    const guest = paged(text, interpreter, ({ mem }) => mem.write32(entryOf(DATA), 0));
    guest.gate(0x2000, 14 * 8, KERNEL_CS, guest.label('handler'), 0x8e);
    guest.mem.write32(DATA, 0x1234);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.eax).toBe(0x1234);
  });

  it('a global page survives MOV CR3, and dies by INVLPG and by toggling CR4.PGE', () => {
    const probe = (flush: string, cr4 = 0x80) => {
      const remap = `mov dword [${entryOf(DATA)}], ${(DATA + 0x1000) | GLOBAL}`;
      const guest = paged(
        `mov eax, [${DATA}]\n${remap}\n${flush}\nmov ebx, [${DATA}]\nhlt`,
        interpreter,
        ({ mem }) => {
          mem.write32(entryOf(DATA), DATA | GLOBAL);
          mem.write32(DATA, 1);
          mem.write32(DATA + 0x1000, 2);
        },
      );
      guest.cpu.cr4 = cr4;
      expect(guest.run()).toEqual({ kind: 'halt' });
      return [guest.cpu.eax, guest.cpu.ebx];
    };
    const fresh = [1, 2];
    if (interpreter === 'fast') expect(probe('mov eax, cr3\nmov cr3, eax\nmov eax, 1')).toEqual([1, 1]);
    expect(probe(`invlpg [${DATA}]`)).toEqual(fresh);
    expect(probe('mov ecx, cr4\nxor ecx, 0x80\nmov cr4, ecx')).toEqual(fresh);
    expect(probe('mov ecx, cr3\nmov cr3, ecx', 0)).toEqual(fresh);
  });

  it('code that has run is fetched anew after its page is remapped and invalidated', () => {
    const at = DATA;
    const text = `call there\nmov dword [${entryOf(at)}], ${(at + 0x1000) | PRESENT}\ninvlpg [${at}]\ncall there\nhlt\nthere equ ${at}`;
    const guest = paged(text, interpreter);
    guest.load('inc eax\nret', at, 32);
    guest.load('add eax, 0x100\nret', at + 0x1000, 32);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.eax).toBe(0x101);
  });

  it('a store through an alias of a page of code takes effect on the next instruction', () => {
    const text = `mov ecx, 3\nagain: mov byte [${DATA} + patched - 0x10000 + 1], cl\npatched: mov al, 0\nadd ebx, eax\nloop again\nhlt`;
    const guest = paged(text, interpreter, ({ mem }) => mem.write32(entryOf(DATA), 0x1_0000 | PRESENT));
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.ebx).toBe(3 + 2 + 1);
  });

  it('paging switched off runs on at the identity address', () => {
    const guest = paged('mov eax, cr0\nand eax, 0x7fffffff\nmov cr0, eax\nmov ebx, 5\nhlt', interpreter);
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect([guest.cpu.ebx, guest.cpu.cr0 >>> 31]).toEqual([5, 0]);
  });

  it('REP MOVS and STOS keep the iterations before a page fault, with ECX, ESI and EDI in step', () => {
    const text = `mov ecx, 0x20\nmov esi, 0x9000\nmov edi, ${DATA + 0xff0}\nhere: rep movsd`;
    const guest = paged(text, interpreter, ({ mem }) => mem.write32(entryOf(DATA + 0x1000), 0));
    guest.mem.fill(0x9000, 0x100, 0x5a);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: 2, eip: guest.label('here') });
    const { cpu, mem } = guest;
    expect([cpu.ecx, cpu.esi, cpu.edi, cpu.cr2]).toEqual([0x1c, 0x9010, DATA + 0x1000, DATA + 0x1000]);
    expect(mem.read32(DATA + 0xffc)).toBe(0x5a5a_5a5a);
    const fill = paged(`mov ecx, 0x20\nmov edi, ${DATA + 0xffd}\nrep stosb`, interpreter, (set) => {
      set.mem.write32(entryOf(DATA + 0x1000), 0);
    });
    fill.run();
    expect([fill.cpu.ecx, fill.cpu.edi]).toEqual([0x1d, DATA + 0x1000]);
  });

  it('an access beyond the limit is #SS(0) through SS and EBP, #GP(0) through any other segment', () => {
    const fault = (text: string) => {
      const guest = protectedGuest(`mov eax, 0x40\nmov es, eax\nmov ss, eax\nmov esp, 0x100\n${text}`, {
        interpreter,
      });
      guest.describe(0x40, 0x9000, 0xfff, 0x4093);
      guest.run();
      return (guest.cpu.eip - 1 - 0x4000) / 8;
    };
    expect(fault('mov eax, [ss:0xffd]')).toBe(12);
    expect(fault('mov ebp, 0xffd\nmov eax, [ebp]')).toBe(12);
    expect(fault('mov ebp, 0xffd\nmov eax, [es:ebp]')).toBe(13);
    expect(fault('mov [es:0x1000], al')).toBe(13);
  });

  it('LEAVE and ENTER on a 16-bit stack use SP and BP, and keep the upper half of ESP', () => {
    const guest = protectedGuest(
      'mov eax, 0x40\nmov ss, eax\nmov esp, 0x12340100\nmov ebp, 0x56780200\nenter 8, 0\nmov ebx, esp\nmov ecx, ebp\nleave\nhlt',
      { interpreter },
    );
    guest.describe(0x40, 0, 0xffff, 0x0093);
    expect(guest.run()).toEqual({ kind: 'halt' });
    const { cpu, mem } = guest;
    expect([cpu.ebx, cpu.ecx & 0xffff, cpu.esp, cpu.ebp]).toEqual([
      0x1234_00f4, 0xfc, 0x1234_0100, 0x5678_0200,
    ]);
    expect(mem.read32(0xfc)).toBe(0x5678_0200);
  });

  it('more than fifteen bytes are #GP(0), whatever they would have been', () => {
    const prefixes = Array.from({ length: 14 }, () => '0x66').join(', ');
    const fits = protectedGuest(`db ${prefixes}, 0x90\nhlt`, { interpreter });
    expect(fits.run()).toEqual({ kind: 'halt' });
    const guest = protectedGuest(`here: db 0x66, ${prefixes}, 0x90`, { interpreter });
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0, eip: guest.label('here') });
  });

  it('LOCK is #UD before a register destination, CMP, and a load; not before a read-modify-write', () => {
    for (const bytes of [
      '0xf0, 0x01, 0xc0',
      '0xf0, 0x38, 0x05, 0, 0x90, 0, 0',
      '0xf0, 0x8b, 0x05, 0, 0x90, 0, 0',
    ]) {
      const guest = protectedGuest(`db ${bytes}`, { interpreter });
      guest.run();
      expect([bytes, guest.delivered().vector]).toEqual([bytes, 6]);
    }
    expect(protectedGuest('lock add [0x9000], eax\nhlt', { interpreter }).run()).toEqual({ kind: 'halt' });
  });

  it('POP SS holds off an interrupt until the stack pointer is loaded too', () => {
    const guest = protectedGuest('push KERNEL_DS\nsti\nnop\npop ss\nmov esp, 0x6000\nafter: nop\nhlt', {
      interpreter,
      board: { acknowledgeInterrupt: () => 0x31 },
    });
    guest.cpu.run(4);
    guest.cpu.setInterruptLine(true);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 0x31, eip: guest.label('after') });
    expect(guest.cpu.esp).toBe(0x6000 - 12);
  });

  it('WBINVD, INVD, the hint NOPs and PAUSE are accepted', () => {
    const guest = protectedGuest(
      'wbinvd\ninvd\ndb 0x0f, 0x1f, 0x44, 0, 0\ndb 0x0f, 0x18, 0x00\ndb 0xf3, 0x90\nhlt',
      {
        interpreter,
      },
    );
    expect(guest.run()).toEqual({ kind: 'halt' });
  });

  it('an edit of the GDT shows at the next load and not before', () => {
    const guest = protectedGuest(
      `mov eax, 0x40\nmov es, eax\nmov dword [${GDT + 0x44}], 0x00409300\nmov ebx, [es:0]\nmov es, eax\nmov ecx, [es:0]\nhlt`,
      { interpreter },
    );
    guest.describe(0x40, 0x1_9000, 0xffff, 0x4093);
    guest.mem.write32(0x1_9000, 1);
    guest.mem.write32(0x9000, 2);
    guest.run();
    expect([guest.cpu.ebx, guest.cpu.ecx]).toEqual([1, 2]);
  });
});

describe('real-address mode', () => {
  const read = (a20: boolean) => {
    const guest = realGuest('mov ax, 0xffff\nmov ds, ax\nmov bl, [0x510]\nhlt');
    guest.mem.write8(0x500, 0x11);
    guest.mem.write8(0x10_0500, 0x22);
    guest.cpu.setA20(a20);
    guest.run();
    return guest.cpu.ebx & 0xff;
  };

  it('addresses wrap at 1 MB with A20 off, and only then', () => {
    expect([read(false), read(true)]).toEqual([0x11, 0x22]);
  });

  it('PUSH with SP = 1 is a stack fault that nothing can be pushed for: shutdown', () => {
    const guest = realGuest('mov sp, 1\npush ax');
    expect(guest.run().kind).toBe('triple-fault');
  });
});

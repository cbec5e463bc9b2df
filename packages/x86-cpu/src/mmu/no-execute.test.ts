/** Tests of EFER.NXE: bit 63 of a PAE entry bars instruction fetches. */
import { describe, expect, it } from 'vitest';
import { type Guest, type GuestOptions, protectedGuest } from '../testing/guest.js';

const POINTERS = 0x10_2000;
const DIRECTORY = 0x10_3000;
const TABLE = 0x10_4000;
const PAGE = 0x20_1000;
const XD = 0x8000_0000;
const ENTER = `mov eax, ${POINTERS}\nmov cr3, eax\nmov eax, 0x20\nmov cr4, eax\nmov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n`;
const NXE = 'mov ecx, 0xc0000080\nmov eax, 0x800\nxor edx, edx\nwrmsr\n';

/** PAE paging, the first 2 MB mapped to themselves, PAGE through a table. */
function paeGuest(text: string, options: GuestOptions = {}): Guest {
  const guest = protectedGuest(text, options);
  const { mem } = guest;
  mem.write32(POINTERS, DIRECTORY | 1);
  mem.write32(DIRECTORY, 0x87);
  mem.write32(DIRECTORY + 8, TABLE | 7);
  mem.write32(TABLE + 8, PAGE | 7);
  mem.write32(TABLE + 12, XD);
  guest.load('mov ebx, 7\nret', PAGE, 32);
  return guest;
}

describe.each(['fast', 'reference'] as const)('execute-disable with the %s interpreter', (interpreter) => {
  it('a fetch from a page with XD is a page fault with P and I/D; reads and writes are not barred', () => {
    const guest = paeGuest(`${NXE}${ENTER}mov eax, [${PAGE}]\nmov [${PAGE + 64}], eax\ncall ${PAGE}`, {
      interpreter,
    });
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: 0x11, eip: PAGE });
    expect(guest.cpu.cr2).toBe(PAGE);
  });

  it('XD in the directory bars every page below it', () => {
    const guest = paeGuest(`${NXE}${ENTER}call ${PAGE}`, { interpreter });
    guest.mem.write32(TABLE + 12, 0);
    guest.mem.write32(DIRECTORY + 12, XD);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: 0x11 });
  });

  it('without XD the page executes, and without NXE bit 63 is reserved', () => {
    const executable = paeGuest(`${NXE}${ENTER}call ${PAGE}\nhlt`, { interpreter });
    executable.mem.write32(TABLE + 12, 0);
    expect(executable.run()).toEqual({ kind: 'halt' });
    expect(executable.cpu.ebx).toBe(7);
    const reserved = paeGuest(`${ENTER}mov eax, [${PAGE}]`, { interpreter });
    reserved.run();
    expect(reserved.delivered()).toMatchObject({ vector: 14, errorCode: 9 });
  });
});

describe('EFER', () => {
  it('is there on max, which says so in CPUID.80000001:EDX, and #GP(0) on others and for other bits', () => {
    const guest = protectedGuest('mov eax, 0x80000001\ncpuid\nhlt');
    guest.run();
    expect(guest.cpu.edx).toBe(1 << 20);
    for (const [text, model] of [
      [NXE, 'pentium-4'],
      ['mov ecx, 0xc0000080\nmov eax, 0x100\nxor edx, edx\nwrmsr', 'max'],
    ] as const) {
      const refused = protectedGuest(text, { model });
      refused.run();
      expect(refused.delivered()).toMatchObject({ vector: 13, errorCode: 0 });
    }
  });

  it('RESET# clears it', () => {
    const guest = protectedGuest(`${NXE}hlt`);
    guest.run();
    expect(guest.cpu.msrs.noExecute).toBe(true);
    guest.cpu.reset();
    expect(guest.cpu.msrs.noExecute).toBe(false);
  });
});

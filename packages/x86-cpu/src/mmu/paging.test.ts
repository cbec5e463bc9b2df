/** Tests of paging: the walk, its bits, its faults, and the TLB that it fills. */
import { describe, expect, it } from 'vitest';
import { CR4_PAE, CR4_PSE } from '../state/control.js';
import { type Guest, type GuestOptions, protectedGuest } from '../testing/guest.js';

const DIRECTORY = 0x10_0000;
const TABLE = 0x10_1000;
/** The linear page under test, and its entry. */
const PAGE = 0x6_0000;
const ENTRY = TABLE + (PAGE >>> 12) * 4;
const FRAME = 0x20_0000;
const P = 1;
const W = 2;
const U = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const CR0_PAGING = 0x8000_0011;
const CR0_WP = 0x1_0000;

/** Identity-maps the first 512 KB for ring 0 and 3, but for PAGE, whose entry is given. */
function pagedGuest(text: string, entry: number, options: GuestOptions = {}): Guest {
  const guest = protectedGuest(text, options);
  guest.mem.write32(DIRECTORY, TABLE | P | W | U);
  for (let page = 0; page < 0x80; page++) guest.mem.write32(TABLE + page * 4, (page << 12) | P | W | U);
  guest.mem.write32(ENTRY, entry);
  guest.cpu.cr3 = DIRECTORY;
  guest.cpu.cr0 = CR0_PAGING;
  return guest;
}

const TO_RING_3 =
  'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser: mov eax, USER_DS\nmov ds, eax\n';
const READ = `here: mov eax, [${PAGE + 0x123}]\nhlt`;
const WRITE = `here: mov dword [${PAGE + 0x123}], 0x55\nhlt`;

describe('page faults', () => {
  it.each([
    ['a read of an absent page', READ, 0, 0],
    ['a write to an absent page', WRITE, 0, W],
    ['a user’s read of an absent page', TO_RING_3 + READ, 0, U],
    ['a user’s read of a supervisor page', TO_RING_3 + READ, FRAME | P | W, P | U],
    ['a user’s write to a read-only page', TO_RING_3 + WRITE, FRAME | P | U, P | W | U],
    [
      'a user’s read-modify-write of an absent page',
      TO_RING_3 + `here: inc byte [${PAGE + 0x123}]`,
      0,
      W | U,
    ],
  ])('%s tells P, W and U in the error code, and the address in CR2', (_, text, entry, errorCode) => {
    const guest = pagedGuest(text, entry);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode, eip: guest.label('here') });
    expect(guest.cpu.cr2).toBe(PAGE + 0x123);
    expect(guest.mem.read32(ENTRY)).toBe(entry);
  });

  it('the supervisor writes to read-only pages unless CR0.WP is set, toggled without a flush', () => {
    const guest = pagedGuest(
      `mov byte [${PAGE}], 1\nmov eax, cr0\nor eax, ${CR0_WP}\nmov cr0, eax\nhere: mov byte [${PAGE}], 2\n`,
      FRAME | P,
    );
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: P | W, eip: guest.label('here') });
    expect(guest.mem.read8(FRAME)).toBe(1);
  });

  it('rights are those of both levels together', () => {
    const guest = pagedGuest(TO_RING_3 + READ, FRAME | P | W | U);
    guest.mem.write32(DIRECTORY + 4, (TABLE + 0x1000) | P | W);
    guest.mem.write32(TABLE + 0x1000, FRAME | P | W | U);
    guest.load('mov eax, [0x400000]', guest.label('here'), 32);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: P | U });
  });

  it('a store across two pages writes nothing when the second is absent, and CR2 is in the second', () => {
    const guest = pagedGuest(`here: mov dword [${PAGE - 2}], -1`, 0);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: W });
    expect(guest.cpu.cr2).toBe(PAGE);
    expect(guest.mem.read16(PAGE - 2)).toBe(0);
  });

  it('an instruction that runs into an absent page faults there, with the EIP of its start', () => {
    const guest = pagedGuest(`jmp ${PAGE - 1}`, 0);
    guest.mem.write8(PAGE - 1, 0xb8);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: 0, eip: PAGE - 1 });
    expect(guest.cpu.cr2).toBe(PAGE);
  });

  it('descriptor tables are read as the supervisor at any CPL', () => {
    const guest = pagedGuest(`${TO_RING_3} mov eax, USER_DS\nmov es, eax\nint3`, FRAME | P);
    guest.mem.write32(TABLE + 4, 0x1000 | P | W);
    guest.run();
    expect(guest.delivered().vector).toBe(13);
  });
});

describe('accessed and dirty bits', () => {
  it('A is set by a read in both levels, D by a write in the leaf alone', () => {
    const guest = pagedGuest(`${READ.replace('hlt', '')}int3`, FRAME | P | W);
    guest.run();
    expect(guest.mem.read32(ENTRY) & 0xfff).toBe(P | W | A);
    expect(guest.mem.read32(DIRECTORY) & 0xfff).toBe(P | W | U | A);
    const written = pagedGuest(`mov eax, [${PAGE}]\nmov [${PAGE}], eax\nhlt`, FRAME | P | W);
    written.run();
    expect(written.mem.read32(ENTRY) & 0xfff).toBe(P | W | A | D);
  });

  it('are set again after software cleared them and INVLPG forgot the page', () => {
    const clear = `mov dword [${ENTRY}], ${FRAME | P | W}\ninvlpg [${PAGE}]\n`;
    const guest = pagedGuest(`mov [${PAGE}], eax\n${clear}mov eax, [${PAGE}]\nhlt`, FRAME | P | W);
    mapTable(guest);
    guest.run();
    expect(guest.mem.read32(ENTRY) & 0xfff).toBe(P | W | A);
  });

  it('a remap is seen after INVLPG and after MOV CR3', () => {
    for (const forget of [`invlpg [${PAGE}]`, 'mov eax, cr3\nmov cr3, eax']) {
      const text = `mov ebx, [${PAGE}]\nmov dword [${ENTRY}], ${(FRAME + 0x1000) | P | W}\n${forget}\nmov ecx, [${PAGE}]\nhlt`;
      const guest = pagedGuest(text, FRAME | P | W);
      mapTable(guest);
      guest.mem.write32(FRAME, 1);
      guest.mem.write32(FRAME + 0x1000, 2);
      guest.run();
      expect([guest.cpu.ebx, guest.cpu.ecx]).toEqual([1, 2]);
    }
  });
});

/** Makes the page table reachable at its own address. */
function mapTable(guest: Guest): void {
  for (const page of [DIRECTORY >>> 12, TABLE >>> 12])
    guest.mem.write32(TABLE + page * 4, (page << 12) | P | W);
}

describe('large pages', () => {
  it('a 4 MB page needs CR4.PSE, and takes A and D in the directory', () => {
    const guest = pagedGuest('mov dword [0x812345], 0x77\nhlt', 0);
    guest.mem.write32(DIRECTORY + 8, 0x40_0000 | PS | P | W);
    guest.cpu.cr4 = CR4_PSE;
    guest.run();
    expect(guest.mem.read32(0x41_2345)).toBe(0x77);
    expect(guest.mem.read32(DIRECTORY + 8) & 0xfff).toBe(PS | P | W | A | D);
  });

  it('a reserved bit of a 4 MB entry is a page fault with P and RSVD', () => {
    const guest = pagedGuest('mov eax, [0x812345]', 0);
    guest.mem.write32(DIRECTORY + 8, 0x42_0000 | PS | P | W);
    guest.cpu.cr4 = CR4_PSE;
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: P | 8 });
  });

  it('with PSE-36, bits 13-16 of a 4 MB entry are bits 32-35 of the address; without, they are reserved', () => {
    const found = (['pentium-pro', 'pentium-2'] as const).map((model) => {
      const guest = pagedGuest('mov eax, [0x812345]\nhlt', 0, { model });
      guest.mem.write32(DIRECTORY + 8, 0x40_2000 | PS | P | W);
      guest.cpu.cr4 = CR4_PSE;
      guest.run();
      return guest.cpu.eip < 0x1_0000 ? guest.delivered().errorCode : guest.cpu.eax;
    });
    // Nothing answers above 4 GB.
    expect(found).toEqual([P | 8, 0xffff_ffff]);
  });

  it('without CR4.PSE the entry points to a table', () => {
    const guest = pagedGuest('mov dword [0x812345], 0x77\nhlt', 0);
    guest.mem.write32(DIRECTORY + 8, 0x40_0000 | PS | P | W);
    guest.mem.write32(0x40_0000 + 0x12 * 4, FRAME | P | W);
    guest.run();
    expect(guest.mem.read32(FRAME + 0x345)).toBe(0x77);
  });
});

describe('PAE paging', () => {
  const POINTERS = 0x10_2020;
  const PAE_DIRECTORY = 0x10_3000;
  const PAE_TABLE = 0x10_4000;

  function paeGuest(text: string, options: GuestOptions = {}): Guest {
    const guest = protectedGuest(text, options);
    guest.mem.write32(POINTERS, PAE_DIRECTORY | P);
    guest.mem.write32(PAE_DIRECTORY, PS | P | W | U);
    guest.mem.write32(PAE_DIRECTORY + 8, PAE_TABLE | P | W | U);
    return guest;
  }
  /** CR3 is written first: its bits 5-11 count once PAE is on. */
  const ENTER = `mov eax, ${POINTERS}\nmov cr3, eax\nmov eax, cr4\nor eax, ${CR4_PAE}\nmov cr4, eax\nmov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n`;

  it('PDE.PS makes 2 MB pages whatever CR4.PSE, and entries have eight bytes', () => {
    const guest = paeGuest(`${ENTER}mov dword [0x201008], 0x99\nmov eax, [0x5000]\nhlt`);
    guest.mem.write32(PAE_TABLE + 8, FRAME | P | W);
    guest.mem.write32(0x5000, 42);
    guest.run();
    expect(guest.cpu.eax).toBe(42);
    expect(guest.mem.read32(FRAME + 8)).toBe(0x99);
    expect(guest.mem.read32(PAE_TABLE + 8) & 0xfff).toBe(P | W | A | D);
  });

  it('the PDPTEs are loaded by MOV CR3 alone, so an edit shows only after it', () => {
    const edit = `mov dword [${POINTERS + 8}], ${PAE_DIRECTORY | P}\n`;
    const reload = 'mov eax, cr3\nmov cr3, eax\n';
    const before = paeGuest(`${ENTER}${edit}here: mov eax, [0x40005000]\nhlt`);
    before.run();
    expect(before.delivered()).toMatchObject({ vector: 14, errorCode: 0, eip: before.label('here') });
    const after = paeGuest(`${ENTER}${edit}${reload}mov eax, [0x40005000]\nhlt`);
    after.mem.write32(0x5000, 43);
    after.run();
    expect(after.cpu.eax).toBe(43);
  });

  it('a reserved bit in a PDPTE is #GP(0) at the write that loads it', () => {
    const guest = paeGuest(ENTER);
    guest.mem.write32(POINTERS + 8, PAE_DIRECTORY | P | W);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 13, errorCode: 0 });
    expect(guest.cpu.cr0 >>> 31).toBe(0);
  });

  it('a debugger that turns it on meets no #GP: a PDPTE with a reserved bit is not present', () => {
    const { cpu, mem } = paeGuest('hlt');
    mem.write32(POINTERS + 8, PAE_DIRECTORY | P | W);
    cpu.cr3 = POINTERS;
    cpu.cr4 = CR4_PAE;
    cpu.cr0 = CR0_PAGING;
    expect([cpu.translate(0x5000), cpu.translate(0x4000_5000)]).toEqual([0x5000, undefined]);
  });

  it.each(['fast', 'reference'] as const)(
    'code above 4 GB is all ones: #UD in the %s interpreter',
    (interpreter) => {
      const guest = paeGuest(`${ENTER}jmp 0x200000`, { interpreter });
      guest.mem.write32(PAE_TABLE, P | W);
      guest.mem.write32(PAE_TABLE + 4, 1);
      // What stands at the address's low half must not be executed.
      guest.mem.write8(0, 0xf4);
      guest.run();
      expect(guest.delivered()).toMatchObject({ vector: 6, eip: 0x20_0000 });
    },
  );

  it('an address above 4 GB reads all ones; one above 36 bits is a reserved-bit fault', () => {
    const guest = paeGuest(`${ENTER}mov ebx, [0x200000]\nhere: mov ecx, [0x201000]\nhlt`);
    guest.mem.write32(PAE_TABLE, P | W);
    guest.mem.write32(PAE_TABLE + 4, 1);
    guest.mem.write32(PAE_TABLE + 8, P | W);
    guest.mem.write32(PAE_TABLE + 12, 0x10);
    guest.run();
    expect(guest.delivered()).toMatchObject({ vector: 14, errorCode: P | 8, eip: guest.label('here') });
    expect(guest.cpu.ebx).toBe(0xffff_ffff);
  });

  it('is left by way of paging off, which runs on at the identity address', () => {
    const leave = `mov eax, cr0\nand eax, 0x7fffffff\nmov cr0, eax\nmov eax, cr4\nand eax, ${~CR4_PAE}\nmov cr4, eax\nmov eax, ${DIRECTORY}\nmov cr3, eax\nmov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\nmov ebx, [${PAGE}]\nhlt`;
    const guest = paeGuest(ENTER + leave);
    guest.mem.write32(DIRECTORY, TABLE | P | W);
    for (let page = 0; page < 0x80; page++) guest.mem.write32(TABLE + page * 4, (page << 12) | P | W);
    guest.mem.write32(PAGE, 44);
    guest.run();
    expect(guest.cpu.ebx).toBe(44);
  });
});

describe('A20', () => {
  it('masks bit 20 of the physical address, with and without paging', () => {
    const guest = protectedGuest('mov byte [0x100600], 5\nmov al, [0x600]\nhlt');
    guest.cpu.setA20(false);
    guest.run();
    expect(guest.cpu.eax & 0xff).toBe(5);
    expect(guest.mem.read8(0x10_0600)).toBe(0);
    const paged = pagedGuest('nop', 0x30_0000 | P);
    // With bit 20 gone the tables themselves must lie elsewhere.
    paged.mem.copy(0x40_1000, TABLE, 0x1000);
    paged.mem.write32(0x40_0000, 0x40_1000 | P | W);
    paged.cpu.cr3 = 0x40_0000;
    expect(paged.cpu.translate(PAGE)).toBe(0x30_0000);
    paged.cpu.setA20(false);
    expect(paged.cpu.translate(PAGE)).toBe(0x20_0000);
  });
});

/** Tests of the support table. */
import { describe, expect, it } from 'vitest';
import { leavesOf } from './isa/choice.js';
import { MEMORY_FORMS } from './isa/insn.js';
import { OPCODE_MAP } from './isa/opcode-map.js';
import { OPCODE_MAP_0F } from './isa/opcode-map-0f.js';
import { supportTable } from './support.js';

const table = supportTable();
const find = (name: string) => table.find((row) => row.instruction === name);

describe('the support table', () => {
  it('has every row of the opcode maps once', () => {
    // An x87 row for ST(i) is in its group eight times.
    const rows = [...OPCODE_MAP, ...OPCODE_MAP_0F]
      .flatMap((entry) => [...leavesOf(entry)])
      .filter(({ row, reg = 0 }) => reg < MEMORY_FORMS || !row.modrm || reg % 8 === 0);
    const forms = table.flatMap((row) => row.forms.map((form) => form.opcode));
    expect(forms.length).toBe(rows.length);
    expect(new Set(forms).size).toBe(forms.length);
    expect(new Set(table.map((row) => row.instruction)).size).toBe(table.length);
  });

  it('tells the first model of each: ADD the 386, BSWAP the 486, CPUID the late 486, CMOVE the Pentium Pro', () => {
    const since = ['ADD', 'BSWAP', 'CPUID', 'RDTSC', 'RDPMC', 'CMOVE', 'SYSENTER'].map(
      (name) => find(name)?.since,
    );
    expect(since).toEqual(['386', '486', '486-cpuid', 'pentium', 'pentium-mmx', 'pentium-pro', 'pentium-2']);
  });

  it('gives a reason where an instruction is less than full, and there alone', () => {
    for (const row of table)
      expect([row.instruction, row.reason === undefined]).toEqual([row.instruction, row.support === 'full']);
    expect(find('RDPMC')?.support).toBe('partial');
    expect(find('RSM')).toMatchObject({ support: 'none', since: undefined });
    expect(find('MOV Td')?.support).toBe('partial');
  });

  it('marks what silicon executes and the manual leaves out', () => {
    expect(table.filter((row) => row.undocumented).map((row) => row.instruction)).toEqual([
      'FFREEP',
      'FNDISI',
      'FNENI',
      'FNSETPM',
      'FSTPNCE',
      'INT1',
      'SALC',
    ]);
  });
});

/** The machine at the new kernel's first instruction: both engines, straight and through the purgatory, item by item. */
import { createElf } from '@kexec/guests';
import { PAGE_OFFSET } from '@kexec/kernel-core';
import type { KexecEngine } from '@kexec/kexec';
import type { Machine } from '@kexec/machine';
import { createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';

/** Where the new kernel writes what it finds: nothing else is there by then. */
const FOUND = 0x20_0000;
const LOCAL_APIC = 0xfee0_0000;
const IO_APIC = 0xfec0_0000;
const HPET = 0xfed0_0000;
const VECTOR = 0x31;
const LIMIT = { instructions: 50_000_000 };

/** What is expected where any value will do: it is the old kernel's, or nobody's. */
const ANY = expect.any(String);

/**
 * One thing to look at: the code that brings it into EAX, and what each way to enter must find. The running kernel is
 * busy when it is asked: it takes timer interrupts, its local APIC's timer counts, an input of the I/O APIC is routed
 * and the HPET stands in for the 8254.
 */
type Row = readonly [
  item: string,
  code: string,
  historic: unknown,
  fixed: unknown,
  historicPurgatory: unknown,
  fixedPurgatory: unknown,
];

const raw = (name: string) => `mov eax, [raw_${name}]`;
const read = (paddr: number) => `mov eax, [${paddr}]`;
const selector = (name: string) => `xor eax, eax\nmov ax, ${name}`;
/** The segment's limit by its selector, from the GDT that there is; 0 where none is. */
const limit = (segment: number) => `mov ecx, ${segment}\nxor eax, eax\nlsl eax, ecx`;
const rights = (segment: number) => `mov ecx, ${segment}\nxor eax, eax\nlar eax, ecx\nand eax, 0xf0fe00`;
const same = (item: string, code: string, value: unknown): Row => [item, code, value, value, value, value];

const ZERO = '0';
const ROWS: readonly Row[] = [
  // boot.rst, "32-bit BOOT PROTOCOL": %esi holds the base address of the struct boot_params; %ebp, %edi and %ebx are 0.
  same('eax', raw('eax'), ZERO),
  same('ebx', raw('ebx'), ZERO),
  same('ecx', raw('ecx'), ZERO),
  same('edx', raw('edx'), ZERO),
  same('ebp', raw('ebp'), ZERO),
  same('edi', raw('edi'), ZERO),
  ['esi', raw('esi'), ZERO, ZERO, 'boot_params', 'boot_params'],
  ['esp', raw('esp'), 'control page + 1000', 'control page + ffc', 'purgatory', 'purgatory'],
  // Of 2002: the word lies beyond the control page, and is whatever is there.
  ['[esp]', raw('word'), ANY, ZERO, ANY, ANY],
  // boot.rst, the same: the interrupts must be disabled.
  same('eflags', raw('eflags'), '46'),
  // boot.rst, the same: __BOOT_CS is 10 and __BOOT_DS 18, flat, in a descriptor table that is there.
  ['cs', selector('cs'), '60', '60', '10', '10'],
  ['ds', selector('ds'), '68', '68', '18', '18'],
  ['es', selector('es'), '68', '68', '18', '18'],
  ['ss', selector('ss'), '68', '68', '18', '18'],
  // Departure from 6.1, which leaves the old kernel's: 2002's __KERNEL_DS, from both engines.
  ['fs', selector('fs'), '68', '68', '18', '18'],
  ['gs', selector('gs'), '68', '68', '18', '18'],
  // Departure from 6.1, whose base is 0: phys_to_virt(0), as 2002 has it, from both engines. The limit is what counts.
  ['GDT base', 'mov eax, [gdtr + 2]', 'c0000000', 'c0000000', 'purgatory', 'purgatory'],
  ['GDT limit', 'movzx eax, word [gdtr]', ZERO, ZERO, '1f', '1f'],
  ['limit of cs', limit(0x10), ZERO, ZERO, 'ffffffff', 'ffffffff'],
  ['limit of ds', limit(0x18), ZERO, ZERO, 'ffffffff', 'ffffffff'],
  // Present, ring 0, code that can be read; data that can be written; 32 bits, in pages.
  ['rights of cs', rights(0x10), ZERO, ZERO, 'c09a00', 'c09a00'],
  ['rights of ds', rights(0x18), ZERO, ZERO, 'c09200', 'c09200'],
  same('IDT limit', 'movzx eax, word [idtr]', ZERO),
  // PE; not PG, AM, WP, TS, EM. What else there is stays: MP, ET, NE.
  same('cr0, without MP and NE', 'mov eax, cr0\nand eax, 0xffffffdd', '11'),
  same('cr3', 'mov eax, cr3', ZERO),
  same('cr4', 'mov eax, cr4', ZERO),
  // Nothing of 2002 or of 6.1 looks at them.
  same('dr7', 'mov eax, dr7', '400'),
  same('A20', A20(), 'on'),
  // boot.rst asks for IF 0 alone; 6.1 masks the 8259s, and leaves what has been requested pending.
  // Let in before: IRQ 0, and 2, which is the slave's.
  ['8259 masks', 'in al, 0xa1\nmov ah, al\nin al, 0x21\nand eax, 0xffff', 'fffa', 'ffff', 'fffa', 'ffff'],
  ['8254, mode of counter 0', PIT_MODE(), '2', ZERO, '2', ZERO],
  ['local APIC, timer', read(LOCAL_APIC + 0x320), '20031', '10000', '20031', '10000'],
  ['local APIC, LINT0: ExtINT', `${read(LOCAL_APIC + 0x350)}\nand eax, 0x10700`, '700', '700', '700', '700'],
  ['local APIC, LINT1: NMI', `${read(LOCAL_APIC + 0x360)}\nand eax, 0x10700`, '400', '400', '400', '400'],
  ['local APIC, enabled', `${read(LOCAL_APIC + 0xf0)}\nand eax, 0x100`, '100', '100', '100', '100'],
  [
    'I/O APIC, input 2',
    `mov dword [${IO_APIC}], 0x14\n${read(IO_APIC + 0x10)}`,
    '31',
    '10000',
    '31',
    '10000',
  ],
  ['HPET, in the place of the 8254', `${read(HPET + 0x10)}\nand eax, 2`, '2', ZERO, '2', ZERO],
];

/** The same word 1 MB apart: changed in one, has it changed in the other? 1 is "on". */
function A20(): string {
  return `mov eax, [0x200800]
not dword [0x300800]
cmp eax, [0x200800]
mov eax, 0
sete al`;
}

/** The counter's read-back status, bits 3 to 1. @see 8254 data sheet, "Read-Back Command" */
function PIT_MODE(): string {
  return 'mov al, 0xe2\nout 0x43, al\nin al, 0x40\nshr al, 1\nand eax, 7';
}

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'esp'];
const GUEST = `
entry:
${REGISTERS.map((name) => `mov [raw_${name}], ${name}`).join('\n')}
        mov     eax, [esp]
        mov     [raw_word], eax
        mov     esp, stack_top
        pushfd
        pop     dword [raw_eflags]
        sgdt    [gdtr]
        sidt    [idtr]
${ROWS.map(([, code], index) => `${code}\nmov [${FOUND + 4 * index}], eax`).join('\n')}
        mov     al, 0
        out     0xf4, al
        hlt
${[...REGISTERS, 'word', 'eflags'].map((name) => `raw_${name}: dd 0`).join('\n')}
gdtr:   dd 0, 0
idtr:   dd 0, 0
        resb 64
stack_top:
`;

/** What the running kernel is at when reboot(2) comes. */
function keepBusy({ kernel, pc: { mem } }: Machine): void {
  kernel.interrupts.request(0, () => {});
  mem.write32(LOCAL_APIC + 0x3e0, 0x0b);
  mem.write32(LOCAL_APIC + 0x320, 0x2_0000 | VECTOR);
  mem.write32(LOCAL_APIC + 0x380, 1_000_000);
  mem.write32(IO_APIC, 0x14);
  mem.write32(IO_APIC + 0x10, VECTOR);
  mem.write32(HPET + 0x10, mem.read32(HPET + 0x10) | 3);
}

/** What the new kernel found, with addresses named where they have a name. */
function enter(engine: KexecEngine, args: 'none' | 'linux'): Record<string, string> {
  const machine = createMachine({ memory: '32M', engine });
  const plan = machine.load(createElf(GUEST), { type: 'elf-x86', args });
  const { image, historic } = machine.kexec;
  const controlPage = image?.controlCodePage ?? (historic?.image?.rebootCodeBuffer ?? 0) - PAGE_OFFSET;
  machine.kernel.rebootNotifiers.register({
    priority: 0,
    notifierCall: () => {
      keepBusy(machine);
      return 0;
    },
  });
  machine.exec();
  expect(machine.run(LIMIT)).toEqual({ kind: 'exit', code: 0 });
  const named = (item: string, value: number) => {
    if (item === 'A20') return value ? 'on' : 'off';
    if (item === 'esp' && args === 'none') return `control page + ${(value - controlPage).toString(16)}`;
    const addresses = ['esi', 'esp', 'GDT base'].includes(item);
    const segment = plan.segments.find(({ mem, memsz }) => mem <= value && value <= mem + memsz);
    return addresses && segment ? segment.name : value.toString(16);
  };
  return Object.fromEntries(
    ROWS.map(([item], index) => [item, named(item, machine.pc.mem.read32(FOUND + 4 * index) >>> 0)]),
  );
}

test.each([
  ['the patch of 2002, straight', 'historic', 'none', 2],
  ['the mended engine, straight', 'fixed', 'none', 3],
  ['the patch of 2002, through the purgatory', 'historic', 'linux', 4],
  ['the mended engine, through the purgatory', 'fixed', 'linux', 5],
] as const)('%s', (_, engine, args, column) => {
  expect(enter(engine, args)).toEqual(Object.fromEntries(ROWS.map((row) => [row[0], row[column]])));
});

/** Conformance, points 1 to 8: paging. */
import type { ProgramTable } from '../program.js';

const WP = (operation: 'or' | 'and') =>
  `mov eax, cr0\n${operation} eax, ${operation === 'or' ? '0x10000' : '0xfffeffff'}\nmov cr0, eax`;
const CR4 = (bits: string) => `mov eax, ${bits}\nmov cr4, eax`;
const INVLPG = 'invlpg [DATA]';
/** PDPT at 102000, its directory at 103000: two pages of 2 MB, and a table at 104000 for 400000 to 5FFFFF. */
const PAE_TABLES = `
        mov dword [0x102000], 0x103001
        mov dword [0x103000], 0x000087
        mov dword [0x103008], 0x200087
        mov dword [0x103010], 0x104007
        mov dword [0x104000], DATA | 7`;
const PAE_ON = `
        ${CR4('CR4_PAE')}
        mov eax, 0x102000
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax`;
/** Each word: the error code of a fault on an absent page. */
const absent = (instructions: readonly string[]) =>
  `call paging\nmov dword [DATA_PTE], 0\nmov ebx, DATA\n${instructions.map((text) => `try\n${text}\nend`).join('\n')}`;

export const PAGING: ProgramTable = {
  subject: 'paging',
  programs: [
    {
      name: 'a read sets A, a write sets A and D',
      manual: 'SDM Vol. 3A, 4.8 "Accessed and Dirty Flags"',
      text: `
        call paging
        show [DATA_PTE]
        mov eax, [DATA]
        show [DATA_PTE]
        mov [DATA], eax
        show [DATA_PTE]
        show [DIRECTORY]`,
      expected: '300007 300027 300067 101027',
    },
    {
      name: 'A and D are set again after software cleared them and invalidated the page',
      manual: 'SDM Vol. 3A, 4.8 "Accessed and Dirty Flags"',
      text: `
        call paging
        mov [DATA], eax
        and dword [DATA_PTE], 0xffffff9f
        ${INVLPG}
        show [DATA_PTE]
        mov eax, [DATA]
        show [DATA_PTE]
        mov [DATA], eax
        show [DATA_PTE]`,
      expected: '300007 300027 300067',
    },
    {
      name: 'a write that is refused sets no D; a fetch sets A alone',
      manual: 'SDM Vol. 3A, 4.8 "Accessed and Dirty Flags"',
      text: `
        mov byte [PAGE], 0xc3
        call paging
        ${WP('or')}
        mov dword [DATA_PTE], DATA | 5
        try
        mov [DATA], eax
        end
        mov eax, [DATA_PTE]
        and eax, 0x40
        show eax
        call PAGE
        show [PAGE_PTE]`,
      expected: '#PF(3)@300000 0 200027',
    },
    {
      name: 'a two-page access sets A and D in both entries',
      manual: 'SDM Vol. 3A, 4.8 "Accessed and Dirty Flags"',
      text: `
        call paging
        mov [DATA + 0xffe], eax
        show [DATA_PTE]
        show [NEXT_PTE]`,
      expected: '300067 301067',
    },
    {
      name: 'CR0.WP bars the supervisor from read-only pages, and works without a flush either way',
      manual: 'SDM Vol. 3A, 4.6.1 "Determination of Access Rights"',
      text: `
        call paging
        mov dword [DATA_PTE], DATA | 5
        ${INVLPG}
        try
        mov [DATA], eax
        end
        ${WP('or')}
        try
        mov [DATA], eax
        end
        ${WP('and')}
        try
        mov [DATA], eax
        end
        user
        mov [DATA], eax
        end`,
      expected: 'ok #PF(3)@300000 ok #PF(7)@300000',
    },
    {
      name: 'the error code tells P, W and U, and CR2 the first byte that faulted',
      manual: 'SDM Vol. 3A, 4.7 "Page-Fault Exceptions"',
      text: `
        call paging
        mov dword [DATA_PTE], 0
        try
        mov al, [DATA + 5]
        end
        try
        mov [DATA + 0xfff], al
        end
        user
        mov eax, [DATA + 8]
        end
        user
        mov [DATA + 9], al
        end
        mov dword [DATA_PTE], DATA | 3
        ${INVLPG}
        user
        mov al, [DATA]
        end
        user
        mov [DATA + 1], al
        end
        mov dword [DATA_PTE], DATA | 5
        ${INVLPG}
        user
        mov al, [DATA]
        mov [DATA + 2], al
        end`,
      expected:
        '#PF(0)@300005 #PF(2)@300fff #PF(4)@300008 #PF(6)@300009 #PF(5)@300000 #PF(7)@300001 #PF(7)@300002+5',
    },
    {
      name: 'the rights of both levels are combined',
      manual: 'SDM Vol. 3A, 4.6.1 "Determination of Access Rights"',
      text: `
        call tables
        mov dword [DIRECTORY + 8], TABLE | 5
        mov dword [DIRECTORY + 12], TABLE | 3
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 0x80010011
        mov cr0, eax
        try
        mov [DATA + 0x800000], eax
        end
        user
        mov al, [DATA + 0x800000]
        mov [DATA + 0x800000], al
        end
        user
        mov al, [DATA + 0xc00000]
        end`,
      expected: '#PF(3)@b00000 #PF(7)@b00000+5 #PF(5)@f00000',
    },
    {
      name: 'a read-modify-write is a write from the first',
      manual: 'SDM Vol. 3A, 4.7 "Page-Fault Exceptions": W/R is the access that caused the fault',
      text: absent([
        'add [ebx], eax',
        'inc byte [ebx]',
        'not dword [ebx]',
        'shl word [ebx], 1',
        'xchg [ebx], eax',
        'bts [ebx], eax',
        'cmpxchg [ebx], ecx',
        'xadd [ebx], ecx',
        'cmpxchg8b [ebx]',
        'lock or [ebx], eax',
      ]),
      expected: new Array(10).fill('#PF(2)@300000').join(' '),
      qemu: '#PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000',
    },
    {
      name: 'reads are reads: CMP, TEST, BT, PUSH, LODS; POP, SETcc and STOS write',
      manual: 'SDM Vol. 3A, 4.7 "Page-Fault Exceptions"',
      text: absent([
        'cmp [ebx], eax',
        'test [ebx], eax',
        'bt [ebx], eax',
        'push dword [ebx]',
        'mov esi, ebx\n.here: lodsd',
        'pop dword [ebx]',
        'setz [ebx]',
        'mov edi, ebx\n.here: stosd',
        'sidt [ebx]',
        'fnstcw [ebx]',
        'fldcw [ebx]',
      ]),
      expected:
        '#PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(0)@300000 #PF(2)@300000 #PF(2)@300000 #PF(2)@300000 #PF(2)@300000 #PF(2)@300000 #PF(0)@300000',
    },
    {
      name: 'an entry that is not present is not cached',
      manual: 'SDM Vol. 3A, 4.10.2.3 "Details of TLB Use"',
      text: `
        mov dword [DATA], 0x77
        call paging
        mov dword [DATA_PTE], 0
        try
        mov eax, [DATA]
        end
        mov dword [DATA_PTE], DATA | 7
        show [DATA]`,
      expected: '#PF(0)@300000 77',
    },
    {
      name: 'CR4.PSE makes PDE.PS a page of 4 MB, with A and D in the PDE; without it the bit is ignored',
      manual: 'SDM Vol. 3A, 4.3 "32-Bit Paging"',
      text: `
        mov dword [DATA], 0x77
        call tables
        mov dword [DIRECTORY + 8], 0x00000087
        mov dword [DIRECTORY + 12], TABLE | 0x87
        ${CR4('CR4_PSE')}
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        show [DATA + 0x800000]
        show [DIRECTORY + 8]
        mov [DATA + 0x800004], eax
        show [DIRECTORY + 8]
        ${CR4('0')}
        show [DATA + 0xc00000]`,
      expected: '77 a7 e7 77',
    },
    {
      name: 'a reserved bit in the entry of a large page is #PF with RSVD',
      manual: 'SDM Vol. 3A, 4.7 "Page-Fault Exceptions"',
      text: `
        call tables
        mov dword [DIRECTORY + 8], 0x00200087
        ${CR4('CR4_PSE')}
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        try
        mov eax, [0x800000]
        end
        user
        mov [0x800000], eax
        end`,
      expected: '#PF(9)@800000 #PF(f)@800000',
      qemu: '#PF(8)@800000 #PF(e)@800000',
    },
    {
      name: 'PAE: three levels, 2 MB pages whatever CR4.PSE says, A and D in entries of eight bytes',
      manual: 'SDM Vol. 3A, 4.4 "PAE Paging"',
      text: `
        mov dword [DATA], 0x77
        ${PAE_TABLES}
        ${PAE_ON}
        show [DATA]
        show [0x400000]
        show [0x104000]
        mov [0x400000], eax
        show [0x104000]
        show [0x103010]
        show [0x103008]
        try
        mov eax, [0x401000]
        end
        try
        mov eax, [0x40000000]
        end
        mov dword [0x103018], 0x2000e7
        user
        mov [0x600000], eax
        mov eax, [0x40000000]
        end`,
      expected: '77 77 300027 300067 104027 2000a7 #PF(0)@401000 #PF(0)@40000000 #PF(4)@40000000+5',
    },
    {
      name: 'PAE is left and 32-bit paging entered with paging off in between',
      manual: 'SDM Vol. 3A, 4.1.2 "Paging-Mode Enabling"',
      text: `
        mov dword [DATA], 0x77
        ${PAE_TABLES}
        call tables
        ${PAE_ON}
        show [0x400000]
        mov eax, 0x11
        mov cr0, eax
        ${CR4('0')}
        call paging
        show [DATA]
        try
        mov eax, [0x400000]
        end
        mov eax, 0x11
        mov cr0, eax
        ${PAE_ON}
        show [0x400000]`,
      expected: '77 77 #PF(0)@400000 77',
    },
    {
      name: 'the PDPTEs are loaded by MOV CR3, and not looked at before the next',
      manual: 'SDM Vol. 3A, 4.4.1 "PDPTE Registers"',
      text: `
        ${PAE_TABLES}
        ${PAE_ON}
        mov dword [0x102008], 0x103001
        try
        mov eax, [0x40000000]
        end
        mov eax, cr3
        mov cr3, eax
        try
        mov eax, [0x40000000]
        end
        mov dword [0x102010], 0x103003
        try
        mov eax, cr3
        .here: mov cr3, eax
        end`,
      expected: '#PF(0)@40000000 ok #GP(0)',
      qemu: 'ok ok ok',
    },
    {
      name: 'MOV CR3 keeps all bits; under PAE the PDPT is aligned to 32 bytes',
      manual: 'SDM Vol. 3A, 4.4.1 "PDPTE Registers" and Table 4-7 "Use of CR3 with PAE Paging"',
      text: `
        ${PAE_TABLES}
        mov dword [0x102fe0], 0x103001
        mov eax, 0x102fe0
        mov cr3, eax
        ${CR4('CR4_PAE')}
        mov eax, 0x80000011
        mov cr0, eax
        mov eax, cr3
        show eax
        mov dword [DATA], 0x78
        show [0x400000]`,
      expected: '102fe0 78',
    },
    {
      name: 'toggling CR4.PAE with paging on loads the PDPTEs',
      manual: 'SDM Vol. 3A, 4.4.1 "PDPTE Registers"',
      // Bits 5 to 11 of CR3 count under PAE only: the directory is 100000, the PDPT 100FE0.
      text: `
        ${PAE_TABLES}
        call tables
        mov dword [0x100fe0], 0x103001
        mov dword [DATA], 0x79
        mov eax, 0x100fe0
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        ${CR4('CR4_PAE')}
        show [0x400000]`,
      expected: '79',
    },
    {
      name: 'a reserved bit above the physical address in a PAE entry is #PF with RSVD',
      manual: 'SDM Vol. 3A, 4.4.2 "Linear-Address Translation with PAE Paging"',
      text: `
        ${PAE_TABLES}
        mov dword [0x104004], 0x40000000
        mov dword [0x103014], 0
        ${PAE_ON}
        try
        mov eax, [0x400000]
        end
        mov dword [0x103014], 0x40000000
        mov eax, cr3
        mov cr3, eax
        try
        mov [0x400000], eax
        end`,
      expected: '#PF(9)@400000 #PF(b)@400000',
      qemu: '#PF(8)@400000 #PF(a)@400000',
    },
    {
      name: 'a global page dies by INVLPG, by toggling CR4.PGE, and with PGE clear by MOV CR3',
      manual: 'SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"',
      text: `
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov dword [DATA + 0x2000], 3
        mov dword [DATA + 0x3000], 4
        call paging
        mov dword [DATA_PTE], DATA | 0x107
        ${CR4('CR4_PGE')}
        show [DATA]
        mov dword [DATA_PTE], (DATA + 0x1000) | 0x107
        ${INVLPG}
        show [DATA]
        mov dword [DATA_PTE], (DATA + 0x2000) | 0x107
        ${CR4('0')}
        show [DATA]
        mov dword [DATA_PTE], (DATA + 0x3000) | 0x107
        mov eax, cr3
        mov cr3, eax
        show [DATA]`,
      expected: '1 2 3 4',
    },
    {
      name: 'MOV CR3 with PGE leaves global pages as they are known, and forgets the others',
      manual: 'SDM Vol. 3A, 4.10.2.4 "Global Pages"',
      text: `
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        call paging
        mov dword [DATA_PTE], DATA | 0x107
        mov dword [NEXT_PTE], DATA | 7
        ${CR4('CR4_PGE')}
        show [DATA]
        show [DATA + 0x1000]
        mov dword [DATA_PTE], (DATA + 0x1000) | 0x107
        mov dword [NEXT_PTE], (DATA + 0x1000) | 7
        mov eax, cr3
        mov cr3, eax
        show [DATA]
        show [DATA + 0x1000]
        ${INVLPG}
        show [DATA]`,
      expected: '1 1 1 2 2',
      // Which 4.10.2.2 allows: a processor may invalidate more.
      reference: '1 1 2 2 2',
      qemu: '1 1 2 2 2',
    },
    {
      name: 'a 4 MB page and a 2 MB page can be global too',
      manual: 'SDM Vol. 3A, Table 4-4 and Table 4-9: bit 8 of an entry that maps a large page',
      text: `
        mov dword [DATA], 1
        mov dword [DATA + 0x400000], 2
        call tables
        mov dword [DIRECTORY + 8], 0x00000187
        ${CR4('CR4_PSE | CR4_PGE')}
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        show [DATA + 0x800000]
        mov dword [DIRECTORY + 8], 0x00400187
        mov eax, cr3
        mov cr3, eax
        show [DATA + 0x800000]
        invlpg [0x800000]
        show [DATA + 0x800000]
        mov eax, 0x11
        mov cr0, eax
        ${PAE_TABLES}
        mov dword [0x500000], 3
        mov dword [0x103010], 0x2001e7
        ${CR4('CR4_PAE | CR4_PGE')}
        mov eax, 0x102000
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        show [0x500000]
        mov dword [0x103010], 0x4001e7
        mov eax, cr3
        mov cr3, eax
        show [0x500000]
        invlpg [0x500000]
        show [0x500000]`,
      expected: '1 1 2 1 1 3',
      reference: '1 2 2 1 3 3',
      qemu: '1 2 2 1 3 3',
    },
    {
      name: 'MOV CR3 lets a remapped page be seen',
      manual: 'SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"',
      text: `
        mov dword [DATA + 0x1000], 2
        call paging
        show [DATA]
        mov dword [DATA_PTE], (DATA + 0x1000) | 7
        mov eax, cr3
        mov cr3, eax
        show [DATA]`,
      expected: '0 2',
    },
    {
      name: 'INVLPG of a large page invalidates all of it',
      manual: 'SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"',
      text: `
        mov dword [DATA], 1
        mov dword [DATA + 0x400000], 2
        call tables
        mov dword [DIRECTORY + 8], 0x00000087
        ${CR4('CR4_PSE')}
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        show [DATA + 0x800000]
        mov dword [DIRECTORY + 8], 0x00400087
        invlpg [0x800000]
        show [DATA + 0x800000]`,
      expected: '1 2',
    },
    {
      name: 'INVLPG is for level 0, takes memory only, and touches none',
      manual: 'SDM Vol. 2A, "INVLPG"',
      text: `
        call paging
        mov dword [DATA_PTE], 0
        try
        invlpg [DATA]
        end
        try
        db 0x0f, 0x01, 0xf8 + 0
        end
        user
        invlpg [0]
        end`,
      expected: 'ok #UD #GP(0)',
    },
    {
      name: 'code is fetched anew after a remap and INVLPG, and after MOV CR3',
      manual: 'SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"',
      text: `
        mov dword [DATA], 0xc340
        mov dword [DATA + 0x1000], 0xc34848
        mov dword [DATA + 0x2000], 0xc34040
        call paging
        mov eax, 0x10
        call DATA
        show eax
        mov dword [DATA_PTE], (DATA + 0x1000) | 7
        ${INVLPG}
        call DATA
        show eax
        mov dword [DATA_PTE], (DATA + 0x2000) | 7
        mov ecx, cr3
        mov cr3, ecx
        call DATA
        show eax`,
      expected: '11 f 11',
    },
    {
      name: 'with PG cleared, execution goes on at the same linear address',
      manual: 'SDM Vol. 3A, 9.9.2 "Switching Back to Real-Address Mode"',
      text: `
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        call paging
        mov dword [DATA_PTE], (DATA + 0x1000) | 7
        ${INVLPG}
        show [DATA]
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        show [DATA]`,
      expected: '2 1',
    },
    {
      name: 'a store across two pages writes nothing when the second faults',
      manual: 'SDM Vol. 3A, 6.5 "Exception Classifications": a fault leaves the state before the instruction',
      text: `
        call paging
        mov dword [NEXT_PTE], 0
        mov eax, -1
        mov dword [DATA + 0xff8], 0x11111111
        mov dword [DATA + 0xffc], 0x22222222
        try
        mov [DATA + 0xffd], eax
        end
        try
        mov [DATA + 0xfff], ax
        end
        try
        add dword [DATA + 0xffe], 1
        end
        fldz
        try
        fstp qword [DATA + 0xffb]
        end
        user
        mov esp, DATA + 0x1002
        .here: push eax
        end
        show [DATA + 0xff8]
        show [DATA + 0xffc]`,
      expected: '#PF(2)@301000 #PF(2)@301000 #PF(2)@301000 #PF(2)@301000 #PF(6)@301000 11111111 22222222',
      qemu: '#PF(2)@301000 #PF(2)@301000 #PF(0)@301000 #PF(2)@301000 #PF(6)@301000 11111111 22222222',
    },
    {
      name: 'FSTP of ten bytes across two pages writes nothing when the second faults',
      manual: 'SDM Vol. 3A, 6.5 "Exception Classifications"',
      text: `
        call paging
        mov dword [NEXT_PTE], 0
        mov dword [DATA + 0xff8], 0x11111111
        mov dword [DATA + 0xffc], 0x22222222
        fldz
        try
        fstp tword [DATA + 0xff8]
        end
        show [DATA + 0xff8]
        show [DATA + 0xffc]`,
      expected: '#PF(2)@301000 11111111 22222222',
      qemu: '#PF(2)@301000 0 0',
      bochs: '#PF(2)@301000 0 0',
    },
    {
      name: 'when both pages fault, the first is told',
      manual: 'SDM Vol. 3A, 4.7 "Page-Fault Exceptions"',
      text: `
        call paging
        mov dword [DATA_PTE], 0
        mov dword [NEXT_PTE], 0
        try
        mov [DATA + 0xffe], eax
        end
        try
        mov eax, [DATA + 0xffe]
        end
        mov dword [DATA_PTE], DATA | 7
        try
        mov eax, [DATA + 0xffe]
        end`,
      expected: '#PF(2)@300ffe #PF(0)@300ffe #PF(0)@301000',
    },
    {
      name: 'PUSHA, ENTER and CALL that fault leave ESP and EBP',
      manual: 'SDM Vol. 3A, 6.5 "Exception Classifications"',
      text: `
        call paging
        mov dword [DATA_PTE], 0
        user
        mov esp, DATA + 0x1010
        .here: pushad
        end
        show [SAW_ESP]
        user
        mov esp, DATA + 0x1002
        .here: call .here
        end
        show [SAW_ESP]
        user
        mov ebp, 0x1234
        mov esp, DATA + 0x1000
        .here: enter 16, 0
        end
        show [SAW_ESP]
        show ebp
        user
        mov esp, DATA + 0xffe
        .here: pop eax
        end
        show [SAW_ESP]`,
      expected: '#PF(6)@300ffc 301010 #PF(6)@300ffe 301002 #PF(6)@300ffc 301000 1234 #PF(4)@300ffe 300ffe',
      qemu: '#PF(6)@300ff0 301010 #PF(6)@300ffe 301002 #PF(6)@300ffc 301000 1234 #PF(4)@300ffe 300ffe',
    },
    {
      name: 'REP MOVS and REP STOS keep the iterations before the fault',
      manual: 'SDM Vol. 2B, "REP": a faulting repeat leaves ECX, ESI and EDI of the iteration that faulted',
      text: `
        call paging
        mov dword [NEXT_PTE], 0
        mov ecx, 0x20
        mov esi, STACK
        mov edi, DATA + 0xff0
        mov dword [RESUME], after
        mov dword [ORIGIN], movs
        mov [RESUME_ESP], esp
        movs: rep movsd
        after:
        show [SAW_ERROR]
        try
        mov ecx, 0x20
        mov edi, DATA + 0xffd
        .here: rep stosb
        end`,
      expected: '#PF(2)@301000 2 #PF(2)@301000',
    },
    {
      name: 'an instruction that crosses into an absent page is a fault on the second page',
      manual: 'SDM Vol. 3A, 6.15 "Interrupt 14—Page-Fault Exception (#PF)"',
      text: `
        mov dword [DATA + 0xffd], 0xb8b8b8
        mov dword [DATA + 0xffc], 0x12b8b890
        mov dword [ORIGIN], DATA + 0xffd
        call paging
        mov dword [NEXT_PTE], 0
        mov dword [RESUME], first
        mov [RESUME_ESP], esp
        mov eax, DATA + 0xffd
        jmp eax
        first:
        mov byte [DATA + 0xfff], 0x90
        mov byte [DATA + 0xffe], 0x90
        mov byte [DATA + 0xffd], 0x90
        mov dword [ORIGIN], DATA + 0x1000
        mov dword [RESUME], second
        mov eax, DATA + 0xffd
        jmp eax
        second:
        mov byte [DATA + 0xffd], 0xb8
        mov dword [ORIGIN], DATA + 0xffd
        mov dword [RESUME], third
        push USER_DS
        push USER_STACK
        push 2
        push USER_CS
        push DATA + 0xffd
        iretd
        third: mov byte [DATA + 0xffd], 0xcd
        mov byte [DATA + 0xffe], 0x30
        mov dword [RESUME], fourth
        mov eax, DATA + 0xffd
        jmp eax
        fourth:`,
      expected: '#PF(0)@301000 #PF(0)@301000 #PF(4)@301000 ok',
    },
    {
      name: 'a fetch from a supervisor page at ring 3 is #PF(5)',
      manual: 'SDM Vol. 3A, 4.6.1 "Determination of Access Rights"',
      text: `
        mov byte [DATA], 0x90
        call paging
        mov dword [DATA_PTE], DATA | 3
        user
        mov eax, DATA
        mov [ORIGIN], eax
        jmp eax
        end`,
      expected: '#PF(5)@300000',
    },
    {
      name: 'descriptor tables are read as the supervisor does, at every level',
      manual: 'SDM Vol. 3A, 4.6 "Access Rights": accesses to descriptor tables are supervisor-mode accesses',
      text: `
        call paging
        mov dword [TABLE + 4], 0x1003
        mov dword [TABLE + 8], 0x2003
        invlpg [0x1000]
        invlpg [0x2000]
        user
        mov ax, USER_DS
        mov ds, ax
        end
        user
        lar eax, ax
        end`,
      expected: 'ok ok',
    },
    {
      name: 'the accessed bit of a descriptor in a read-only page is #PF(3) under WP, from ring 3 too',
      manual: 'SDM Vol. 3A, 4.6 "Access Rights" and 3.4.5.1 "Code- and Data-Segment Descriptor Types"',
      text: `
        segment 0x73, 0, 0xfffff, 0xc0f2
        lgdt [gdtr]
        call paging
        mov esi, GDT
        mov edi, DATA
        mov ecx, 0x20
        rep movsd
        and dword [DATA_PTE], 0xfffffffd
        invlpg [DATA]
        ${WP('or')}
        try
        mov eax, 0x73
        .here: mov es, ax
        end
        user
        mov eax, 0x73
        .here: mov es, ax
        end
        jmp over
        gdtr: dw 0x7f
        dd DATA
        over:`,
      expected: '#PF(3)@300075 #PF(3)@300075',
      qemu: '#PF(3)@300074 #PF(3)@300074',
    },
  ],
};

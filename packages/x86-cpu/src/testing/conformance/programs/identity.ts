/** Conformance, points 32, 33, 35 and 36: identity, time stamps, MSRs, SYSENTER, and the rules of CR0 and CR4. */
import type { ProgramTable } from '../program.js';

const tries = (instructions: readonly string[]) => instructions.map((text) => `try\n${text}\nend`).join('\n');
const setCr0 = (value: string) => `mov eax, ${value}\n.here: mov cr0, eax`;
const setCr4 = (value: string) => `mov eax, ${value}\n.here: mov cr4, eax`;

export const IDENTITY: ProgramTable = {
  subject: 'identity',
  programs: [
    {
      name: 'AC and ID can be toggled: a 486 with CPUID or later',
      manual: 'SDM Vol. 1, 20.1.2 "Identification of Earlier IA-32 Processors"',
      text: `
        pushfd
        pop ebx
        mov eax, ebx
        xor eax, 0x240000
        push eax
        popfd
        pushfd
        pop eax
        push ebx
        popfd
        xor eax, ebx
        show eax`,
      expected: '240000',
    },
    {
      name: 'fixed bits of EFLAGS: bit 1 is set, 3, 5, 15 and 22 up are clear',
      manual: 'SDM Vol. 1, 3.4.3 "EFLAGS Register"',
      text: `
        push dword 0xffc0802a
        popfd
        pushfd
        pop eax
        push dword 2
        popfd
        show eax`,
      expected: '2',
    },
    {
      name: 'CR0: PG without PE and NW without CD are #GP(0); ET reads as 1',
      manual: 'SDM Vol. 2B, "MOV—Move to/from Control Registers"',
      text: `
        ${tries([setCr0('0x80000010'), setCr0('0x20000011'), setCr0('0x60000011'), setCr0('0x11'), setCr0('1')])}
        mov eax, cr0
        show eax`,
      expected: '#GP(0) #GP(0) ok ok ok 11',
      qemu: 'shutdown',
    },
    {
      name: 'reserved bits of CR4 are #GP(0); CR1, CR5 to CR7 are #UD',
      manual: 'SDM Vol. 2B, "MOV—Move to/from Control Registers"',
      text: `
        ${tries([setCr4('0x80000000'), setCr4('0x1000'), setCr4('0x10'), setCr4('0')])}
        ${tries(['db 0x0f, 0x20, 0xc8', 'db 0x0f, 0x22, 0xc8', 'db 0x0f, 0x20, 0xe8', 'db 0x0f, 0x20, 0xf8'])}
        user
        mov eax, cr4
        end
        user
        mov cr3, eax
        end
        user
        mov eax, cr2
        end`,
      expected: '#GP(0) #GP(0) ok ok #UD #UD #UD #UD #GP(0) #GP(0) #GP(0)',
      qemu: 'hang',
    },
    {
      name: 'MOV of a control register takes any mod, and 32 bits whatever the prefix',
      manual: 'SDM Vol. 2B, "MOV—Move to/from Control Registers"',
      text: `
        mov eax, 0x12345000
        mov cr2, eax
        db 0x0f, 0x20, 0x13
        show ebx
        db 0x66, 0x0f, 0x20, 0xd1
        show ecx`,
      expected: '12345000 12345000',
    },
    {
      name: 'RDTSC moves on, and at ring 3 it is #GP(0) with CR4.TSD',
      manual: 'SDM Vol. 2B, "RDTSC"',
      text: `
        rdtsc
        mov esi, eax
        mov edi, edx
        mov ecx, 100
        spin: loop spin
        rdtsc
        sub eax, esi
        sbb edx, edi
        show edx
        test eax, eax
        setnz al
        movzx eax, al
        show eax
        user
        rdtsc
        end
        mov eax, CR4_TSD
        mov cr4, eax
        try
        rdtsc
        end
        user
        rdtsc
        end`,
      expected: '0 1 ok ok #GP(0)',
    },
    {
      name: 'an unknown MSR is #GP(0) for RDMSR and WRMSR; both are for level 0',
      manual: 'SDM Vol. 2B, "RDMSR" and "WRMSR"',
      text: `
        ${tries(['mov ecx, 0xdeadbeef\n.here: rdmsr', 'mov ecx, 0xdeadbeef\n.here: wrmsr', 'mov ecx, 0x10\nrdmsr'])}
        user
        mov ecx, 0x10
        .here: rdmsr
        end
        user
        mov ecx, 0x10
        .here: wrmsr
        end`,
      expected: '#GP(0) #GP(0) ok #GP(0) #GP(0)',
      qemu: 'ok ok ok #GP(0) #GP(0)',
    },
    {
      name: 'WRMSR sets the time-stamp counter',
      manual: 'SDM Vol. 3B, 17.17 "Time-Stamp Counter"',
      text: `
        mov ecx, 0x10
        xor edx, edx
        xor eax, eax
        wrmsr
        rdtsc
        show edx`,
      expected: '0',
    },
    {
      name: 'SYSENTER takes CS from its MSR and SS as CS + 8, flat, with IF and VM clear; SYSEXIT CS + 16 and + 24',
      manual: 'SDM Vol. 2B, "SYSENTER" and "SYSEXIT"',
      text: `
        try
        sysenter
        end
        ${tries(['mov edx, done\n.here: sysexit'])}
        mov ecx, 0x174
        xor edx, edx
        mov eax, KERNEL_CS
        wrmsr
        inc ecx
        mov eax, 0x7800
        wrmsr
        inc ecx
        mov eax, entry
        wrmsr
        user 0x3202
        sysenter
        end
        jmp near done
        entry: mov eax, cs
        int 0x31
        mov eax, ss
        int 0x31
        mov eax, esp
        int 0x31
        pushfd
        pop eax
        and eax, 0x20200
        int 0x31
        mov edx, outside
        mov ecx, USER_STACK - 16
        sysexit
        outside: mov eax, cs
        int 0x31
        mov eax, ss
        int 0x31
        mov eax, esp
        int 0x31
        int 0x30`,
      expected: '#GP(0) #GP(0) 8 10 7800 0 1b 23 8ff0 ok',
    },
    {
      name: 'RDPMC is #GP(0) at ring 3 without CR4.PCE, and for a counter that is none, else reads one',
      manual: 'SDM Vol. 2B, "RDPMC"',
      text: `
        user
        xor ecx, ecx
        .here: rdpmc
        end
        try
        mov ecx, 0x1234
        .here: rdpmc
        end
        try
        xor ecx, ecx
        .here: rdpmc
        end
        mov eax, CR4_PCE
        mov cr4, eax
        user
        mov ecx, 1
        .here: rdpmc
        end`,
      expected: '#GP(0) #GP(0) ok ok',
      qemu: '#GP(0) #UD #UD #UD',
    },
    {
      name: 'WBINVD and INVD are for level 0; PREFETCH, NOP r/m, PAUSE and CLFLUSH are accepted',
      manual: 'SDM Vol. 2B, "WBINVD", "PREFETCHh", "NOP", "PAUSE"; Vol. 2A, "CLFLUSH"',
      text: `
        ${tries(['wbinvd', 'db 0x0f, 0x18, 0x00', 'db 0x0f, 0x1f, 0x44, 0, 0', 'db 0xf3, 0x90', 'clflush [SCRATCH]', 'sfence', 'lfence', 'mfence'])}
        call paging
        mov dword [DATA_PTE], 0
        ${tries(['prefetchnta [DATA]', 'clflush [DATA]'])}
        user
        wbinvd
        end
        user
        invd
        end`,
      expected: 'ok ok ok ok ok ok ok ok ok #PF(0)@300000 #GP(0) #GP(0)',
      qemu: 'ok ok ok ok #UD ok ok ok ok #UD #GP(0) #GP(0)',
    },
    {
      name: 'CPUID keeps the flags, and zero-extends nothing away: leaf 0 has the vendor, leaf 1 CMOV and PAE',
      manual: 'SDM Vol. 2A, "CPUID"',
      text: `
        xor eax, eax
        cpuid
        test eax, eax
        setnz al
        movzx eax, al
        show eax
        mov eax, 1
        cpuid
        and edx, 0x8170
        show edx`,
      expected: '1 8170',
    },
  ],
};

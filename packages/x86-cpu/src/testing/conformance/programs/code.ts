/** Conformance, point 34: code that is changed while it runs. */
import type { ProgramTable } from '../program.js';

export const CODE: ProgramTable = {
  subject: 'code',
  programs: [
    {
      name: 'a store to the very next instruction takes effect on it',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov byte [next + 1], 5
        next: mov al, 1
        movzx eax, al
        show eax
        mov ecx, 3
        xor ebx, ebx
        again: mov [patched + 1], cl
        patched: mov al, 0
        movzx eax, al
        add ebx, eax
        loop again
        show ebx`,
      expected: '5 6',
    },
    {
      name: 'a store into the middle of an instruction further on in the same block is seen',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov eax, 0x11111111
        nop
        nop
        mov dword [there + 1], 0x77777777
        nop
        nop
        there: mov eax, 0x22222222
        show eax`,
      expected: '77777777',
    },
    {
      name: 'REP STOS that overwrites what follows it is seen, and one over itself runs to its end',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov edi, after
        mov ecx, 4
        mov al, 0x43
        xor ebx, ebx
        rep stosb
        after: hlt
        hlt
        hlt
        hlt
        show ebx`,
      expected: '4',
    },
    {
      name: 'an instruction that spans two pages is seen when either half changes',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov edi, PAGE + 0xffd
        mov dword [edi], 0x333322b8
        mov dword [edi + 4], 0xc333
        call edi
        show eax
        mov byte [PAGE + 0xffe], 0x44
        call edi
        show eax
        mov byte [PAGE + 0x1001], 0x55
        call edi
        show eax`,
      expected: '33333322 33333344 55333344',
    },
    {
      name: 'a store through another mapping of the page is seen',
      manual:
        'SDM Vol. 3A, 11.6: the linear address of the store may differ, after a serialising instruction',
      text: `
        call paging
        mov dword [DATA_PTE], PAGE | 7
        invlpg [DATA]
        mov dword [PAGE], 0xc301b0
        call PAGE
        movzx eax, al
        show eax
        mov byte [DATA + 1], 2
        mov eax, cr3
        mov cr3, eax
        call PAGE
        movzx eax, al
        show eax
        call DATA
        movzx eax, al
        show eax`,
      expected: '1 2 2',
    },
    {
      name: 'code copied over code, as kexec does, runs as the copy',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov edi, PAGE
        mov dword [edi], 0xc301b0
        call edi
        mov esi, source
        mov ecx, 3
        rep movsb
        mov eax, 0
        cpuid
        call PAGE
        movzx eax, al
        show eax
        jmp near done
        source: mov al, 9
        ret`,
      expected: '9',
    },
    {
      name: 'a remapped page shows its own code after INVLPG',
      manual: 'SDM Vol. 3A, 4.10.4.1 "Operations that Invalidate TLBs and Paging-Structure Caches"',
      text: `
        mov dword [PAGE], 0xc301b0
        mov dword [DATA], 0xc302b0
        call paging
        call PAGE
        movzx eax, al
        show eax
        mov dword [PAGE_PTE], DATA | 7
        invlpg [PAGE]
        call PAGE
        movzx eax, al
        show eax`,
      expected: '1 2',
    },
    {
      name: 'a jump label is patched from NOP to JMP and back, as the kernel does',
      manual: 'SDM Vol. 3A, 8.1.3 "Handling Self- and Cross-Modifying Code"',
      text: `
        call function
        mov dword [site], 0x000002e9
        mov byte [site + 4], 0
        mov eax, 0
        cpuid
        call function
        mov dword [site], 0x00441f0f
        mov byte [site + 4], 0
        call function
        jmp near done
        function: xor ebx, ebx
        site: db 0x0f, 0x1f, 0x44, 0, 0
        mov bl, 7
        show ebx
        ret`,
      expected: '7 0 7',
    },
    {
      name: 'a breakpoint byte put in and taken out is seen each time',
      manual: 'SDM Vol. 3A, 11.6 "Self-Modifying Code"',
      text: `
        mov ebx, 3
        next:
        try
        .here: nop
        end
        mov byte [block3.here], 0xcc
        dec ebx
        cmp ebx, 2
        je next
        mov byte [block3.here], 0x90
        cmp ebx, 1
        je next`,
      expected: 'ok #BP+1 ok',
    },
    {
      name: 'a 16-bit and a 32-bit reading of the same bytes are kept apart',
      manual: 'SDM Vol. 1, 3.6 "Operand-Size and Address-Size Attributes"',
      text: `
        segment 0x80, PAGE, 0xffff, 0x009b
        mov dword [PAGE], 0x662211b8
        mov word [PAGE + 4], 0xcbcb
        call 0x80:0
        show eax
        call KERNEL_CS:PAGE
        show eax`,
      // MOV AX and a 32-bit RETF, or MOV EAX and RETF.
      expected: '2211 cb662211',
    },
  ],
};

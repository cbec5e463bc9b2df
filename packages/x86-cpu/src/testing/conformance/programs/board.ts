/** Conformance, points 19, 27, 29 and 33: what a CPU and the board of a PC do together. */
import type { ProgramTable } from '../program.js';

/** Gate A20 by both ways that a PC has, since either opens it. */
const a20 = (isOpen: boolean) => {
  const label = `gate${isOpen ? 1 : 0}`;
  const wait = (n: number) => `${label}_${n}: in al, 0x64\ntest al, 2\njnz ${label}_${n}`;
  return `
        in al, 0x92
        and al, 0xfc
        or al, ${isOpen ? 2 : 0}
        out 0x92, al
        ${wait(0)}
        mov al, 0xd1
        out 0x64, al
        ${wait(1)}
        mov al, ${isOpen ? 0xdf : 0xdd}
        out 0x60, al
        ${wait(2)}`;
};
/** Both 8259As, at vectors 40h and 48h, with IRQ 13 alone let through. */
const IRQ_13 = `
        ${[
          ['0x20', '0x11'],
          ['0xa0', '0x11'],
          ['0x21', '0x40'],
          ['0xa1', '0x48'],
          ['0x21', '4'],
          ['0xa1', '2'],
          ['0x21', '1'],
          ['0xa1', '1'],
          ['0x21', '0xfb'],
          ['0xa1', '0xdf'],
        ]
          .map(([port, value]) => `mov al, ${value}\nout ${port}, al`)
          .join('\n')}`;
/** FERR# is raised without the lock that its interrupt controller wants held: an assertion of its own ends it. */
const QEMU_ABORTS = 'shutdown';
const QUIET = 'mov al, 0xff\nout 0x21, al\nout 0xa1, al';
/** 1 divided by 0 with that error unmasked. */
const DIVIDE_BY_ZERO = `
        mov dword [SCRATCH], 0x37b
        fninit
        fldcw [SCRATCH]
        fld1
        fldz
        fdivp st1, st0`;
/** The local APIC turned on, itself being what it sends to; and as it was before. */
const APIC_ON = `
        mov eax, [0xfee000f0]
        mov [SCRATCH + 16], eax
        mov dword [0xfee000f0], 0x1ff
        mov eax, [0xfee00020]
        mov [0xfee00310], eax`;
const APIC_OFF = 'mov eax, [SCRATCH + 16]\nmov [0xfee000f0], eax';
/** An NMI to the destination; no INT 31h is to be used in its handler, whose IRET would let the next one in. */
const SEND_NMI = 'mov dword [0xfee00300], 0x4400';
const SPIN = (label: string) => `mov ecx, 200\n${label}: loop ${label}`;

/** Counter 2 counts down from 65536 again and again; EDI is its count, ESI the time stamp at that moment. */
const SAMPLE = `
        mov al, 0x80
        out 0x43, al
        rdtsc
        mov esi, eax
        in al, 0x42
        mov bl, al
        in al, 0x42
        mov bh, al
        movzx edi, bx`;

export const BOARD: ProgramTable = {
  subject: 'board',
  programs: [
    {
      name: 'with A20 closed, addresses wrap at 1 MB in real mode, and bit 20 is 0 everywhere',
      manual: 'SDM Vol. 3A, 20.1.1 "Address Translation in Real-Address Mode" and 8.7.13.4 "A20M# pin"',
      board: 'pc',
      text: `
        mov dword [0x500], 0x55
        mov dword [0x100500], 0x77
        mov dword [PAGE], 0x22
        mov dword [DATA], 0x33
        ${a20(false)}
        show [0x100500]
        show [DATA]
        mov dword [0x100504], 0x99
        show [0x504]
        real
        mov ax, 0xffff
        mov ds, ax
        mov eax, [0x510]
        int 0x31
        mov dword [0x510], 0x56
        end
        show [0x500]
        ${a20(true)}
        show [0x100500]
        show [DATA]
        show [0x500]`,
      expected: '55 22 99 55 ok 56 77 33 56',
    },
    {
      name: 'A20M# works behind paging: on the physical address',
      manual: 'SDM Vol. 3A, 8.7.13.4 "A20M# pin"',
      board: 'pc',
      text: `
        mov dword [PAGE], 0x22
        mov dword [DATA], 0x33
        call tables
        mov esi, DIRECTORY
        mov edi, PAGE + 0x10000
        mov ecx, 0x2000 / 4
        rep movsd
        mov dword [PAGE + 0x10000], PAGE + 0x11007
        mov dword [PAGE + 0x11c00], PAGE | 7
        mov dword [PAGE + 0x11800], DATA | 7
        mov eax, PAGE + 0x10000
        mov cr3, eax
        mov eax, 0x80000011
        mov cr0, eax
        show [DATA]
        show [PAGE]
        ${a20(false)}
        show [DATA]
        show [PAGE]
        ${a20(true)}
        show [PAGE]`,
      // Linear 300000 is physical 200000, and linear 200000 physical 300000, which is 200000 with bit 20 clear.
      expected: '22 33 22 22 33',
    },
    {
      name: 'NMI is not masked by IF, and while one is handled others are kept back up to IRET, where at most one comes',
      manual: 'SDM Vol. 3A, 6.7 "Nonmaskable Interrupt (NMI)" and 6.7.1 "Handling Multiple NMIs"',
      board: 'pc',
      text: `
        ${APIC_ON}
        gate IDT + 2 * 8, KERNEL_CS, nmi, 0x8e
        ${SEND_NMI}
        ${SPIN('wait0')}
        show [SCRATCH]
        show [SCRATCH + 4]
        ${APIC_OFF}
        jmp near done
        nmi: inc dword [SCRATCH]
        cmp dword [SCRATCH], 1
        jne leave_nmi
        push ecx
        ${SEND_NMI}
        ${SPIN('wait1')}
        ${SEND_NMI}
        ${SPIN('wait2')}
        mov ecx, [SCRATCH]
        mov [SCRATCH + 4], ecx
        pop ecx
        leave_nmi: iretd`,
      expected: '2 1',
    },
    {
      name: 'the IRET of an exception within the handler of an NMI lets the next one in',
      manual: 'SDM Vol. 3A, 6.7.1 "Handling Multiple NMIs": blocked until the next execution of IRET',
      board: 'pc',
      text: `
        ${APIC_ON}
        gate IDT + 2 * 8, KERNEL_CS, nmi, 0x8e
        gate IDT + 0x41 * 8, KERNEL_CS, other, 0x8e
        ${SEND_NMI}
        ${SPIN('wait0')}
        show [SCRATCH]
        ${APIC_OFF}
        jmp near done
        note: shl dword [SCRATCH], 4
        or [SCRATCH], al
        ret
        nmi: push ecx
        mov al, 0xa
        cmp dword [SCRATCH], 0
        jne nested
        ${SEND_NMI}
        ${SPIN('wait1')}
        mov al, 1
        call note
        int 0x41
        mov al, 3
        nested: call note
        pop ecx
        iretd
        other: mov al, 2
        call note
        iretd`,
      expected: '12a3',
    },
    {
      name: 'with NE clear an unmasked x87 error becomes IRQ 13 at the next waiting instruction',
      manual: 'SDM Vol. 1, 8.7.2 "MS-DOS Compatibility Sub-mode" and D.2.1 "MS-DOS Compatibility Sub-mode"',
      board: 'pc',
      text: `
        ${IRQ_13}
        ${DIVIDE_BY_ZERO}
        try
        sti
        nop
        nop
        .here: fwait
        nop
        end
        fnstsw ax
        movzx eax, ax
        and eax, 0x80ff
        show eax
        fnclex
        xor eax, eax
        out 0xf0, al
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        ${QUIET}`,
      expected: 'int4d 8084',
      qemu: QEMU_ABORTS,
      // Where silicon waits for the interrupt, it executes the waiting instruction.
      bochs: 'int4d+1 8084',
    },
    {
      name: 'a write to port F0 ends the request, and IGNNE# lets waiting instructions pass until the error is cleared',
      manual:
        'SDM Vol. 1, D.2.1.2 "Recommended External Hardware to Support the MS-DOS Compatibility Sub-mode"',
      board: 'pc',
      text: `
        ${IRQ_13}
        gate IDT + 0x4d * 8, KERNEL_CS, irq13, 0x8e
        ${DIVIDE_BY_ZERO}
        sti
        fwait
        nop
        cli
        show [SCRATCH + 8]
        show [SCRATCH + 12]
        ${QUIET}
        jmp near done
        irq13: push eax
        inc dword [SCRATCH + 8]
        xor eax, eax
        out 0xf0, al
        fldz
        fist dword [SCRATCH + 12]
        inc dword [SCRATCH + 12]
        fnclex
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop eax
        iretd`,
      expected: '1 1',
      qemu: QEMU_ABORTS,
      // It knows no IGNNE#.
      bochs: '2 1',
    },
    {
      name: 'the time-stamp counter runs in proportion to the timer’s counter 2',
      manual: 'SDM Vol. 3B, 17.17 "Time-Stamp Counter"; 8254, "Mode 2: Rate Generator"',
      board: 'pc',
      text: `
        in al, 0x61
        and al, 0xfc
        or al, 1
        out 0x61, al
        mov al, 0xb4
        out 0x43, al
        mov al, 0
        out 0x42, al
        out 0x42, al
        call settle
        mov dword [SCRATCH + 0x40], 8
        attempt: mov ecx, 10000
        call elapse
        mov [SCRATCH + 0x20], eax
        mov [SCRATCH + 0x24], edx
        mov ecx, 30000
        call elapse
        ; Ticks of the TSC for 256 of the counter, by either stretch: the second within an eighth of the first.
        xchg eax, edx
        call rate
        mov ebx, eax
        mov eax, [SCRATCH + 0x24]
        mov edx, [SCRATCH + 0x20]
        call rate
        mov ecx, eax
        sub eax, ebx
        jns positive
        neg eax
        positive: shl eax, 3
        cmp eax, ecx
        jbe near proportional
        dec dword [SCRATCH + 0x40]
        jnz near attempt
        proportional: setbe al
        movzx eax, al
        show eax
        test ebx, ebx
        setnz al
        show eax
        jmp near done
        rate: mov ecx, edx
        xor edx, edx
        shld edx, eax, 8
        shl eax, 8
        div ecx
        ret
        ; A few ticks after the count was written.
        settle: mov ecx, 100
        .wait: in al, 0x61
        loop .wait
        ret
        ; Ticks of the counter in EAX once ECX have gone by, and of the TSC in EDX.
        elapse:
        ${SAMPLE}
        mov [SCRATCH], edi
        mov [SCRATCH + 4], esi
        more:
        ${SAMPLE}
        mov eax, [SCRATCH]
        sub eax, edi
        and eax, 0xffff
        cmp eax, ecx
        jb more
        mov edx, esi
        sub edx, [SCRATCH + 4]
        ret`,
      // On emulators that follow the host's clock one stretch of eight must be undisturbed.
      expected: '1 1',
    },
  ],
};

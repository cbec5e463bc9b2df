/** The purgatory's source: what runs between the relocation stub and the entry of a new kernel. */
import { SHA256_INITIAL, SHA256_K } from '../decompress/sha256.js';
import { PURGATORY_CONSOLE_SOURCE } from './purgatory-console.s.js';
import { PURGATORY_SHA256_SOURCE } from './purgatory-sha256.s.js';

/** Rows of the table of what is verified: KEXEC_SEGMENT_MAX segments, and the end of the message (FIPS 180-4, 5.1.1). */
export const PURGATORY_REGIONS = 17;

/** Where the purgatory's own memory begins: not in the page of its code, which a translator keeps while it is not written. */
export const PURGATORY_WORK_OFFSET = 0x1000;
/** The end of its stack, from its first byte. */
export const PURGATORY_STACK_TOP = PURGATORY_WORK_OFFSET + 0x3f8;

const dwords = (words: Iterable<number>) =>
  [...words].map((word) => `        dd 0x${word.toString(16)}\n`).join('');

/**
 * Assembly text, 32-bit, of instructions that a 386 has. The bytes beside it (purgatory.bytes.ts) are made from it by
 * `packages/loaders/scripts/assemble-purgatory.mjs`; a test assembles it again and compares.
 *
 * boot.rst, "32-bit BOOT PROTOCOL": __BOOT_CS is 0x10 and __BOOT_DS 0x18, flat, in a loaded GDT; CS is __BOOT_CS,
 * DS, ES and SS are __BOOT_DS; interrupts are disabled. The general registers are whatever the loader wrote here.
 *
 * ebx is the address of start from the third instruction to the last but one.
 */
export const PURGATORY_SOURCE = `
bits 32
; Entered with paging off and flat segments of whatever selectors, at any address. esp may point nowhere.
start:
        cli
        cld
        db 0xbb                         ; mov ebx, imm32: the address of start
load_address:
        dd 0                            ; written by the loader, as all that is so called
        lgdt [ebx + gdt_limit]
        mov eax, 0x18
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        lea esp, [ebx + stack_top]
        push dword 0x10
        lea eax, [ebx + in_boot_cs]
        push eax
        retf                            ; loads cs
in_boot_cs:
        call open_consoles
        lea esi, [ebx + text_announce]
        call print
        cmp byte [ebx + checks], 0
        je .enter
        call verify
.enter:
        xor esi, esi                    ; before a crash kernel uses it: memory from 0 on
        mov edi, [ebx + backup_to]
        mov ecx, [ebx + backup_dwords]
        rep movsd
        xor eax, eax                    ; EFLAGS 46
        mov eax, [ebx + entry_eax]
        mov ecx, [ebx + entry_ecx]
        mov edx, [ebx + entry_edx]
        mov esi, [ebx + entry_esi]
        mov edi, [ebx + entry_edi]
        mov ebp, [ebx + entry_ebp]
        mov esp, [ebx + entry_esp]
        mov ebx, [ebx + entry_ebx]
        db 0xff, 0x25                   ; jmp [disp32]: the address of entry_eip
entry_pointer:
        dd 0                            ; written by the loader
${PURGATORY_SHA256_SOURCE}
${PURGATORY_CONSOLE_SOURCE}
align 4
; Written by the loader.
entry_eip:      dd 0
entry_eax:      dd 0
entry_ebx:      dd 0
entry_ecx:      dd 0
entry_edx:      dd 0
entry_esi:      dd 0
entry_edi:      dd 0
entry_ebp:      dd 0
entry_esp:      dd 0
; A row: address, 64-byte blocks to digest, dwords after them that must be zero.
regions:        times ${PURGATORY_REGIONS * 3} dd 0
regions_end:
message_end:    times 16 dd 0
digest:         times 8 dd 0
checks:         db 0                    ; 1 to verify
reset:          db 0                    ; 1 to reset the VGA
announce:       db 0                    ; consoles that hear of everything
alarm:          db 0                    ; consoles that hear of what is wrong
serial_base:    dd 0
serial_divisor: dd 0                    ; 0 leaves the line as it is
backup_to:      dd 0
backup_dwords:  dd 0

sha256_initial:
${dwords(SHA256_INITIAL)}
sha256_k:
${dwords(SHA256_K)}

        align 4
        dw 0                            ; gdt_base on a dword boundary
gdt_limit:
        dw gdt_end - gdt - 1
gdt_base:
        dd 0                            ; written by the loader

align 8
; The accessed bits are set, so the CPU has nothing to write here.
gdt:
        dd 0, 0
        dd 0, 0
        dd 0x0000ffff, 0x00cf9b00       ; 0x10: code, 4 GB, 32-bit
        dd 0x0000ffff, 0x00cf9300       ; 0x18: data, 4 GB, 32-bit
gdt_end:

; What is written while this runs, in a page of its own: zeros, but for what the loader writes.
sha256_state    equ ${PURGATORY_WORK_OFFSET}
schedule        equ ${PURGATORY_WORK_OFFSET + 0x20}
variables       equ ${PURGATORY_WORK_OFFSET + 0x120}
vga_column      equ ${PURGATORY_WORK_OFFSET + 0x240}
consoles        equ ${PURGATORY_WORK_OFFSET + 0x244}
stack_top       equ ${PURGATORY_STACK_TOP}
; Above it a return address and the first argument, for kernels that take one on the stack.
`;

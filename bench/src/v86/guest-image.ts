/** The guest image: a boot sector that enters protected mode with paging on, and behind it the programs. */
import { assemble } from '@kexec/x86-cpu';
import { ARGUMENT_OFFSET, CONTROL_PORT } from './control-port.js';
import { PROGRAMS } from './programs.js';

export const BOOT_SECTOR = 0x7c00;
/** Where the boot sector puts what follows it on the floppy; base of the 16-bit code segment. */
export const PROGRAMS_ADDRESS = 0x10000;
const SECTOR_BYTES = 512;
/** One segment's worth, less what a read at its end would wrap. */
const MAX_SECTORS = 127;

/** Selectors as "32-bit BOOT PROTOCOL" in boot.rst has them; the programs' 16-bit code uses the first. */
const SELECTORS = { CODE16: 0x08, BOOT_CS: 0x10, BOOT_DS: 0x18 };

const ADDRESSES = { ARGUMENT: 0x6000, PAGE_DIRECTORY: 0x30000, PAGE_TABLE: 0x31000, STACK_TOP: 0x90000 };

const BOOT_TEXT = `
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, ${PROGRAMS_ADDRESS >> 4}
        mov es, ax
        xor bx, bx
        mov si, 1
.read:  mov ax, si              ; sector si of a floppy with 18 sectors a track and 2 heads
        xor dx, dx
        mov cx, 18
        div cx
        mov cl, dl
        inc cl
        xor dx, dx
        mov di, 2
        div di
        mov ch, al
        mov dh, dl
        mov dl, 0
        mov ax, 0x0201
        int 0x13
        add bx, ${SECTOR_BYTES}
        inc si
        cmp si, SECTORS
        jbe .read
loaded: cli
        cld
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword BOOT_CS:protected
bits 32
protected:
        mov ax, BOOT_DS
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK_TOP
        in al, 0x92             ; A20
        or al, 2
        and al, 0xfe
        out 0x92, al
        mov edi, PAGE_TABLE     ; 4 MB, linear = physical, present and writable
        mov eax, 3
        mov ecx, 1024
.page:  stosd
        add eax, 4096
        loop .page
        mov dword [PAGE_DIRECTORY], PAGE_TABLE + 3
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
wait:   mov edx, ${CONTROL_PORT}
        in eax, dx
        test eax, eax
        jz wait
        push eax
        mov edx, ${CONTROL_PORT + ARGUMENT_OFFSET}
        in eax, dx
        mov [ARGUMENT], eax
        xor ecx, ecx
        xor edx, edx
        xor ebx, ebx
        xor ebp, ebp
        xor esi, esi
        xor edi, edi
        pop eax
        call eax
        mov edx, ${CONTROL_PORT}
        out dx, eax
        jmp wait
        align 8
gdt:    dq 0
        dq 0x00009b010000ffff   ; 16-bit code, base PROGRAMS_ADDRESS
        dq 0x00cf9b000000ffff
        dq 0x00cf93000000ffff
gdtr:   dw $ - gdt - 1
        dd gdt
        times 510 - ($ - $$) db 0
        dw 0xaa55`;

/** Turns paging off and jumps to its argument, an image of another kind. */
const BOOT_IMAGE = `
boot_image:
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        jmp dword [ARGUMENT]`;

/** v86 compiles by the page, for one code size and one privilege: programs that share a page would disturb each other. */
const NEXT_PAGE = '\n        align 4096\n';

/** The image in its two parts, and where things are in it. */
export interface GuestImage {
  /** At {@link BOOT_SECTOR}. */
  readonly bootSector: Uint8Array;
  /** At {@link PROGRAMS_ADDRESS}. */
  readonly programs: Uint8Array;
  /** Real-mode address in the boot sector at which everything has been read. */
  readonly loaded: number;
  /** Of a program, or of `boot_image`, which takes the address of an image's 32-bit entry. */
  entry(label: string): number;
}

export function createGuestImage(): GuestImage {
  const text = [...PROGRAMS.map((program) => program.text), BOOT_IMAGE].join(NEXT_PAGE);
  const symbols = { ...SELECTORS, ...ADDRESSES };
  const { bytes: programs, labels } = assemble(text, {
    origin: PROGRAMS_ADDRESS,
    symbols: { ...symbols, PROGRAMS_ADDRESS },
  });
  const SECTORS = Math.ceil(programs.length / SECTOR_BYTES);
  if (SECTORS > MAX_SECTORS)
    throw new Error(`the programs take ${SECTORS} sectors, the limit is ${MAX_SECTORS}`);
  const boot = assemble(BOOT_TEXT, { origin: BOOT_SECTOR, bits: 16, symbols: { ...symbols, SECTORS } });
  return {
    bootSector: boot.bytes,
    programs,
    loaded: find(boot.labels, 'loaded'),
    entry: (label) => find(labels, label),
  };
}

function find(labels: ReadonlyMap<string, number>, label: string): number {
  const address = labels.get(label);
  if (address === undefined) throw new Error(`the guest image has no label ${label}`);
  return address;
}

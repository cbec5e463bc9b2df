/** The demo kernel as a bzImage: boot protocol 2.15, 32-bit entry, loaded at 1 MB. */
import { assemble } from '@kexec/x86-cpu';
import { LOAD_ADDRESS, REPORT } from './report.js';

const SECTOR_BYTES = 512;
const SETUP_SECTS = 4;

/*
 * The real-mode part: boot sector with the setup header (boot.rst, "The Real-Mode Kernel Header") and a
 * setup that knows no BIOS: this kernel is entered by its 32-bit entry only, and says so on ttyS0.
 */
const SETUP = `
    bits 16
    resb    0x1f1 - ($ - $$)
    db      ${SETUP_SECTS}          ; 1f1 setup_sects
    dw      0                       ; 1f2 root_flags
    dd      (kernel_bytes + 15) / 16 ; 1f4 syssize
    dw      0                       ; 1f8 ram_size
    dw      0xffff                  ; 1fa vid_mode
    dw      0                       ; 1fc root_dev
    dw      0xaa55                  ; 1fe boot_flag
    db      0xeb, setup - header    ; 200 jump
header:
    db      "HdrS"                  ; 202 header
    dw      0x020f                  ; 206 version
    dd      0                       ; 208 realmode_swtch
    dw      0                       ; 20c start_sys_seg
    dw      kernel_version - 0x200  ; 20e kernel_version
    db      0                       ; 210 type_of_loader
    db      1                       ; 211 loadflags: LOADED_HIGH
    dw      0                       ; 212 setup_move_size
    dd      ${LOAD_ADDRESS}         ; 214 code32_start
    dd      0                       ; 218 ramdisk_image
    dd      0                       ; 21c ramdisk_size
    dd      0                       ; 220 bootsect_kludge
    dw      0                       ; 224 heap_end_ptr
    db      0                       ; 226 ext_loader_ver
    db      0                       ; 227 ext_loader_type
    dd      0                       ; 228 cmd_line_ptr
    dd      0x7fffffff              ; 22c initrd_addr_max
    dd      0x1000                  ; 230 kernel_alignment
    db      0                       ; 234 relocatable_kernel
    db      12                      ; 235 min_alignment
    dw      0                       ; 236 xloadflags
    dd      2047                    ; 238 cmdline_size
    dd      0                       ; 23c hardware_subarch
    dd      0, 0                    ; 240 hardware_subarch_data
    dd      0                       ; 248 payload_offset
    dd      0                       ; 24c payload_length
    dd      0, 0                    ; 250 setup_data
    dd      ${LOAD_ADDRESS}, 0      ; 258 pref_address
    dd      kernel_bytes            ; 260 init_size
    dd      0                       ; 264 handover_offset
    dd      0                       ; 268 kernel_info_offset
setup:
    mov     ax, cs                  ; boot.rst: CS = segment + 20h
    mov     ds, ax
    mov     si, refusal - 0x200
    cld
.next:
    lodsb
    test    al, al
    jz      .halt
    mov     bl, al
    mov     dx, 0x3fd
.wait:
    in      al, dx
    test    al, 0x20
    jz      .wait
    mov     dx, 0x3f8
    mov     al, bl
    out     dx, al
    jmp     .next
.halt:
    cli
    hlt
    jmp     .halt
refusal:        db "The kexec demo kernel has no 16-bit entry; load it by its 32-bit entry.", 13, 10, 0
kernel_version: db "1.0.0-demo (kexec) #1", 0
    resb    ${(SETUP_SECTS + 1) * SECTOR_BYTES} - ($ - $$)
`;

/** Builds the bzImage. */
export function createBzImageGuest(): Uint8Array {
  const kernel = assemble(`${REPORT}\nbanner: db "kexec demo kernel, bzImage, entered.", 0\n`, {
    origin: LOAD_ADDRESS,
    bits: 32,
  }).bytes;
  const padded = new Uint8Array(Math.ceil(kernel.length / 16) * 16);
  padded.set(kernel);
  const setup = assemble(SETUP, { origin: 0, bits: 16, symbols: { kernel_bytes: padded.length } }).bytes;
  const file = new Uint8Array(setup.length + padded.length);
  file.set(setup);
  file.set(padded, setup.length);
  return file;
}

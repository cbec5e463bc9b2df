/** data: the kernel's tables, page directory, stack and log, as they stand in its image. */
import { KEXEC_NOTE_BYTES, VMCOREINFO_NOTE_SIZE } from '../../crash-core.js';
import { GDT_ENTRIES, IDT_ENTRIES, tss_struct } from './segment.js';

/** Bytes of the ring that printk writes to. */
export const LOG_BUF_BYTES = 0x4000;
/** Bytes of a kernel stack. @see arch/x86/include/asm/page_32_types.h THREAD_SIZE */
export const THREAD_SIZE = 0x2000;

/** Assembly text; everything is there from the start, there is no .bss to clear. */
export const DATA = `
        align   4096, 0
_data:
gdt_table:
        resq    12
        dq      0x00cf9a000000ffff      ; 60 kernel code: flat 4 GB
        dq      0x00cf92000000ffff      ; 68 kernel data
        dq      0x00cffa000000ffff      ; 73 user code
        dq      0x00cff2000000ffff      ; 7b user data
        resq    ${GDT_ENTRIES - 16} ; 80 TSS, 88 LDT, the rest free
gdt_descr:
        dw      ${GDT_ENTRIES * 8 - 1}
        dd      gdt_table
idt_descr:
        dw      ${IDT_ENTRIES * 8 - 1}
        dd      idt_table

        align   16, 0
init_tss:
        resb    ${tss_struct.sizeof}
cpu_signature:
        dd      0
cpu_capability:
        dd      0
cpuid_level:
        dd      -1
cpu_vendor:
        resb    12
cpu_family:
        db      0

        align   4096, 0
idt_table:
        resq    ${IDT_ENTRIES}
        align   4096, 0
swapper_pg_dir:
        resb    4096
pg0:
        resb    8192
pg_end:
        align   ${THREAD_SIZE}, 0
init_stack:
        resb    ${THREAD_SIZE}
init_stack_end:
__log_buf:
        resb    ${LOG_BUF_BYTES}
log_buf:
        dd      __log_buf
log_buf_len:
        dd      ${LOG_BUF_BYTES}
log_end:
        dd      0
logged_chars:
        dd      0

        align   4, 0
crash_notes:
        resb    ${KEXEC_NOTE_BYTES}
vmcoreinfo_note:
        resb    ${VMCOREINFO_NOTE_SIZE}
        align   4096, 0
_end:
`;

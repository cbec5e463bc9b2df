/** Where everything lies in a conformance guest, and the names that its programs use for it. */

/*
 * Physical memory, the same on every machine that runs the guest:
 *
 *   0_0000 IVT    1000 GDT   2000 IDT   2800 LDT   3000 TSS   3400, 3800, 3c00 further TSSs
 *   0_5000 what a handler saw    8000, 9000, a000, b000 tops of the stacks of rings 0, 3, 1, 2; 7000 ESP0
 *   1_0000 the frame (frame-text.ts)   2_0000 the program   3_0000 scratch, zero at the start
 *   4_0000 the programs as loaded     10_0000 page tables   20_0000, 30_0000 pages to play with
 */
export const FRAME_ADDRESS = 0x1_0000;
export const FRAME_BYTES = 0x4000;
export const PROGRAM_ADDRESS = 0x2_0000;
export const STORE_ADDRESS = 0x4_0000;
/** Below the extended BIOS data area. */
export const STORE_END = 0x9_0000;

/** Names for assembly text. */
export const SYMBOLS = {
  GDT: 0x1000,
  IDT: 0x2000,
  LDT: 0x2800,
  TSS: 0x3000,
  TSS2: 0x3400,
  TSS3: 0x3800,
  TSS4: 0x3c00,
  STACK: 0x8000,
  USER_STACK: 0x9000,
  STACK1: 0xa000,
  STACK2: 0xb000,
  INNER_STACK: 0x7000,
  PROGRAM: PROGRAM_ADDRESS,
  SCRATCH: 0x3_0000,
  DIRECTORY: 0x10_0000,
  TABLE: 0x10_1000,
  PAGE: 0x20_0000,
  DATA: 0x30_0000,
  PAGE_PTE: 0x10_1800,
  DATA_PTE: 0x10_1c00,
  /** Of the page after DATA. */
  NEXT_PTE: 0x10_1c04,
  CR4_VME: 1,
  CR4_PVI: 2,
  CR4_TSD: 4,
  CR4_DE: 8,
  CR4_PSE: 0x10,
  CR4_PAE: 0x20,
  CR4_PGE: 0x80,
  CR4_PCE: 0x100,
  CR4_OSFXSR: 0x200,
  CR4_OSXMMEXCPT: 0x400,
  /** What the last handler saw: vector, error code, EIP, CS, EFLAGS, and ESP and SS if the level changed. */
  SAW: 0x5000,
  SAW_ERROR: 0x5004,
  SAW_EIP: 0x5008,
  SAW_CS: 0x500c,
  SAW_EFLAGS: 0x5010,
  SAW_ESP: 0x5014,
  SAW_SS: 0x5018,
  /** EFLAGS and ESP of the handler itself, on its first instruction. */
  SAW_HANDLER_EFLAGS: 0x501c,
  SAW_HANDLER_ESP: 0x5020,
  /** EDI ESI EBP ESP EBX EDX ECX EAX at the exception; the program goes on with them, but for ESP. */
  SAW_REGISTERS: 0x5050,
  /** Where control goes after a handler, what EIP is told relative to, and the stack to come back to. */
  RESUME: 0x5030,
  ORIGIN: 0x5034,
  RESUME_ESP: 0x5038,
  START: 0x503c,
  /** Selectors. CODE16 has base PROGRAM, DATA16 and STACK16 base 0; all three have D or B = 0 and limit FFFF. */
  KERNEL_CS: 0x08,
  KERNEL_DS: 0x10,
  USER_CS: 0x1b,
  USER_DS: 0x23,
  TSS_SELECTOR: 0x28,
  CODE16: 0x30,
  DATA16: 0x38,
  STACK16: 0x38,
  LDT_SELECTOR: 0x40,
  FRAME_CODE16: 0x48,
  RING1_CS: 0x51,
  RING1_DS: 0x59,
  RING2_CS: 0x62,
  RING2_DS: 0x6a,
} as const;

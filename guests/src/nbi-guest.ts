/** Network boot images: a program in protected mode at 1 MB, and one in real mode at 2000:0. */
import { assemble } from '@kexec/x86-cpu';
import { PRINT } from './print.js';
import { LOAD_ADDRESS } from './report.js';

const HEADER_BYTES = 512;
/** Where the headers go: 1000:0. */
const HEADER_PADDR = 0x1_0000;
const REAL_MODE_SEGMENT = 0x2000;
const ENTRY32 = 0x8000_0000;

const PROTECTED_MODE = `
entry:
    mov     esp, ${LOAD_ADDRESS + 0x1000}
    cld
    mov     esi, text
    call    print
    mov     eax, [${HEADER_PADDR}]  ; the header's own place
    call    print_hex32
    mov     al, ' '
    call    putc
    mov     eax, [second]           ; the second segment, right behind the first
    call    print_hex32
    mov     esi, text_end
    call    print
    xor     eax, eax
    out     0xf4, al
    cli
    hlt
${PRINT}
text:       db "NBI program, 32-bit: header ", 0
text_end:   db 13, 10, "end", 13, 10, 0
    align   4
second:
`;

const REAL_MODE = `
bits 16
entry:
    mov     ax, cs
    mov     ds, ax
    cld
    mov     si, text
.next:
    lodsb
    test    al, al
    jz      .done
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
.done:
    int     0x12                    ; the BIOS answers: KB of base memory
    cmp     ax, 639
    jne     .wrong
    xor     al, al
    out     0xf4, al
.wrong:
    mov     al, 1
    out     0xf4, al
    cli
    hlt
text:   db "NBI program, 16-bit", 13, 10, "end", 13, 10, 0
`;

interface Segment {
  readonly bytes: Uint8Array;
  /** 0 at an address, 1 after the last segment. */
  readonly how: 0 | 1;
  readonly loadaddr: number;
}

/** The program in protected mode: two segments, the second placed behind the first. */
export function createNbiGuest(): Uint8Array {
  const code = assemble(PROTECTED_MODE, { origin: LOAD_ADDRESS, bits: 32 }).bytes;
  return nbi(ENTRY32, LOAD_ADDRESS, [
    { bytes: code, how: 0, loadaddr: LOAD_ADDRESS },
    { bytes: Uint8Array.of(0xef, 0xbe, 0xad, 0xde), how: 1, loadaddr: 0 },
  ]);
}

/** The program in real mode. */
export function createRealModeNbiGuest(): Uint8Array {
  const code = assemble(REAL_MODE, { origin: 0, bits: 16 }).bytes;
  const loadaddr = REAL_MODE_SEGMENT * 16;
  return nbi(0, REAL_MODE_SEGMENT * 0x1_0000, [{ bytes: code, how: 0, loadaddr }]);
}

function nbi(flags: number, entry: number, segments: readonly Segment[]): Uint8Array {
  const image = new Uint8Array(HEADER_BYTES + segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(image.buffer);
  const header = [0x1b03_1336, 4 + flags, HEADER_PADDR * 0x1000, entry];
  for (const [i, word] of header.entries()) view.setUint32(4 * i, word, true);
  let offset = HEADER_BYTES;
  for (const [index, { bytes, how, loadaddr }] of segments.entries()) {
    const last = index === segments.length - 1 ? 4 : 0;
    const row = [4 + (how + last) * 0x100_0000, loadaddr, bytes.length, bytes.length];
    for (const [i, word] of row.entries()) view.setUint32(16 + 16 * index + 4 * i, word, true);
    image.set(bytes, offset);
    offset += bytes.length;
  }
  return image;
}

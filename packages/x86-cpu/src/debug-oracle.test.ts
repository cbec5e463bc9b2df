/** Debug exceptions of one boot sector, against what qemu-system-i386 7.2 wrote for the same bytes. */
import { expect, it } from 'vitest';
import { type Guest, realGuest } from './testing/guest.js';

const arm = (index: number, at: string, dr7: string) =>
  `mov eax, ${at}\nmov dr${index}, eax\nmov eax, ${dr7}\nmov dr7, eax\n`;
const STEP = 'push word 0x102\npopf\n';

/** Each #DB writes IP, the conditions of DR6, TF of the frame and CX, as words to port E9, and disarms. */
const TEXT = `
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [4], handler
        mov word [6], 0
        mov ecx, 0x1111
        ${arm(0, '0x9000', '0xd0001')}
        mov dword [0x9000], ecx
write:  nop
        ${arm(0, '0x9000', '0xf0001')}
        mov edx, [0x8ffe]
access: nop
        ${arm(1, 'fetch', '0x4')}
        nop
fetch:  nop
        ${STEP} nop
step:   nop
        mov ecx, 8
        mov edi, 0x9ffd
        ${arm(2, '0xa000', '0x1000010')}
string: rep stosb
        mov eax, cr4
        or eax, 8
        mov cr4, eax
        ${arm(3, '0x80', '0x20000040')}
        out 0x80, al
port:   nop
        xor ax, ax
        ${STEP} mov ss, ax
        nop
stack:  hlt
handler: push bp
        mov bp, sp
        push eax
        push ebx
        mov bx, [bp + 2]
        call put
        mov ebx, dr6
        and bx, 0xe00f
        call put
        mov bx, [bp + 6]
        and bx, 0x100
        call put
        mov bx, cx
        call put
        xor eax, eax
        mov dr7, eax
        mov dr6, eax
        and word [bp + 6], 0xfeff
        pop ebx
        pop eax
        pop bp
        iret
put:    mov al, bl
        out 0xe9, al
        mov al, bh
        out 0xe9, al
        ret`;

/** Label of IP, DR6, TF, CX. */
const QEMU: readonly (readonly [label: string, dr6: number, tf: number, cx: number])[] = [
  ['write', 1, 0, 0x1111],
  ['access', 1, 0, 0x1111],
  ['fetch', 2, 0, 0x1111],
  ['step', 0x4000, 0x100, 0x1111],
  ['string', 4, 0, 4],
  ['port', 8, 0, 0],
  ['stack', 0x4000, 0x100, 0],
];

it.each(['fast', 'reference'] as const)(
  'breakpoints and steps come as in QEMU, with the %s interpreter',
  (interpreter) => {
    const bytes: number[] = [];
    const board = {
      writePort: (port: number, _: number, value: number) => void (port === 0xe9 && bytes.push(value)),
    };
    const guest: Guest = realGuest(TEXT, { interpreter, board });
    expect(guest.run()).toEqual({ kind: 'halt' });
    const words = Array.from(
      { length: bytes.length / 2 },
      (_, i) => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8),
    );
    expect(words).toEqual(QEMU.flatMap(([label, ...rest]) => [guest.label(label), ...rest]));
  },
);

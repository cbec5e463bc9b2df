/** The guest as bytes: frame and programs in memory, and a disk that boots into them. */
import { assemble } from '../../asm.js';
import { FRAME_TEXT } from './frame-text.js';
import {
  FRAME_ADDRESS,
  FRAME_BYTES,
  PROGRAM_ADDRESS,
  STORE_ADDRESS,
  STORE_END,
  SYMBOLS,
} from './memory-map.js';
import { expand, type Program } from './program.js';

/** What is to lie where before the frame is entered. */
export interface Image {
  /** For FRAME_ADDRESS; its first byte is the entry, in flat 32-bit protected mode. */
  readonly frame: Uint8Array;
  /** For STORE_ADDRESS: each program's length, as a dword, and its bytes. */
  readonly store: Uint8Array;
}

const FRAME = assemble(FRAME_TEXT, { origin: FRAME_ADDRESS, symbols: SYMBOLS });
/** What programs may use of the frame. */
const ENTRIES = ['done', 'paging', 'tables', 'put', 'enter_real', 'frame', 'stubs'] as const;
const FRAME_SYMBOLS = Object.fromEntries(ENTRIES.map((name) => [name, labelOf(name)]));

/** Assembles programs; throws AssemblerError, or RangeError when they have no room. */
export function buildImage(programs: readonly Program[], first = 0): Image {
  const frame = FRAME.bytes.slice();
  const header = new DataView(frame.buffer);
  header.setUint32(labelOf('first') - FRAME_ADDRESS, first, true);
  header.setUint32(labelOf('count') - FRAME_ADDRESS, programs.length, true);
  const store = new Uint8Array(STORE_END - STORE_ADDRESS);
  let at = 0;
  for (const program of programs) {
    const bytes = assembleProgram(program);
    if (at + 4 + bytes.length > store.length) throw new RangeError(`no room for '${program.name}'`);
    new DataView(store.buffer).setUint32(at, bytes.length, true);
    store.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return { frame, store: store.slice(0, at) };
}

function assembleProgram({ text }: Program): Uint8Array {
  const symbols = { ...SYMBOLS, ...FRAME_SYMBOLS };
  return assemble(expand(text), { origin: PROGRAM_ADDRESS, symbols }).bytes;
}

function labelOf(name: string): number {
  const address = FRAME.labels.get(name);
  if (address === undefined) throw new Error(`the frame has no label ${name}`);
  return address;
}

const SECTOR_BYTES = 0x200;
/** Sectors a read: what the BIOS moves within one segment. */
const CHUNK_SECTORS = 0x20;
const CHUNK_BYTES = CHUNK_SECTORS * SECTOR_BYTES;

/** Reads chunks by INT 13h, AH = 42h, opens A20 by port 92 and enters the frame. */
const bootText = (chunks: number): string => `
        bits 16
        jmp 0:start
start:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        sti
        mov cx, ${chunks}
next:   push cx
        mov ah, 0x42
        mov si, packet
        mov dl, 0x80
        int 0x13
        jc $
        add dword [sector], ${CHUNK_SECTORS}
        add word [paragraph], ${CHUNK_BYTES >>> 4}
        cmp word [paragraph], ${(FRAME_ADDRESS + FRAME_BYTES) >>> 4}
        jne .low
        mov word [paragraph], ${STORE_ADDRESS >>> 4}
.low:   pop cx
        loop next
        cli
        in al, 0x92
        or al, 2
        and al, 0xfe
        out 0x92, al
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 8:flat
        bits 32
flat:   mov eax, 16
        mov ds, eax
        mov es, eax
        mov ss, eax
        jmp ${FRAME_ADDRESS}
align 4
packet: db 16, 0
        dw ${CHUNK_SECTORS}, 0
paragraph: dw ${FRAME_ADDRESS >>> 4}
sector: dd 1, 0
gdtr:   dw 23
        dd gdt
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        times 446-($-$$) db 0
        db 0x80, 1, 1, 0, 0x83, 15, 63, 15
        dd 1, ${0x4000}
        times 510-($-$$) db 0
        dw 0xaa55`;

/** A hard disk of 16 heads, 63 sectors a track and `cylinders` that boots into the image. */
export function diskOf({ frame, store }: Image): { readonly bytes: Uint8Array; readonly cylinders: number } {
  const chunks = (FRAME_BYTES + Math.ceil(store.length / CHUNK_BYTES) * CHUNK_BYTES) / CHUNK_BYTES;
  const cylinders = 20;
  const bytes = new Uint8Array(cylinders * 16 * 63 * SECTOR_BYTES);
  bytes.set(assemble(bootText(chunks), { origin: 0x7c00, bits: 16 }).bytes);
  bytes.set(frame, SECTOR_BYTES);
  bytes.set(store, SECTOR_BYTES + FRAME_BYTES);
  return { bytes, cylinders };
}

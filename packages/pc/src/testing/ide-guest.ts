/** A guest that puts an IDE drive through its commands and tells on port E9 what it saw; it runs on any PC. */
import { IDE_ROUTINES } from './ide-guest-routines.js';

/** Where the program begins: behind the boot sector that loads it. */
export const IDE_GUEST_ORIGIN = 0x7e00;

/** The boot sector: loads the sectors behind it, for machines that boot from the disk. */
export const IDE_GUEST_LOADER = `
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov sp, 0x7c00
  mov ax, 0x0203
  mov bx, 0x7e00
  mov cx, 0x0002
  mov dx, 0x0080
  int 0x13
  jmp 0:0x7e00
  times 510 - ($ - $$) db 0
  dw 0xaa55
`;

/**
 * Each line: a letter, then bytes in hexadecimal. `S` is Status and Error, `D` the sum of what was read, `B` the bus
 * master's status. The disk must hold 2048 sectors; sectors 100 on are written.
 */
export const IDE_GUEST = `
  cli
  cld
  xor ax, ax
  mov ds, ax
  mov es, ax
  ; SRST
  mov dx, 0x3f6
  mov al, 0x06
  out dx, al
  mov al, 0x00
  out dx, al
  call ready
  call signature
  ; IDENTIFY DEVICE
  mov bl, 0xe0
  mov al, 0xec
  call task
  call status
  call sector
  call status
  ; READ SECTOR(S): two from LBA 5
  mov word ptr [count], 2
  mov word ptr [low], 5
  mov al, 0x20
  call task
  call status
  call sector
  call sum
  call status
  call sector
  call sum
  call status
  ; beyond the end
  mov word ptr [count], 1
  mov word ptr [low], 2048
  mov al, 0x20
  call task
  call status
  ; READ MULTIPLE while off, then SET MULTIPLE MODE to 3, to 4, and six sectors
  mov word ptr [low], 9
  mov word ptr [count], 0
  mov al, 0xc6
  call task
  call status
  mov word ptr [count], 3
  mov al, 0xc6
  call task
  call status
  mov word ptr [count], 4
  mov al, 0xc6
  call task
  call status
  mov word ptr [count], 6
  mov al, 0xc4
  call task
  call status
  mov cx, 1024
  call words
  call status
  mov cx, 512
  call words
  call status
  ; no such command
  mov al, 0xff
  call task
  call status
  ; cylinder 1, head 2, sector 3
  mov word ptr [count], 1
  mov byte ptr [low], 3
  mov byte ptr [low + 1], 1
  mov bl, 0xa2
  mov al, 0x20
  call task
  call status
  call sector
  call sum
  ; WRITE SECTOR(S): two to LBA 100, and FLUSH CACHE
  mov bl, 0xe0
  mov word ptr [low], 100
  mov word ptr [count], 2
  mov al, 0x30
  call task
  call status
  mov cx, 2
again:
  push cx
  mov cx, 256
  mov dx, 0x1f0
  mov si, 0x7e00
  rep outsw
  call ready
  call status
  pop cx
  loop again
  mov al, 0xe7
  call task
  call status
  ; READ DMA of the same two, in two regions; the table at 9000
  call find_bus_master
  mov dword ptr [0x9000], 0xa000
  mov dword ptr [0x9004], 0x200
  mov dword ptr [0x9008], 0xb000
  mov dword ptr [0x900c], 0x80000200
  call dma
  mov si, 0xa000
  call sum_at
  mov si, 0xb000
  call sum_at
  ; a table that is longer than the transfer
  mov dword ptr [0x900c], 0x80000400
  call dma
  ; no device 1
  mov bl, 0xf0
  mov al, 0xec
  mov dx, 0x1f6
  xchg al, bl
  out dx, al
  xchg al, bl
  mov dx, 0x1f7
  out dx, al
  call status
  ; EXECUTE DEVICE DIAGNOSTIC
  mov bl, 0xe0
  mov al, 0x90
  call task
  call signature
  mov al, '.'
  out 0xe9, al
  mov al, 0
  out 0xf4, al
  hlt
${IDE_ROUTINES}`;

/** A guest that puts an IDE drive through its commands and tells on port E9 what it saw; it runs on any PC. */

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

; command al on device bl with [count] and [low], then waits
task:
  mov ah, al
  mov dx, 0x1f6
  mov al, bl
  out dx, al
  mov dx, 0x1f2
  mov al, [count]
  out dx, al
  inc dx
  mov al, [low]
  out dx, al
  inc dx
  mov al, [low + 1]
  out dx, al
  inc dx
  mov al, 0
  out dx, al
  mov dx, 0x1f7
  mov al, ah
  out dx, al
ready:
  push dx
  push ax
  mov dx, 0x3f6
busy:
  in al, dx
  test al, 0x80
  jnz busy
  pop ax
  pop dx
  ret

status:
  call ready
  mov al, 'S'
  out 0xe9, al
  mov dx, 0x1f7
  in al, dx
  ; DSC is obsolete, and every drive has its own idea of it
  and al, 0xef
  call hex
  test al, 1
  mov al, 0
  jz noerror
  mov dx, 0x1f1
  in al, dx
noerror:
  call hex
  jmp newline

signature:
  mov al, 'G'
  out 0xe9, al
  mov dx, 0x1f1
  mov cx, 5
each:
  in al, dx
  call hex
  inc dx
  loop each
  jmp newline

sector:
  mov cx, 256
words:
  mov dx, 0x1f0
  mov di, 0xa000
  rep insw
  ret

sum:
  mov si, 0xa000
sum_at:
  mov al, 'D'
  out 0xe9, al
  xor bp, bp
  mov cx, 256
add_word:
  lodsw
  rol bp, 1
  add bp, ax
  loop add_word
  mov ax, bp
  xchg al, ah
  call hex
  xchg al, ah
  call hex
  jmp newline

; eax: the bus master's first port
find_bus_master:
  mov eax, 0x80000920
  mov dx, 0xcf8
  out dx, eax
  mov dx, 0xcfc
  in eax, dx
  and al, 0xfc
  mov [base], ax
  mov eax, 0x80000904
  mov dx, 0xcf8
  out dx, eax
  mov dx, 0xcfc
  in ax, dx
  or al, 5
  out dx, ax
  ret

dma:
  mov dx, [base]
  add dx, 4
  mov eax, 0x9000
  out dx, eax
  sub dx, 2
  mov al, 6
  out dx, al
  sub dx, 2
  mov al, 8
  out dx, al
  mov al, 0xc8
  call start_dma
  mov al, 'B'
  out 0xe9, al
  mov dx, [base]
  add dx, 2
wait_dma:
  in al, dx
  test al, 4
  jz wait_dma
  and al, 7
  call hex
  mov dx, [base]
  mov al, 0
  out dx, al
  add dx, 2
  in al, dx
  and al, 7
  call hex
  call newline
  jmp status

; the command is given, then the engine is started
start_dma:
  mov ah, al
  mov dx, 0x1f6
  mov al, bl
  out dx, al
  mov dx, 0x1f2
  mov al, [count]
  out dx, al
  inc dx
  mov al, [low]
  out dx, al
  inc dx
  mov al, 0
  out dx, al
  inc dx
  out dx, al
  mov dx, 0x1f7
  mov al, ah
  out dx, al
  mov dx, [base]
  mov al, 9
  out dx, al
  ret

hex:
  push ax
  push cx
  mov ah, al
  shr al, 4
  call digit
  mov al, ah
  and al, 15
  call digit
  pop cx
  pop ax
  ret
digit:
  add al, '0'
  cmp al, '9'
  jbe put
  add al, 39
put:
  out 0xe9, al
  ret

newline:
  mov al, 10
  out 0xe9, al
  ret

count: dw 0
low: dw 0
base: dw 0
`;

/** Routines of the guest that tries an IDE drive: commands, waiting, DMA, and the report on port E9. */

/** Assembly text; uses the words `count`, `low` and `base` at its own end. */
export const IDE_ROUTINES = `
; command al on device bl with [count] and [low], then waits
task:
  call issue
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
  call issue
  mov dx, [base]
  mov al, 9
  out dx, al
  ret

issue:
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

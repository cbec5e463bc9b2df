/** The purgatory's check: SHA-256 over what was loaded, and zeros after it, before anything is entered. */

/**
 * Assembly text, a part of the purgatory's source. Memory holds whole blocks: the loader digests the zeros that fill
 * up a segment's last one, and gives the end of the message (FIPS 180-4, 5.1.1) as the last row.
 */
export const PURGATORY_SHA256_SOURCE = `
; Returns if every row of the table is as it was when it was loaded.
verify:
        lea esi, [ebx + sha256_initial]
        lea edi, [ebx + sha256_state]
        mov ecx, 8
        rep movsd
        lea ebp, [ebx + regions]
.region:
        mov esi, [ebp]
        mov ecx, [ebp + 4]
        test ecx, ecx
        jz .zeros
.block:
        push ecx
        call sha256_block
        pop ecx
        dec ecx
        jnz .block
.zeros:
        mov edi, esi
        mov ecx, [ebp + 8]
        xor eax, eax                    ; ZF, if there is nothing to scan
        repe scasd
        jne not_zero
        add ebp, 12
        lea eax, [ebx + regions_end]
        cmp ebp, eax
        jb .region
        lea esi, [ebx + sha256_state]
        lea edi, [ebx + digest]
        mov ecx, 8
        repe cmpsd
        jne changed
        ret

; esi: a block, and its end on return. ebp is kept. FIPS 180-4, 6.2.2 "SHA-256 Hash Computation".
sha256_block:
        push ebp
        lea edi, [ebx + schedule]
        mov ecx, 16
.load:
        lodsd
        xchg al, ah                     ; BSWAP, which a 386 has not
        rol eax, 16
        xchg al, ah
        stosd
        dec ecx
        jnz .load
        push esi
        mov ecx, 48
.extend:                                ; W[t] = s1(W[t-2]) + W[t-7] + s0(W[t-15]) + W[t-16]
        mov eax, [edi - 60]
        mov edx, eax
        mov esi, eax
        ror eax, 7
        ror edx, 18
        shr esi, 3
        xor eax, edx
        xor eax, esi
        mov edx, [edi - 8]
        mov esi, edx
        mov ebp, edx
        ror edx, 17
        ror esi, 19
        shr ebp, 10
        xor edx, esi
        xor edx, ebp
        add eax, edx
        add eax, [edi - 64]
        add eax, [edi - 28]
        stosd
        dec ecx
        jnz .extend
        lea esi, [ebx + sha256_state]
        lea edi, [ebx + variables + 256]
        mov ecx, 8
        rep movsd
        lea edi, [ebx + variables + 256]
; edi: a to h. Each round they move down by a dword, so b is where a was, and d becomes e in its place.
.round:
        mov edx, [edi + 16]
        mov eax, edx
        ror eax, 14
        xor eax, edx
        ror eax, 5
        xor eax, edx
        ror eax, 6                      ; S1(e)
        mov esi, [edi + 20]
        xor esi, [edi + 24]
        and esi, edx
        xor esi, [edi + 24]             ; Ch(e, f, g)
        add eax, esi
        add eax, [edi + 28]
        add eax, [ebx + ecx*4 + sha256_k]
        add eax, [ebx + ecx*4 + schedule]
        add [edi + 12], eax             ; e = d + T1
        mov edx, [edi]
        mov esi, edx
        ror esi, 9
        xor esi, edx
        ror esi, 11
        xor esi, edx
        ror esi, 2                      ; S0(a)
        add eax, esi
        mov esi, edx
        or esi, [edi + 4]
        and esi, [edi + 8]
        and edx, [edi + 4]
        or esi, edx                     ; Maj(a, b, c)
        add eax, esi
        sub edi, 4
        mov [edi], eax                  ; a = T1 + T2
        inc ecx
        cmp ecx, 64
        jb .round
        xor ecx, ecx
.sum:
        mov eax, [edi + ecx*4]
        add [ebx + ecx*4 + sha256_state], eax
        inc ecx
        cmp ecx, 8
        jb .sum
        pop esi
        pop ebp
        ret

; edi is 4 beyond the dword that is not zero.
not_zero:
        call raise_alarm
        lea esi, [ebx + text_not_zero]
        call print
        lea eax, [edi - 4]
        call print_hex
        jmp halt

changed:
        call raise_alarm
        lea esi, [ebx + text_loaded]
        call print
        lea edi, [ebx + digest]
        call print_digest
        lea esi, [ebx + text_found]
        call print
        lea edi, [ebx + sha256_state]
        call print_digest
halt:
        lea esi, [ebx + text_halted]
        call print
.forever:
        cli
        hlt
        jmp .forever

raise_alarm:
        mov al, [ebx + alarm]
        mov [ebx + consoles], al
        lea esi, [ebx + text_changed]
        jmp print

; edi: 8 dwords
print_digest:
        mov ecx, 8
.word:
        mov eax, [edi]
        call print_hex
        add edi, 4
        dec ecx
        jnz .word
        ret
`;

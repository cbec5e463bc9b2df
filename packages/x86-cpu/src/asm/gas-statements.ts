/** Texts in AT&T syntax and the bytes that GNU as makes of them; recorded by scripts/record-gas-statements.mjs. */

/** 32-bit code at address 0, and its bytes in hexadecimal. */
export const STATEMENT_VECTORS: readonly (readonly [text: string, bytes: string])[] = [
  ['.byte 1, -1, 0x7f, 0101, 0b11', '01ff7f4103'],
  [".byte 'A, '\\n, '\"", '410a22'],
  ['.word 0x1234; .short -2; .hword 1; .value 3; .2byte 4', '3412feff010003000400'],
  ['.long 0x12345678, -1; .int 2; .4byte 3', '78563412ffffffff0200000003000000'],
  ['.quad 0x123456789abcdef; .8byte 1', 'efcdab89674523010100000000000000'],
  ['.ascii "ab\\n\\t\\\\\\"\\101\\x7f", "c"', '61620a095c22417f63'],
  ['.asciz "ab"; .string "c"', '6162006300'],
  ['.ascii "no # comment; here"', '6e6f202320636f6d6d656e743b2068657265'],
  ['.byte 1; .balign 8, 0xcc; .byte 2', '01cccccccccccccc02'],
  ['.byte 1; .p2align 3, 0; .byte 2', '010000000000000002'],
  ['nop; .org 5; nop; .org . + 2, 0xff; nop', '900000000090ffff90'],
  ['.fill 3, 2, 0x1234; .fill 2; .fill 1, 8, -1; .fill 2, 1, 7', '3412341234120000ffffffff000000000707'],
  ['.skip 3, 9; .space 2; .zero 2', '09090900000000'],
  ['.set x, 5; .equ y, x + 1; z = y * 2; .byte x, y, z', '05060c'],
  ['.long end - start; start: .byte 1, 2; end:', '020000000102'],
  ['1: jmp 1b; jmp 1f; 1: jmp 1b; 2: jmp 2b', 'ebfeeb00ebfeebfe'],
  ['a: jmp b; b: jne a; call a; jecxz b; loop b', 'eb0075fce8f7ffffffe3f7e2f5'],
  ['.L1: jmp .L1; _x.y$z: jmp _x.y$z', 'ebfeebfe'],
  ['rep; movsb; lock; incl (%eax)', 'f3a4f0ff00'],
  ['rep stosl; repne scasb; repz cmpsw', 'f3abf2ae66f3a7'],
  ['movl $msg, %eax; msg: .byte 0', 'b80500000000'],
  ['mov msg, %eax; mov msg+4(,%ebx,4), %ecx; msg:', 'a10c0000008b0c9d10000000'],
  ['movl $(1+2)*3, %eax; mov $~5, %ebx; mov $-1, %ecx', 'b809000000bbfaffffffb9ffffffff'],
  ['movl $1 + 2 | 4, %eax; movl $7 - 2 & 3, %eax', 'b807000000b805000000'],
  ['movl $1 << 4 + 1, %eax; movl $100 / 7 % 4, %ebx', 'b811000000bb02000000'],
  ['movl 4*4(%eax), %ebx; movl (4+4)(%eax), %ebx; movl -(4)(%ebp), %ebx', '8b58108b58088b5dfc'],
  ['mov %ds, %ax; mov %ax, %ds; movw %ds, (%eax); movw %ax, %ds', '668cd88ed88c188ed8'],
  ['pushl $5; pushw $5; push $500; pushl (%eax); pushw %ds; pushl %fs', '6a05666a0568f4010000ff30661e0fa0'],
  ['popl (%eax); popw %ax; pushal; popaw; pushfl; popfw; iretw', '8f0066586066619c669d66cf'],
  ['call *%eax; call *(%eax); jmp *table(,%eax,4); table:', 'ffd0ff10ff24850b000000'],
  [
    'ljmp $8, $0x1000; lcall $16, $0x2000; ljmp *(%eax); lcallw *(%eax); lret; lret $4; lretw',
    'ea0010000008009a002000001000ff2866ff18cbca040066cb',
  ],
  ['ret; ret $8; retw; leave; leavew; enter $16, $2', 'c3c2080066c3c966c9c8100002'],
  [
    'movzbl %al, %ecx; movzwl (%eax), %ecx; movsbw (%eax), %cx; movzb %al, %ecx; movswl %ax, %edx',
    '0fb6c80fb708660fbe080fb6c80fbfd0',
  ],
  ['movsbl (%eax), %eax; movsx %al, %eax; movzx %ax, %eax', '0fbe000fbec00fb7c0'],
  ['cbtw; cwtl; cwtd; cltd; cbw; cwde; cwd; cdq', '669898669999669898669999'],
  [
    'shll %eax; shll $1, %eax; shlb $3, (%eax); sarl %cl, (%eax); shld $2, %eax, %ebx; shrd %cl, %eax, (%ebx)',
    'd1e0d1e0c02003d3380fa4c3020fad03',
  ],
  ['imul $10, %eax; imull $10, (%eax), %ebx; imul %ecx, %ebx; imull (%eax)', '6bc00a6b180a0fafd9f728'],
  [
    'inb $0x60, %al; inl (%dx), %eax; outb %al, $0x80; outw %ax, (%dx); in %dx, %al; outl %eax, %dx',
    'e460ede68066efecef',
  ],
  ['insb; insl (%dx), %es:(%edi); outsb %ds:(%esi), (%dx); outsl %fs:(%esi), (%dx)', '6c6d6e646f'],
  ['movsl; movsw %gs:(%esi), %es:(%edi); movsb (%si), (%di)', 'a56566a567a4'],
  [
    'stosb; stos %eax, %es:(%edi); lods %fs:(%esi), %al; scas %es:(%edi), %ax; cmpsl %es:(%edi), %ds:(%esi)',
    'aaab64ac66afa7',
  ],
  ['xlat; xlatb; xlat %fs:(%ebx)', 'd7d764d7'],
  [
    'bound %eax, (%ebx); arpl %ax, (%ebx); lgdt (%eax); lgdtl (%eax); sidtw (%eax); lidt 0x1000',
    '620363030f01100f0110660f01080f011d00100000',
  ],
  [
    'sldt %ax; sldtw (%eax); lldt (%eax); smsw %eax; lmsw %ax; str (%eax); ltr %ax',
    '660f00c00f00000f00100f01e00f01f00f00080f00d8',
  ],
  ['mov %cr0, %eax; mov %eax, %cr3; mov %db7, %eax; mov %eax, %dr0', '0f20c00f22d80f21f80f23c0'],
  [
    'flds (%eax); fldl (%eax); fldt (%eax); fld %st(2); filds (%eax); fildl (%eax); fildll (%eax); fildq (%eax)',
    'd900dd00db28d9c2df00db00df28df28',
  ],
  [
    'fsts (%eax); fstpl (%eax); fstpt (%eax); fistps (%eax); fistpl (%eax); fistpll (%eax); fbld (%eax)',
    'd910dd18db38df18db18df38df20',
  ],
  [
    'fadds (%eax); faddl (%eax); fiadds (%eax); fiaddl (%eax); fadd %st(3), %st; fadd %st, %st(3); faddp',
    'd800dc00de00da00d8c3dcc3dec1',
  ],
  [
    'fsub %st(3), %st; fsub %st, %st(3); fsubr %st, %st(3); fsubp; fsubrp; fsubp %st, %st(2); fsubrp %st, %st(2)',
    'd8e3dce3dcebdee1dee9dee2deea',
  ],
  [
    'fdiv %st(3), %st; fdiv %st, %st(3); fdivr %st, %st(3); fdivp; fdivrp; fdivl (%eax); fidivrs (%eax)',
    'd8f3dcf3dcfbdef1def9dc30de38',
  ],
  [
    'fsub %st(2); fmul %st(1); fcom; fcomp %st(2); fucom; fucompp; fxch; fxch %st(3); fcomi %st(1), %st',
    'd8e2d8c9d8d1d8dadde1dae9d9c9d9cbdbf1',
  ],
  [
    'fldcw (%eax); fnstcw (%eax); fstcw (%eax); fnstsw %ax; fstsw (%eax); fnsave (%eax); frstor (%eax); finit; fwait',
    'd928d9389bd938dfe09bdd38dd30dd209bdbe39b',
  ],
  [
    'movd %eax, %mm0; movq %mm1, (%eax); paddb (%eax), %mm2; movdqa %xmm1, %xmm2; movups %xmm0, 16(%eax)',
    '0f6ec00f7f080ffc10660f6fd10f114010',
  ],
  [
    'cvtsi2sdl (%eax), %xmm1; cvtsi2ss %eax, %xmm0; cmpltps %xmm1, %xmm2; cmpsd $3, (%eax), %xmm1; movsd (%eax), %xmm0',
    'f20f2a08f30f2ac00fc2d101f20fc20803f20f1000',
  ],
  [
    'pinsrw $3, %eax, %xmm1; pextrw $1, %mm1, %eax; pshufd $0x1b, %xmm1, %xmm2; psrldq $4, %xmm3',
    '660fc4c8030fc5c101660f70d11b660f73db04',
  ],
  [
    'mov %fs:0, %eax; mov %gs:4(%ebx), %al; mov %es:(%esp), %eax; mov %ds:(%ebp), %eax',
    '64a100000000658a4304268b04243e8b4500',
  ],
  [
    'mov (%bx,%si), %ax; mov 4(%bp), %al; mov (,%ebp), %eax; mov (,%ecx,8), %eax; lea 1(%eax,%eax,2), %ecx',
    '67668b00678a46048b042d000000008b04cd000000008d4c4001',
  ],
  [
    'addr16 mov 0x1234, %eax; data16 je . + 8; data16 jmp . + 8; addr16 rep movsb',
    '67a1341266740566eb0567f3a4',
  ],
  [
    'lock cmpxchgl %ecx, (%eax); xaddb %al, (%ebx); bswap %ecx; cmpxchg8b (%eax); sete %al; setneb (%eax); cmovel %eax, %ecx',
    'f00fb1080fc0030fc90fc7080f94c00f95000f44c8',
  ],
  [
    'test %eax, (%ebx); test (%ebx), %eax; testb $1, (%eax); xchg %eax, %ecx; xchg %al, (%eax); nopw (%eax); nopl 0(%eax)',
    '85038503f60001918600660f1f000f1f00',
  ],
  [
    '.code16; mov $1, %eax; mov $1, %ax; jmp . + 4; ljmpl $8, $0x100000; .code32; mov $1, %eax',
    '66b801000000b80100eb0266ea000010000800b801000000',
  ],
  [
    '.code16; lgdtl (%bx); movl %cr0, %eax; pushl $5; retl; calll . + 10; mov (%ebx), %ax; movw $5, 0x1234',
    '660f01170f20c0666a0566c366e804000000678b03c70634120500',
  ],
];

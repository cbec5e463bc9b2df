/** User code: programs in ring 3, and the faults that end them. */
import { describe, expect, it } from 'vitest';
import { runningMachine } from './fixture.js';
import { USER_TEXT } from './process.js';
import { __NR_getpid, __NR_munmap } from './uapi/unistd.js';

describe('user code', () => {
  it('runs in ring 3 with its own stack and makes system calls of its own', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    const code = `
        push    ebx
        mov     ebx, 0x1234
        mov     eax, ${__NR_getpid}
        int     0x80
        cmp     ebx, 0x1234             ; every register but EAX comes back
        jne     wrong
        mov     [pid], eax
        mov     ecx, cs
        and     ecx, 3
        lea     eax, [eax * 8 + ecx]
wrong:  pop     ebx
        ret
pid:    dd      0`;
    expect(process.run(code)).toEqual({ returned: true, value: 8 * process.pid + 3 });
    expect(process.syscall(__NR_getpid)).toEqual({ returned: true, value: process.pid });
  });

  it('that reads what it has unmapped is killed: the TLB holds it no longer', () => {
    const { kernel } = runningMachine();
    const process = kernel.createProcess();
    const vaddr = process.mmap(0x1000);
    const code = `
        mov     ebx, ${vaddr}
        mov     byte [ebx], 0x55
        mov     ecx, 0x1000
        mov     eax, ${__NR_munmap}
        int     0x80
        mov     al, [ebx]
        ret`;
    expect(process.run(code)).toEqual({ returned: false, why: 'killed' });
  });

  const faults: readonly (readonly [name: string, code: string, line: RegExp])[] = [
    ['a privileged instruction', 'cli', /trap general protection fault ip 40000000 sp bfff\w+ error 0/],
    ['a port', 'in al, 0x64', /general protection fault/],
    ['a read of nothing', 'mov eax, [0x10]', /segfault at 10 ip 40000000 sp bfff\w+ error 4/],
    ['a read of the kernel', 'mov eax, [0xc0100000]', /segfault at c0100000 ip 40000000 sp bfff\w+ error 5/],
    [
      'a write to its program',
      `mov [${USER_TEXT}], eax`,
      /segfault at 8048000 ip 40000000 sp bfff\w+ error 7/,
    ],
    ['an interrupt that is not for it', 'int 0x21', /general protection fault .* error 10a/],
    ['a division by zero', 'xor ecx, ecx \n div ecx', /trap divide error/],
    ['an undefined opcode', 'ud2', /trap invalid opcode ip 40000000/],
    ['a breakpoint', 'int3', /trap int3 ip 40000001/],
  ];
  for (const [name, code, line] of faults) {
    it(`is ended by ${name}; the kernel lives on and has the pages back`, () => {
      const { kernel, board } = runningMachine();
      kernel.consoleLoglevel = 8;
      const process = kernel.createProcess();
      expect(process.run(code)).toEqual({ returned: false, why: 'killed' });
      expect(board.serial).toMatch(line);
      expect(board.serial).toContain(`process[${process.pid}]: `);
      expect(() => process.syscall(__NR_getpid)).toThrow(/is gone/);
      expect(kernel.pages.checkAccounting().allocated).toBe(0);
      expect(kernel.createProcess().syscall(__NR_getpid)).toEqual({ returned: true, value: 2 });
    });
  }
});

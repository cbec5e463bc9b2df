/** A kexec followed live by Debian's gdb: the jump, the stub, the new kernel, in every mode, and back again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf, LOAD_ADDRESS } from '@kexec/guests';
import { assemble } from '@kexec/x86-cpu';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { debugMachine, hasGdb, symbolFile } from './gdb-session.js';

const folder = mkdtempSync(join(tmpdir(), 'kexec-gdb-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The lines of a transcript in this order, others between them. */
function expectInOrder(text: string, ...patterns: RegExp[]): void {
  let rest = text;
  for (const pattern of patterns) {
    const found = pattern.exec(rest);
    expect(found && pattern.source, `${pattern} in:\n${rest}\nof:\n${text}`).toBe(pattern.source);
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0));
  }
}

const KERNEL_BASE = 0xc000_0000;
/** Turns paging on, goes on in the upper gigabyte, counts there, and ends the machine with code 0. */
const HIGH_KERNEL = `
entry:
    mov     edi, 0x201000
    mov     eax, 3
    mov     ecx, 1024
fill:
    mov     [edi], eax
    add     eax, 0x1000
    add     edi, 4
    loop    fill
    mov     dword [0x200000], 0x201003
    mov     dword [0x200c00], 0x201003
    mov     eax, 0x200000
    mov     cr3, eax
    mov     eax, cr0
    or      eax, 0x80000000
turn_paging_on:
    mov     cr0, eax
    mov     eax, start_kernel + ${KERNEL_BASE}
    jmp     eax
start_kernel:
    fninit
    fldpi
    mov     eax, 0x200                  ; OSFXSR
    mov     cr4, eax
    movups  xmm0, [numbers]
    mov     ecx, 3
again:
    add     dword [counter + ${KERNEL_BASE}], 5
    loop    again
power_off:
    xor     eax, eax
    out     0xf4, al
    jmp     $
counter: dd 0
numbers: dd 1, 2, 3, 4
`;

describe.skipIf(!hasGdb())('gdb', () => {
  test('follows the jump into the stub and into the kernel, and goes back into the kernel that ended', async () => {
    // The CPU stands at machine_kexec: ebx is the control page, edx the entry point (machine-kexec.ts).
    const { gdb, machine, exitCode } = await debugMachine(
      ['demo'],
      [
        ...['x/i $pc', 'p $cr0', 'set $stub = $ebx', 'set $entry = $edx'],
        ...['break *$stub', 'break *$entry', 'continue', 'p $pc == $stub', 'x/i $pc'],
        ...['stepi', 'reverse-stepi', 'reverse-stepi', 'x/i $pc'],
        ...['continue', 'continue', 'p $pc == $entry', 'p $cr0'],
        ...['reverse-continue', 'p $pc == $stub', 'reverse-continue', 'x/i $pc', 'delete'],
        'continue',
      ],
    );
    expectInOrder(
      gdb,
      /0xc[0-9a-f]{7}:\s+cli/,
      /= \[ PE MP ET NE WP AM PG \]/,
      /Breakpoint 1, 0x[0-9a-f]{8}/,
      /= 1\n=> 0x[0-9a-f]+:\s+mov\s+0x4\(%esp\),%ecx/,
      /=> 0xc[0-9a-f]{7}:\s+call\s+\*%ebx/,
      /Breakpoint 1, /,
      /Breakpoint 2, /,
      /= 1\n\$\d+ = \[ PE MP ET NE \]/,
      /Breakpoint 1, [\s\S]*= 1\n/,
      /No more reverse-execution history/,
      /=> 0xc[0-9a-f]{7}:\s+cli/,
      /exited normally/,
    );
    expect(machine.match(/kexec demo kernel, static ELF/g)).toHaveLength(1);
    expect(machine).toMatch(/Halting\.\s*$/);
    expect(exitCode).toBe(0);
  });

  test('knows the new kernel by its symbols: x87, SSE and control registers, watchpoints, page tables', async () => {
    const { bytes, labels } = assemble(HIGH_KERNEL, { origin: LOAD_ADDRESS, bits: 32 });
    expect(bytes.length).toBeGreaterThan(0);
    const at = (name: string) => labels.get(name) ?? 0;
    const high = ['start_kernel', 'again', 'power_off', 'counter'].map(
      (name) => [name, at(name) + KERNEL_BASE] as const,
    );
    const symbols = file('symbols', symbolFile(new Map([...high, ['turn_paging_on', at('turn_paging_on')]])));
    const { gdb, exitCode } = await debugMachine(
      [file('high.elf', createElf(HIGH_KERNEL)), '--args-none'],
      [
        ...[`add-symbol-file ${symbols}`, 'break *&turn_paging_on', 'break *&again', 'continue'],
        // Looked at without a trace in the page table.
        ...['stepi', 'p $cr0', 'x/wx 0xc0050000', 'x/wx 0x201140', 'continue'],
        ...['p $st0', 'p $xmm0.v4_int32', 'p $cr4', 'p/x $cr3', 'delete'],
        ...['watch *(int*)&counter', 'continue', 'continue', 'reverse-continue', 'p *(int*)&counter'],
        ...['set var $ecx = 1', 'set var *(int*)&counter = 100', 'continue', 'p $eip == (long)&power_off'],
        ...['p *(int*)&counter', 'delete', 'continue'],
      ],
    );
    expectInOrder(
      gdb,
      /Breakpoint 1, 0x0010/,
      /= \[ PE MP ET NE PG \]/,
      /0xc0050000:\s+0x00000000\n0x201140:\s+0x00050003/,
      /Breakpoint 2, 0xc010/,
      /= 3\.14159265358979323/,
      /= \{1, 2, 3, 4\}/,
      /= \[ OSFXSR \]/,
      /= 0x200000/,
      /Hardware watchpoint 3/,
      /Old value = 0\nNew value = 5/,
      /Old value = 5\nNew value = 10/,
      // Back before the second addition.
      /Old value = 10\nNew value = 5/,
      /= 5\n/,
      /Old value = 5\nNew value = 100|Old value = 100\nNew value = 105/,
      /exited normally/,
    );
    expect(gdb).toContain('105');
    expect(exitCode).toBe(0);
  });

  test('Ctrl-C stops a kernel that runs, and an end by kill is no failure', async () => {
    const path = file(
      'busy.elf',
      createElf("entry: mov dx, 0x3f8\nmov al, '!'\nout dx, al\nhere: jmp here\n"),
    );
    const script = ['continue', 'x/i $pc', 'set var $pc = $pc + 2', 'p $pc', 'kill'];
    const { gdb, machine, exitCode } = await debugMachine([path, '--args-none'], script, '!');
    expectInOrder(
      gdb,
      /Program received signal SIGINT, Interrupt\./,
      /=> 0x([0-9a-f]+):\s+jmp\s+0x\1/,
      /killed/,
    );
    expect(machine).toContain('ended from the debugger');
    expect(exitCode).toBe(0);
  });

  test('a triple fault is SIGSEGV with words, and the fault is one step back', async () => {
    const path = file('fault.elf', createElf('entry: lidt [none]\nboom: ud2\nnone: dw 0, 0, 0\n'));
    const { gdb, exitCode } = await debugMachine(
      [path, '--args-none'],
      ['continue', 'reverse-stepi', 'x/i $pc', 'detach'],
    );
    expectInOrder(gdb, /Triple fault: exceptions 6/, /signal SIGSEGV/, /=> 0x[0-9a-f]+:\s+ud2/, /detached/);
    expect(exitCode).toBe(5);
  });

  const kexecTest = fixture('kexec_test.static');
  test.skipIf(!kexecTest)(
    'real-address mode: breakpoints at segment base plus IP, the BIOS, and back',
    async () => {
      const path = fileURLToPath(new URL('../.cache/fixtures/kexec_test.static', import.meta.url));
      // kexec_test asks INT 12 for the base memory size, 640 KB less the EBDA, at 1001:5 (its disassembly).
      const { gdb, machine, exitCode } = await debugMachine(
        [path, '--memory', '64M'],
        [
          ...['set architecture i8086', 'break *0x10015', 'continue', 'x/2i $pc', 'p/x $cs_base', 'p $cr0'],
          ...['set $vector = *(unsigned int *)(0x12 * 4)', 'p/x $vector >> 16'],
          ...['break *((($vector >> 16) << 4) + ($vector & 0xffff))', 'continue', 'p/x $cs', 'p/x $cs_base'],
          ...['x/hx $ss_base + ((long)$esp & 0xffff)', 'reverse-stepi', 'x/i $pc', 'delete'],
          ...['stepi', 'tbreak *0x10017', 'continue', 'p/x $eax', 'detach'],
        ],
      );
      expectInOrder(
        gdb,
        /Breakpoint 1, 0x00010015/,
        /=> 0x10015:\s+int\s+\$0x12\n\s+0x10017:\s+push/,
        /= 0x10000\n\$\d+ = \[ /,
        /= 0xf000/,
        /Breakpoint 2, 0x000f/,
        /= 0xf000\n\$\d+ = 0xf0000/,
        // The frame on the stack goes back behind the INT.
        /:\s+0x0017/,
        /=> 0x10015:\s+int\s+\$0x12/,
        /Temporary breakpoint 3, 0x00010017/,
        /= 0x27f/,
      );
      expect(machine).toContain('Halting.');
      expect(exitCode).toBe(5);
    },
  );

  const vmlinuz = fixture('vmlinuz');
  test.skipIf(!vmlinuz)(
    'Linux: the decompressor’s jump, the kernel’s first instruction with paging, and back to the jump into the stub',
    async () => {
      const path = fileURLToPath(new URL('../.cache/fixtures/vmlinuz', import.meta.url));
      const { gdb } = await debugMachine(
        [path, '--append', 'nokaslr'],
        [
          // pref_address of the image: its own entry point, and that of the kernel in it.
          ...['break *0x1000000', 'continue', 'x/i $pc', 'continue'],
          // mov %eax,%cr0; ljmp $__BOOT_CS: where head_32.S goes on in the upper gigabyte.
          ...['find /b1 0x1000000, +0x400000, 0x0f, 0x22, 0xc0, 0xea', 'break **(unsigned int *)($_ + 4)'],
          ...[
            'continue',
            'p $cr0',
            'monitor info gdt',
            'reverse-stepi',
            'reverse-stepi',
            'x/i $pc',
            'p $cr0',
          ],
          ...['reverse-continue', 'x/i $pc', 'reverse-continue', 'x/i $pc', 'delete', 'reverse-continue'],
          ...['x/i $pc', 'kill'],
        ],
      );
      expectInOrder(
        gdb,
        /Breakpoint 1, 0x01000000/,
        /=> 0x1000000:\s+cld/,
        /Breakpoint 1, 0x01000000/,
        /1 pattern found/,
        /Breakpoint 2, 0xc1000[0-9a-f]{3}/,
        /= \[ PE MP ET NE WP AM PG \]/,
        /0010 {2}base 00000000 {2}limit ffffffff {2}32-bit code/,
        /=> 0x1000[0-9a-f]{3}:\s+mov\s+%eax,%cr0\n\$\d+ = \[ PE [A-Z ]* \]/,
        /Breakpoint 1, 0x01000000[\s\S]*=> 0x1000000:\s+mov/,
        /Breakpoint 1, 0x01000000[\s\S]*=> 0x1000000:\s+cld/,
        /No more reverse-execution history/,
        /=> 0xc[0-9a-f]{7}:\s+cli/,
      );
    },
    300_000,
  );
});

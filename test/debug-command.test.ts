/** `kexec debug` as a script sees it: commands on stdin, answers on stdout, an exit code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf, LOAD_ADDRESS } from '@kexec/guests';
import { assemble } from '@kexec/x86-cpu';
import { afterAll, describe, expect, test } from 'vitest';
import { symbolFile } from './gdb-session.js';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-debug-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function debug(args: readonly string[], ...commands: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bundle, 'debug', '--memory', '32M', ...args],
    {
      encoding: 'latin1',
      input: `${commands.join('\n')}\n`,
    },
  );
  return { status, stdout, stderr };
}

/** A procedure that calls another twice, and a word that it counts in. */
const CALLS = `
entry:
    mov     esp, 0x90000
    call    outer
    mov     al, 9
    out     0xf4, al
    jmp     $
outer:
    call    inner
    call    inner
    ret
inner:
    inc     dword [counter]
    ret
counter: dd 0
`;
const { labels } = assemble(CALLS, { origin: LOAD_ADDRESS, bits: 32 });
const kernel = file('calls.elf', createElf(CALLS));
const table = new Map([...labels].filter(([name]) => name !== 'entry'));
const systemMap = file(
  'System.map',
  [...table].map(([name, vaddr]) => `${vaddr.toString(16).padStart(8, '0')} T ${name}\n`).join(''),
);
const symbols = file('symbols.elf', symbolFile(table));

describe('kexec debug', () => {
  test('begins before the jump of the running kernel, whose places it names', () => {
    const { status, stdout } = debug(
      [],
      'break relocate_new_kernel',
      'break kernel_entry',
      'c',
      'cr',
      'c',
      'rewind',
      'back',
      'where',
    );
    expect(stdout).toMatch(
      /stopped at c1000000 <machine_kexec>[\s\S]*breakpoint at [0-9a-f]{8} <relocate_new_kernel>[\s\S]*cr0 80050033[\s\S]*breakpoint at [0-9a-f]{8} <kernel_entry>[\s\S]*breakpoint at [0-9a-f]{8} <relocate_new_kernel>[\s\S]*stopped at c100002c <machine_kexec\+0x2c>[\s\S]*call {2}ebx|call ebx/,
    );
    expect(status).toBe(0);
  });

  test.each([
    ['a System.map', systemMap],
    ['the symbol table of an ELF file', symbols],
  ])('takes names from %s; next steps over a call, finish out of one', (_, path) => {
    const { status, stdout } = debug(
      [kernel, '--args-none', '--symbols', path],
      ...[
        'break outer',
        'c',
        'next',
        'memory counter 4',
        'step',
        'finish',
        'memory counter 4',
        'disassemble inner 2',
      ],
    );
    expect(stdout).toMatch(/breakpoint at [0-9a-f]{8} <outer>/);
    expect(stdout).toMatch(
      /stopped at [0-9a-f]{8} <outer\+0x5>[\s\S]*01 00 00 00[\s\S]*<inner>[\s\S]*<outer\+0xa>[\s\S]*02 00 00 00/,
    );
    expect(stdout).toMatch(/inner:\n.*inc +dword \[counter\]\n/);
    expect(status).toBe(0);
  });

  test('finish runs over inner calls to the end of the procedure', () => {
    const { stdout } = debug(
      [kernel, '--args-none', '--symbols', systemMap],
      'b outer',
      'c',
      'finish',
      'm counter 4',
      'r',
    );
    expect(stdout).toMatch(/02 00 00 00/);
    // Behind the call in entry, which is no symbol here.
    expect(stdout).toContain(`eip ${(LOAD_ADDRESS + 10).toString(16).padStart(8, '0')}`);
  });

  test('a watchpoint forward and back, a change, a snapshot, and the end of the machine', () => {
    const { status, stdout } = debug(
      [kernel, '--args-none', '--symbols', systemMap],
      ...[
        'b inner',
        'c',
        'watch counter',
        'c',
        'm counter 4',
        'd inner',
        'c',
        'c',
        'rewind',
        'm counter 4',
        'snapshot here',
        'write counter 07',
        'delete',
        'c',
      ],
      ...['m counter 4', 'restore here', 'm counter 4', 'set eax 0x1234', 'registers', 'quit', 'c'],
    );
    const dumps = [...stdout.matchAll(/^[0-9a-f]{8} {2}(\d\d) 00 00 00/gm)].map(([, low]) => low);
    expect(dumps).toEqual(['01', '01', '08', '01']);
    expect(stdout).toMatch(/write of [0-9a-f]{8} <counter>/);
    expect(stdout).toContain('the machine stopped (exit)');
    expect(stdout).toContain('eax 00001234');
    expect(status).toBe(0);
  });

  test('what cannot be followed is told, and a script with it fails', () => {
    const { status, stdout } = debug(
      [],
      'frobnicate',
      'break nowhere',
      'step 0',
      'memory',
      'write 0xfee00000 0',
      'set cs 8',
    );
    for (const words of [
      'There is no command "frobnicate"',
      '"nowhere" is no number, register or symbol',
      '"0" is no count',
      'a place is missing',
      'there is no RAM at fee00000',
      'cs cannot have the value 00000008',
    ]) {
      expect(stdout).toContain(words);
    }
    expect(status).toBe(2);
  });

  test('a file that holds no symbols is refused, and a run without end has a limit', () => {
    const none = file('none', 'not a map\n');
    expect(debug(['--symbols', none])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('SYMBOLS'),
    });
    const endless = file('endless.elf', createElf('entry: jmp entry\n'));
    const { status, stdout } = debug([endless, '--args-none', '--icount-limit', '100000'], 'c', 'step');
    expect(stdout).toContain('The limit is reached.');
    expect(status).toBe(124);
  });
});

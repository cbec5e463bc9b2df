/** Guest instructions a second: a register loop, calls, two memory copies, and Debian's kernel decompressing itself. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { createMachine } from '@kexec/machine';
import { cpuSeconds, spread, spreadText } from './measure.js';

/** Endless programs; each runs for as many instructions as it is given. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'register loop': `
entry:  mov ecx, 0
        mov ebx, 0x12345
.loop:  add eax, ebx
        xor edx, eax
        lea ebx, [ebx + eax*2 + 7]
        inc ecx
        cmp ecx, 0x7fffffff
        jne .loop
        jmp entry`,
  'calls (fib)': `
entry:  mov esp, 0x200000
.again: mov eax, 24
        call fib
        jmp .again
fib:    cmp eax, 2
        jb .done
        push eax
        dec eax
        call fib
        xchg eax, [esp]
        sub eax, 2
        call fib
        pop ecx
        add eax, ecx
.done:  ret`,
  'copy by MOV': `
entry:  mov esi, 0x400000
        mov edi, 0x500000
        mov ecx, 0x40000
.loop:  mov eax, [esi]
        mov [edi], eax
        add esi, 4
        add edi, 4
        dec ecx
        jnz .loop
        jmp entry`,
  'copy by REP MOVSD': `
entry:  mov esi, 0x400000
        mov edi, 0x500000
        mov ecx, 0x40000
        rep movsd
        jmp entry`,
};

const INSTRUCTIONS = 100_000_000;
const WARM_UP_INSTRUCTIONS = 20_000_000;
const ROUNDS = 5;

export function benchInterpreter(): void {
  const runs = Object.entries(PROGRAMS).map(([name, text]) => ({ name, run: program(createElf(text)) }));
  const vmlinuz = fileURLToPath(new URL('../../.cache/fixtures/vmlinuz', import.meta.url));
  if (existsSync(vmlinuz)) runs.push({ name: 'bzImage decompressor', run: program(readFileSync(vmlinuz)) });
  else console.log('SKIPPED: bzImage decompressor; "pnpm fixtures" fetches the kernel');
  const samples = runs.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { run }] of runs.entries()) samples[i]?.push(run());
  }
  console.log('| program | M instructions/s, median (range) |\n|---|---|');
  for (const [i, { name }] of runs.entries())
    console.log(`| ${name} | ${spreadText(spread(samples[i] ?? []))} |`);
}

/** Boots an image; each call of the result runs it on, and gives millions of instructions a CPU second. */
function program(image: Uint8Array): () => number {
  const machine = createMachine({ memory: '256M' });
  machine.load(image);
  machine.exec();
  machine.run({ instructions: WARM_UP_INSTRUCTIONS });
  return () => {
    const before = machine.pc.cpu.icount;
    const seconds = cpuSeconds(() => {
      machine.run({ instructions: INSTRUCTIONS });
    });
    return (machine.pc.cpu.icount - before) / 1e6 / seconds;
  };
}

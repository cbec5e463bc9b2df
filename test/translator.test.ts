/** The translator against the interpreter on a whole machine: the same state, to the instruction. */
import { createElf } from '@kexec/guests';
import { createMachine } from '@kexec/machine';
import { type LockstepSide, lockstep, type TranslatorChoice } from '@kexec/x86-cpu';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';

const vmlinuz = fixture('vmlinuz');
const EAGER = { arrivals: 3, batch: 4, patience: 1000 };

function side(image: Uint8Array, translator: TranslatorChoice): LockstepSide {
  const machine = createMachine({ memory: '64M', translator });
  machine.load(image);
  machine.exec();
  return { cpu: machine.pc.cpu, run: (instructions) => machine.run({ instructions }).kind };
}

/** Runs an image both ways; gives the number of regions and the first difference. */
function compare(image: Uint8Array, instructions: number) {
  let regions = 0;
  const translated = side(image, { ...EAGER, onRegion: () => regions++ });
  const divergence = lockstep(translated, side(image, false), {
    instructions,
    stride: 5003,
    ramStrides: 100,
  });
  return { regions, divergence };
}

// The timer interrupts a loop that calls, rewrites an instruction of its own, and polls a port.
const GUEST = `
entry:  mov esp, 0x200000
.loop:  call .sum
        mov eax, [0x40000]
        mov [.patched + 1], al
.patched: mov bl, 0
        add [0x40004], ebx
        in al, 0x61
        mov edi, 0x41000
        mov ecx, 100
        rep stosd
        jmp .loop
.sum:   inc dword ptr [0x40000]
        mov ecx, 50
.more:  adc eax, ecx
        shrd edx, eax, cl
        dec ecx
        jnz .more
        ret`;

test('a guest that overwrites its own code does the same, translated and interpreted', () => {
  const { regions, divergence } = compare(createElf(GUEST), 1_000_000);
  expect(divergence).toBeUndefined();
  expect(regions).toBeGreaterThan(2);
});

test.skipIf(!vmlinuz)('Debian’s kernel decompresses itself the same, translated and interpreted', () => {
  if (!vmlinuz) return;
  const { regions, divergence } = compare(vmlinuz, 12_000_000);
  expect(divergence).toBeUndefined();
  expect(regions).toBeGreaterThan(50);
});

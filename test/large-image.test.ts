/** An image of more than the kernel has mapped: its pages come from any RAM, and the jump finds them there. */
import { createElf } from '@kexec/guests';
import { pageCopies } from '@kexec/kexec';
import { createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';

/** Adds up a word of every page of 16 MB behind its code, and exits with 7 if the sum is what it must be. */
const SUMMING = `
entry:  mov     esi, 0x102000
        xor     eax, eax
        mov     ecx, 4094
next:   add     eax, [esi]
        add     esi, 4096
        loop    next
        cmp     eax, 4094 * 4095 / 2
        mov     al, 7
        je      told
        mov     al, 8
told:   out     0xf4, al
        hlt
        align   4096
`;

test('an image’s pages may lie above 896 MB', () => {
  const machine = createMachine({ memory: '1G' });
  const pages = new Uint32Array((4096 * 4096) / 4);
  for (let page = 1; page < 4096; page++) pages[page * 1024] = page;
  const image = createElf(SUMMING, new Uint8Array(pages.buffer));
  machine.load(image, { args: 'none' });
  const copies = [...pageCopies(machine.pc.mem, machine.kexec.image?.head ?? 0)];
  expect(copies.length).toBe(4097);
  const low = copies.filter(({ source }) => source < 896 << 20);
  expect(low.length).toBeLessThan(1000);
  // The search for a control page, which has to be low, has met them.
  expect(low.filter(({ source, destination }) => source !== destination)).toEqual([]);
  machine.exec();
  expect(machine.run({ instructions: 50_000_000 })).toEqual({ kind: 'exit', code: 7 });
});

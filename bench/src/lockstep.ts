/** Lockstep of interpreter and translator over a kernel's boot: no benchmark, but the same machines side by side. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { createMachine } from '@kexec/machine';
import { type LockstepSide, lockstep, type RegionReport, type TranslatorChoice } from '@kexec/x86-cpu';

const INSTRUCTIONS = Number(process.env.LOCKSTEP_INSTRUCTIONS ?? 300_000_000);
const STRIDE = 20_000;
const RAM_STRIDES = 2000;
const PAGE_MASK = 0xffff_f000;
/** Translates early and often, so that much of the code runs translated. */
const EAGER = { arrivals: 20, batch: 16, patience: 100_000 };

const fixture = (name: string) => fileURLToPath(new URL(`../../.cache/fixtures/${name}`, import.meta.url));

/** Where there is no kernel: a loop with calls, until the instructions are used up. */
const GUEST = `
entry:  mov esp, 0x200000
.loop:  call .sum
        jmp .loop
.sum:   add eax, ecx
        inc ecx
        ret`;

export function benchLockstep(): void {
  const regions: RegionReport[] = [];
  const onRegion = (region: RegionReport) => regions.push(region);
  const divergence = lockstep(side({ ...EAGER, onRegion }), side(false), {
    instructions: INSTRUCTIONS,
    stride: STRIDE,
    ramStrides: RAM_STRIDES,
  });
  console.log(`${regions.length} regions`);
  if (!divergence) {
    console.log(`the same after ${INSTRUCTIONS} instructions`);
    return;
  }
  const { agreedAt, laddr, listing, first, second } = divergence;
  console.log(`the same up to instruction ${agreedAt}, at ${laddr.toString(16)}:\n${listing.join('\n')}`);
  for (const [i, line] of first.entries())
    if (line !== second[i]) console.log(`${line}   instead of   ${second[i]}`);
  for (const [i, region] of regions.filter(({ paddr }) => isNear(paddr, laddr)).entries()) report(region, i);
  process.exitCode = 1;
}

/** By the offset of the page in 4 MB, which kernels keep from linear to physical addresses. */
function isNear(paddr: number, laddr: number): boolean {
  return ((paddr ^ laddr) & PAGE_MASK & 0x003f_ffff) === 0;
}

function report({ paddr, listing, module, func }: RegionReport, i: number): void {
  const file = `region-${i}.wasm`;
  writeFileSync(file, module);
  console.log(`region at ${paddr.toString(16)}, function ${func} of ${file}:\n${listing.join('\n')}`);
}

function side(translator: TranslatorChoice): LockstepSide {
  const machine = createMachine({ memory: '256M', translator });
  if (existsSync(fixture('vmlinuz'))) {
    const initrd = existsSync(fixture('initramfs.gz'))
      ? { initrd: readFileSync(fixture('initramfs.gz')) }
      : {};
    machine.load(readFileSync(fixture('vmlinuz')), { append: 'console=ttyS0', ...initrd });
  } else {
    console.log('no kernel ("pnpm fixtures" fetches it): a loop of our own');
    machine.load(createElf(GUEST));
  }
  machine.exec();
  return { cpu: machine.pc.cpu, run: (instructions) => machine.run({ instructions }).kind };
}

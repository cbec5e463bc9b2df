/** Defects 18, 19, 24 to 27, 29 and 30: where the control page lies, and what the jump forgets or leaves. */
import { PAGE_OFFSET, SYS_RESTART } from '@kexec/kernel-core';
import { GFP_KERNEL } from '@kexec/phys-mem';
import { hex, PAGE, type Transcript } from './transcript.js';

type Show = (lab: Transcript) => void;
const CR0_NE = 0x20;
const UD2 = Uint8Array.of(0x0f, 0x0b);

/** Each by its number. */
export const JUMP_DEMONSTRATIONS: Readonly<
  Record<number, { readonly memory?: string; readonly cpu?: string; readonly show: Show }>
> = {
  18: { memory: '8M', show: searchBeyondRam },
  19: { memory: '8M', show: chosenPage },
  24: { show: noPageForTheTable },
  25: { show: noIdt },
  26: { cpu: '386', show: loadAndJump },
  27: { show: stackAtTheEnd },
  29: { show: leftAsItWas },
  30: { show: takenFirst },
};

function controlPage({ lab }: Transcript): number {
  const { kexec } = lab.machine;
  return kexec.image?.controlCodePage ?? (kexec.historic?.image?.rebootCodeBuffer ?? 0) - PAGE_OFFSET;
}

function loadAndJump(lab: Transcript): void {
  lab.load([lab.segment(0x10_0000)]);
  lab.jump();
}

function searchBeyondRam(lab: Transcript): void {
  const { memMap } = lab.lab.machine.kernel;
  const alone = 5;
  for (let pfn = 0; pfn < memMap.max_pfn; pfn++) if (pfn !== alone) memMap.setPageReserved(pfn);
  lab.say(
    `every page but ${hex(alone * PAGE)} is marked reserved; RAM ends at ${hex(memMap.max_pfn * PAGE)}`,
  );
  lab.load([lab.segment(0x10_0000)]);
  lab.say(`the control page is ${hex(controlPage(lab))}`);
  lab.jump();
}

function chosenPage(lab: Transcript): void {
  lab.load([lab.segment(0x10_0000)]);
  lab.say(`the process's page directory is at ${hex(lab.lab.process.mm.pgd)}`);
  lab.say(`the control page is ${hex(controlPage(lab))}`);
  lab.jump();
}

function noPageForTheTable(lab: Transcript): void {
  lab.load([lab.segment(0x10_0000)]);
  const { pages } = lab.lab.machine.kernel;
  while (pages.getFreePages(GFP_KERNEL, 0) !== undefined);
  lab.say('then every free page is taken');
  lab.jump();
}

function noIdt(lab: Transcript): void {
  lab.lab.process.write(lab.lab.data, UD2);
  lab.load([lab.segment(0x10_0000)]);
  lab.jump();
  lab.say('the first instruction there is UD2:');
  lab.runToEnd();
}

function stackAtTheEnd(lab: Transcript): void {
  lab.load([lab.segment(0x10_0000)]);
  const control = controlPage(lab);
  lab.jump();
  const { esp } = lab.lab.machine.pc.cpu;
  const isInside = esp >= control && esp < control + PAGE;
  lab.say(`the control page is ${hex(control)} to ${hex(control + PAGE - 1)}`);
  lab.say(`esp is ${hex(esp)}: ${isInside ? 'inside' : 'outside'}`);
}

function leftAsItWas(lab: Transcript): void {
  const { cpu } = lab.lab.machine.pc;
  lab.load([lab.segment(0x10_0000)]);
  cpu.cr0 |= CR0_NE;
  lab.say(`cr0 before the jump: ${hex(cpu.cr0)}`);
  lab.jump();
  lab.say(`cr0 after the jump: ${hex(cpu.cr0)}`);
}

function takenFirst(lab: Transcript): void {
  const { machine } = lab.lab;
  lab.load([lab.segment(0x10_0000)]);
  machine.kernel.rebootNotifiers.register({
    priority: 0,
    notifierCall: (event: number) => {
      const name = event === SYS_RESTART ? 'SYS_RESTART' : `${event}`;
      lab.say(`  a notifier is called with ${name}; an image is loaded: ${machine.loaded ? 'yes' : 'no'}`);
      return 0;
    },
  });
  lab.jump(1);
  if (machine.kernel.state === 'running') lab.jump();
}
